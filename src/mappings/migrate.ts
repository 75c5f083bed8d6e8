import { GodwitError } from "../core/error.ts";
import type { MappingsFacts, MappingsPlace } from "../core/mappings-steps.ts";
import { sealPlan, type Step } from "../core/plan.ts";
import { isOwnRun } from "../run/own-run.ts";
import { changeText, isSameContent, markOf } from "../run/files/file-mark.ts";
import { execute, type RunResult } from "../run/executor.ts";
import type { LedgerState } from "../run/ledger.ts";
import { journalOf, makeJournal } from "./journal.ts";
import { type LoadTimes, loadTimes } from "./load-times.ts";
import type { Located } from "./locate.ts";
import { readPlaced } from "./placed.ts";
import {
  conflictText,
  type LookedAt,
  type MigrateChoice,
  type MigrateIntent,
  type MigrationPlan,
  planMigration,
} from "./plan-migration.ts";
import { executionOf, fingerprint, type MappingsProject } from "./project.ts";
import { stepsOf } from "./steps.ts";
import { judge, leftBeside, litterOf, type Open, unfinishedOf } from "./unfinished.ts";

export interface MigratedFile extends RunResult {
  readonly output: string;
  readonly journal: string;
  readonly format: "msgpack" | "json";
  readonly version: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly facts: MappingsFacts;
  readonly looked: LookedAt;
  /** The copies that were made first, with what they are of. */
  readonly backups: readonly { readonly file: string; readonly backup: string }[];
  /** Where that is which the version has no place for; null where nothing was kept aside. */
  readonly aside: string | null;
  readonly load: LoadTimes;
}

/**
 * Migrates what `located` names, or goes on with a run of the same that was interrupted. With `resume` there must be one.
 * Throws GW2605, GW2606, GW2608, GW2611, GW2612, and what the reader throws for damaged files.
 */
export async function migrateMappings(
  project: MappingsProject,
  located: Located,
  choice: MigrateChoice & { readonly resume?: boolean | undefined },
): Promise<MigratedFile> {
  for (let looks = 1; ; looks++) {
    try {
      return await migrateOnce(project, located, choice);
    } catch (error) {
      // Whoever waited for another run looks at what that one has left.
      const isOld = error instanceof GodwitError && error.details["again"] === true;
      if (!isOld || project.waitMs === 0 || looks === mostLooks) throw error;
    }
  }
}

const mostLooks = 5;

async function migrateOnce(
  project: MappingsProject,
  located: Located,
  choice: MigrateChoice & { readonly resume?: boolean | undefined },
): Promise<MigratedFile> {
  const unfinished = await unfinishedOf(project, located.output);
  const open = unfinished === null ? null : await judge(unfinished, located, choice);
  if (choice.resume === true && open?.goesOn !== true) throw nothingToResume(located.output, open);
  const planned =
    open?.goesOn === true
      ? null
      : await planMigration(located, choice, {
          emit: project.emit,
          signal: project.signal,
          ownThread: project.settings.ownThreads === true,
          now: new Date(),
          litter: open === null ? [] : litterOf(open.intent),
        });
  const intent = open?.goesOn === true ? open.intent : intentOf(planned);
  const { engine } = project;
  const target = await makeJournal(project, located.output);
  const result = await execute({
    ...executionOf(project, target),
    intent,
    restarts: open !== null && !open.goesOn,
    compile: async (state, facts, givenUp, { emit }) => {
      refuseOther(located.output, open, state, givenUp);
      if (planned !== null && state.unfinished === null) await refuseOld(intent.places.database);
      if (planned !== null && state.unfinished === null) tell(planned, open, emit);
      return sealPlan({
        kind: "mappings",
        target: fingerprint(engine, facts),
        steps: stepsOf(intent),
        hazards: [],
      });
    },
  });
  return { ...result, ...(await resultOf(project, intent)) };
}

/** What a run would do. Changes nothing. */
export async function planMappings(
  project: MappingsProject,
  located: Located,
  choice: MigrateChoice,
): Promise<MigrationPlan & { readonly steps: readonly Step[] }> {
  const left = await leftBeside(project, located.output);
  const plan = await planMigration(located, choice, {
    emit: project.emit,
    signal: project.signal,
    ownThread: false,
    now: new Date(),
    litter: left,
  });
  return { ...plan, steps: stepsOf(plan.intent) };
}

function intentOf(planned: MigrationPlan | null): MigrateIntent {
  if (planned === null) throw new GodwitError("GW9001", { message: "nothing was planned" });
  return planned.intent;
}

/** The look was before the lock. Throws GW2606. */
async function refuseOld({ output, before }: MappingsPlace): Promise<void> {
  const found = await markOf(output);
  if (isSameContent(found, before)) return;
  throw new GodwitError("GW2606", {
    message: `${output} ${changeText(before, found)}: somebody else wrote to it meanwhile`,
    hint: "Run it again: it looks at what is there now.",
    details: { file: output, again: true },
  });
}

/** Between the look at the journal and the lock another process may have worked. */
function refuseOther(
  output: string,
  open: Open | null,
  state: LedgerState,
  givenUp: LedgerState | null,
): void {
  const found = (givenUp ?? state).unfinished?.id ?? null;
  if (found === (open?.runId ?? null)) return;
  // What this process has begun itself, before it lost its session.
  if (open === null && isOwnRun(state.unfinished)) return;
  throw new GodwitError("GW2606", {
    message: `another run worked on ${output} meanwhile`,
    hint: "Run it again: it looks at what is there now.",
    details: { output, run: found, again: true },
  });
}

function nothingToResume(output: string, open: Open | null): GodwitError {
  return new GodwitError("GW2611", {
    message:
      open === null || open.goesOn
        ? `no run on ${output} was interrupted`
        : `the interrupted run ${open.runId.slice(0, 8)} cannot go on: ${open.why}`,
    hint: "Leave --resume out to begin anew.",
    details: { output, journal: journalOf(output) },
  });
}

/** Each contradiction and each fault that will be mended, before anything is written. */
function tell({ look, leavesOut }: MigrationPlan, open: Open | null, emit: MappingsProject["emit"]): void {
  if (open !== null && !open.goesOn) {
    const message = `the interrupted run ${open.runId.slice(0, 8)} is given up, and this one begins anew: ${open.why}`;
    emit({ type: "warning:raised", code: "GW2606", message });
  }
  for (const message of leavesOut) emit({ type: "warning:raised", code: "GW2615", message });
  for (const conflict of look.conflicts) {
    const { original, context } = { original: conflict.original ?? "", context: conflict.context ?? "" };
    emit({ type: "mapping:conflicted", original, context, words: conflictText(conflict) });
  }
  for (const { kind, original, context, problem, mend } of look.faults)
    emit({ type: "mapping:faulty", fault: kind, original, context, problem, mend });
  const unlisted = [
    [look.conflictCount - look.conflicts.length, "contradictions"] as const,
    [Object.values(look.faultCounts).reduce((sum, n) => sum + n, 0) - look.faults.length, "faults"] as const,
  ];
  for (const [count, what] of unlisted) {
    if (count > 0)
      emit({ type: "warning:raised", code: "GW2608", message: `${count} more ${what} are not listed` });
  }
}

async function resultOf(
  project: MappingsProject,
  { output, places, job, looked, copies }: MigrateIntent,
): Promise<Omit<MigratedFile, keyof RunResult>> {
  const placed = (await readPlaced(project, output)).find(({ id }) => id === places.database.artifact);
  const { mark, facts, readMs } = placed?.body ?? {};
  if (mark === undefined || mark === null || facts === undefined || readMs === undefined)
    throw new GodwitError("GW9001", {
      message: `the journal does not tell of ${output}`,
      outcome: "unknown",
    });
  const files = looked.inputs.map(({ file }) => file);
  const read = looked.inputs.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    output,
    journal: journalOf(output),
    format: job.target.format,
    version: job.version,
    bytes: mark.bytes,
    sha256: mark.sha256,
    facts,
    looked,
    backups: copies.map(({ file, backup }) => ({ file, backup })),
    aside: places.aside?.output ?? null,
    load: await loadTimes(files, output, { before: looked.readMs, after: readMs, bytes: read + mark.bytes }),
  };
}
