import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import type {
  FileMark,
  MappingsPlace,
  MappingsRestored,
  MappingsRestoreStep,
} from "../core/mappings-steps.ts";
import { sealPlan } from "../core/plan.ts";
import { isOwnRun } from "../run/own-run.ts";
import { changeText, isSameContent, markOf } from "../run/files/file-mark.ts";
import { execute, type RunResult } from "../run/executor.ts";
import type { LedgerState } from "../run/ledger.ts";
import { refuseDamaged, unusable } from "../run/perform/mappings-restore.ts";
import { journalOf } from "./journal.ts";
import { pathBeside, placeBeside, refuseOtherName } from "./place-beside.ts";
import { readPlaced } from "./placed.ts";
import { checkedFiles, intentBeside, litterOf, unfinishedOf } from "./unfinished.ts";
import { copyOf, type MigrateIntent, refuseInTheWay, stampOf } from "./plan-migration.ts";
import { executionOf, fingerprint, type MappingsProject } from "./project.ts";

export interface RolledBackFile extends RunResult {
  readonly output: string;
  /** The run that was undone. */
  readonly undone: string;
  /** What became of each file: its old bytes are back, it is gone as before, or nothing had been done to it. */
  readonly files: readonly {
    readonly file: string;
    readonly became: "restored" | "removed" | "untouched";
    /** The copy of what it had been changed to since; null where it had not. */
    readonly kept: string | null;
  }[];
}

interface RollbackIntent {
  readonly command: "mappings rollback";
  readonly output: string;
  readonly undoes: { readonly runId: string; readonly isWhole: true };
  readonly files: readonly MappingsRestored[];
  readonly litter: readonly string[];
}

/**
 * Undoes the newest migration of an output, also one that was interrupted. Throws GW2609 for a file that was changed
 * since, but not with `force`; GW2610 where the backup is not as it was written; GW2611 where there is nothing to undo.
 */
export async function rollbackMappings(
  project: MappingsProject,
  output: string,
  { force = false }: { readonly force?: boolean | undefined },
): Promise<RolledBackFile> {
  const unfinished = await unfinishedOf(project, output);
  const kept = rollbackOf(unfinished);
  const begun = kept === null ? null : rollbackBeside(kept, output);
  const intent = begun ?? (await planRollback(project, output, unfinished, force));
  const { engine } = project;
  const expected = unfinished?.unfinished?.id ?? null;
  const result = await execute({
    ...executionOf(project, project.journalTarget(journalOf(output))),
    intent,
    undoes: () => intent.undoes,
    restarts: intent !== kept && expected !== null,
    compile: async (state, facts, givenUp) => {
      const found = (givenUp ?? state).unfinished;
      if ((found?.id ?? null) !== expected && !isOwnRun(found)) {
        throw new GodwitError("GW2606", {
          message: `another run worked on ${output} meanwhile`,
          hint: "Run it again: it looks at what is there now.",
          details: { output, run: found?.id ?? null },
        });
      }
      return sealPlan({
        kind: "mappings",
        target: fingerprint(engine, facts),
        steps: [stepOf(intent)],
        hazards: [],
      });
    },
  });
  return {
    ...result,
    output,
    undone: intent.undoes.runId,
    files: intent.files.map(({ place, found, keeps }) => ({
      file: place.output,
      became: fate(place, found),
      kept: keeps,
    })),
  };
}

function fate({ before }: MappingsPlace, found: FileMark | null): RolledBackFile["files"][number]["became"] {
  if (isSameContent(found, before)) return "untouched";
  return before === null ? "removed" : "restored";
}

function rollbackOf(state: LedgerState | null): RollbackIntent | null {
  const intent = state?.unfinished?.intent as { readonly command?: string } | undefined;
  return intent?.command === "mappings rollback" ? (intent as RollbackIntent) : null;
}

/** In the folder in which its journal is now; the same where that is the old one. */
function rollbackBeside(intent: RollbackIntent, output: string): RollbackIntent {
  refuseOtherName(intent.output, output);
  if (intent.output === output) return intent;
  const isBeside = (path: string): boolean => dirname(path) === dirname(intent.output);
  return {
    ...intent,
    output,
    files: intent.files.map((file) => restoredBeside(file, output)),
    litter: intent.litter.filter(isBeside).map((path) => pathBeside(path, output)),
  };
}

function restoredBeside(file: MappingsRestored, output: string): MappingsRestored {
  const keeps = file.keeps === null ? null : pathBeside(file.keeps, output);
  return { ...file, keeps, place: placeBeside(file.place, output) };
}

async function planRollback(
  project: MappingsProject,
  output: string,
  unfinished: LedgerState | null,
  force: boolean,
): Promise<RollbackIntent> {
  const undone =
    unfinished?.unfinished === null || unfinished === null
      ? await newestPlaced(project, output)
      : interrupted(unfinished, output);
  const files: MappingsRestored[] = [];
  for (const { place, left, isRecorded } of undone.files) {
    const found = await markOf(place.output);
    // An interrupted run that had not come so far: what is there is none of its making.
    if (left === null || isSameContent(found, place.before)) {
      files.push({ place: { ...place, before: found }, found, keeps: null, isRecorded });
      continue;
    }
    if (!isSameContent(found, left.mark) && !force) {
      throw new GodwitError("GW2609", {
        message: `${place.output} ${changeText(left.mark, found)} since the migration ${undone.runId.slice(0, 8)}`,
        details: { file: place.output, run: undone.runId },
      });
    }
    if (place.before !== null) {
      if (place.backup === null) throw unusable(place.output, "no backup was made of it");
      await refuseDamaged(place.backup);
      refuseInTheWay(place.partial, undone.litter);
    }
    const isChanged = found !== null && !isSameContent(found, left.mark);
    const keeps = isChanged ? copyOf(place.output, found, stampOf(new Date())).backup : null;
    files.push({ place, found, keeps, isRecorded });
  }
  return {
    command: "mappings rollback",
    output,
    undoes: { runId: undone.runId, isWhole: true },
    files,
    litter: undone.litter,
  };
}

interface Undone {
  readonly runId: string;
  readonly files: readonly {
    readonly place: MappingsPlace;
    /** What the run has put there, or that it took it away; null where it had not come so far. */
    readonly left: { readonly mark: FileMark | null } | null;
    readonly isRecorded: boolean;
  }[];
  readonly litter: readonly string[];
}

async function newestPlaced(project: MappingsProject, output: string): Promise<Undone> {
  if (!existsSync(journalOf(output))) {
    throw new GodwitError("GW2611", {
      message: `there is no ${journalOf(output)}: no migration of ${basename(output)} is known that could be rolled back`,
      details: { output, journal: journalOf(output) },
    });
  }
  const placed = (await readPlaced(project, output)).filter(({ state }) => state === "made");
  const [newest] = placed;
  if (newest === undefined) {
    throw new GodwitError("GW2611", {
      message: `the journal of ${output} has no migration that could be rolled back`,
      details: { output, journal: journalOf(output) },
    });
  }
  const { run } = newest.body;
  const files = placed.filter(({ body }) => body.run === run);
  // The database is the one of a run's files that has facts.
  for (const { body } of files) if (body.facts !== undefined) refuseOtherName(body.place.output, output);
  return {
    runId: run,
    files: files.map(({ body: { place, mark } }) => ({ place, left: { mark }, isRecorded: true })),
    litter: [],
  };
}

function interrupted({ unfinished, steps }: LedgerState, output: string): Undone {
  if (unfinished === null) throw new GodwitError("GW9001", { message: "no run to undo" });
  const intent = intentBeside(unfinished.intent as MigrateIntent, output);
  const { database, aside, outdated } = intent.places;
  const checked = checkedFiles(steps);
  const left = (mark: FileMark | null | undefined) => (mark ? { mark } : null);
  return {
    runId: unfinished.id,
    files: [
      { place: database, left: left(checked?.database), isRecorded: false },
      ...(aside === null ? [] : [{ place: aside, left: left(checked?.aside), isRecorded: false }]),
      ...(outdated === null
        ? []
        : [{ place: outdated, left: checked === null ? null : { mark: null }, isRecorded: false }]),
    ],
    litter: litterOf(intent),
  };
}

function stepOf({ output, files, litter }: RollbackIntent): MappingsRestoreStep {
  return {
    kind: "mappings-restore",
    key: "mappings/restore",
    title: `put ${basename(output)} back as it was`,
    hash: digest([files, litter]),
    unit: "mappings",
    unitTitle: basename(output),
    limits: { statementTimeoutMs: 0 },
    undo: "migrate again",
    history: [],
    files,
    litter,
  };
}
