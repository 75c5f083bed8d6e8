import { GodwitError } from "../core/error.ts";
import type { FrozenPlan } from "../core/frozen-plan.ts";
import type { Plan } from "../core/plan.ts";
import type { ServerFacts } from "../engines/engine.ts";
import { execute } from "../run/executor.ts";
import { noGates } from "../run/gates/policy.ts";
import type { LedgerState } from "../run/ledger.ts";
import { type AbortedRun, type KeptUnit, type UndoReport, verifyUndo } from "../run/undo-aborted.ts";
import { assess, halfDone } from "./assess.ts";
import { compileMigration } from "./compile.ts";
import type { Contents } from "./content.ts";
import { readFolder } from "./folder.ts";
import { foldHistory, verifyHistory } from "./history.ts";
import { inFolder, stepsInFolder } from "./plan-paths.ts";
import { executionOf, type Project } from "./project.ts";
import { planRollback, type RollbackIntent, rollbackOf } from "./rollback.ts";
import { rowsDown } from "./row-choice.ts";
import { writeSchemaFile } from "./schema-file.ts";
import { readSourceFile } from "./source-file.ts";

/** Whoever took the lock between the abort and the undo is waited for so long, and then refused if it went on with the run. */
const lockWaitMs = 30_000;

/**
 * Undoes the migrations that an aborted run has applied, the newest first, by their down files, as far as there are
 * some: what was applied before one that has to stay stays too, since that one was built on it. It is a rollback like
 * any other: interrupted, it is gone on with by `godwit rollback`. The run of a reviewed plan is undone by the steps that
 * were reviewed with it, whatever the down files have become.
 */
export async function undoRun(
  project: Project,
  contents: Contents,
  aborted: AbortedRun,
  reviewed: FrozenPlan | null = null,
): Promise<UndoReport> {
  const settings = { ...project.settings, guard: aborted.guard };
  let chosen: Undoable | null = null;
  let verdict: Pick<UndoReport, "verified" | "different"> = { verified: null, different: [] };
  const intent: RollbackIntent = { command: "rollback", choice: {}, versions: [] };
  await execute({
    ...executionOf({ ...project, settings }),
    // The undo of what was agreed to; to ask for more now would leave the run as it is.
    gates: noGates,
    waitMs: Math.max(project.waitMs, lockWaitMs),
    intent,
    undoes: () => ({ runId: aborted.runId, isWhole: chosen?.kept.length === 0 }),
    compile: async (state, facts, _, { emit }) => {
      if (chosen === null) {
        refuseOther(state, aborted);
        chosen = undoable(project, contents, state, { runId: aborted.runId, reviewed });
        intent.versions = chosen.versions.map(({ version }) => version);
        emit({ type: "rollback:started", reason: aborted.reason, steps: chosen.versions.length });
      }
      if (intent.versions.length === 0) return null;
      if (reviewed !== null) {
        verifyHistory(state);
        return reviewedWayBack(project, reviewed, { versions: intent.versions, state, facts });
      }
      return planRollback({
        project: { ...project, emit },
        choice: {},
        chosen: intent.versions,
        contents,
        state,
        facts,
      }).plan;
    },
    afterwards: async (session, emit) => {
      verdict = await verifyUndo(project.engine, session, aborted.before, emit);
      await writeSchemaFile({ ...project, emit }, session);
    },
  });
  const { versions, kept } = chosen ?? { versions: [], kept: [] };
  return { undone: versions.map(({ title }) => title), kept, ...verdict };
}

interface Undoable {
  readonly versions: readonly { readonly version: string; readonly title: string }[];
  readonly kept: readonly KeptUnit[];
}

function undoable(
  project: Project,
  contents: Contents,
  state: LedgerState,
  { runId, reviewed }: { readonly runId: string; readonly reviewed: FrozenPlan | null },
): Undoable {
  const { applied } = foldHistory(state.history);
  const ofRun = state.history
    .filter(
      ({ action, seq, version, runId: id }) =>
        action === "apply" && id === runId && applied.get(version)?.seq === seq,
    )
    .toReversed();
  const { migrations } = assess(readFolder(project.folder), state, contents);
  const versions: Undoable["versions"][number][] = [];
  const kept: KeptUnit[] = [...halfDone(state).keys()].map((version) => ({
    title: migrations.find((entry) => entry.version === version)?.name ?? version,
    why: "it is half applied, and its down file expects it whole",
  }));
  let isBlocked = kept.length > 0;
  for (const { version, name, kind } of ofRun) {
    if (kind === "repeatable") {
      kept.push({ title: name, why: "a repeatable migration has no down file" });
      continue;
    }
    const { migration = null } = migrations.find((entry) => entry.version === version) ?? {};
    const why = isBlocked
      ? "what was applied after it stays"
      : reviewed !== null
        ? objectionTo(project, reviewed, version)
        : migration === null
          ? "its files are gone"
          : objection(() =>
              compileMigration(
                project.engine,
                contents,
                migration,
                "down",
                [],
                rowsDown(project, state, migration),
              ),
            );
    isBlocked ||= why !== null;
    if (why === null) versions.push({ version, title: name });
    else kept.push({ title: name, why });
  }
  return { versions, kept };
}

/** Why a unit cannot be undone as it was reviewed; null where it can. */
function objectionTo(
  { folder, maxFileBytes }: Project,
  { undo }: FrozenPlan,
  version: string,
): string | null {
  const steps = (undo?.steps ?? []).filter(({ unit }) => unit === version);
  if (steps.length === 0) return "it has no way back in the plan";
  for (const step of steps) {
    if (step.kind !== "script") continue;
    const path = inFolder(step.file, folder);
    const why = objection(() => {
      if (path !== null && readSourceFile(path, folder, maxFileBytes).rawHash === step.history[0]?.rawHash)
        return;
      throw new GodwitError("GW8110", { message: `${step.file} is not as it was when the plan was made` });
    });
    if (why !== null) return why;
  }
  return null;
}

/** The steps that were reviewed, of those units that are still applied. */
function reviewedWayBack(
  project: Project,
  { undo }: FrozenPlan,
  { versions, state, facts }: { versions: readonly string[]; state: LedgerState; facts: ServerFacts },
): Plan {
  const { applied, head } = foldHistory(state.history);
  const steps = (undo?.steps ?? []).filter(({ unit }) => versions.includes(unit) && applied.has(unit));
  return rollbackOf(project, stepsInFolder(steps, project.folder), { facts, head });
}

function objection(compile: () => unknown): string | null {
  try {
    compile();
    return null;
  } catch (error) {
    if (error instanceof GodwitError) return error.message;
    throw error;
  }
}

/** Between the abort and the undo the lock was free for a moment. */
function refuseOther({ unfinished }: LedgerState, { runId }: AbortedRun): void {
  if (unfinished?.id === runId && unfinished.state === "resumable") return;
  throw new GodwitError("GW4003", {
    message: `another process went on with run ${runId} before it could be undone`,
    details: { runId, unfinished: unfinished?.id ?? null },
  });
}
