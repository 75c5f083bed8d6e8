import { GodwitError } from "../core/error.ts";
import { execute } from "../run/executor.ts";
import { noGates } from "../run/gates/policy.ts";
import type { LedgerState } from "../run/ledger.ts";
import { type AbortedRun, type KeptUnit, type UndoReport, verifyUndo } from "../run/undo-aborted.ts";
import { assess, halfDone } from "./assess.ts";
import { compileMigration } from "./compile.ts";
import type { Contents } from "./content.ts";
import { readFolder } from "./folder.ts";
import { foldHistory } from "./history.ts";
import { executionOf, type Project } from "./project.ts";
import { planRollback, type RollbackIntent } from "./rollback.ts";
import { rowsDown } from "./row-choice.ts";
import { writeSchemaFile } from "./schema-file.ts";

/** Whoever took the lock between the abort and the undo is waited for so long, and then refused if it went on with the run. */
const lockWaitMs = 30_000;

/**
 * Undoes the migrations that an aborted run has applied, the newest first, by their down files, as far as there are
 * some: what was applied before one that has to stay stays too, since that one was built on it. It is a rollback like
 * any other: interrupted, it is gone on with by `godwit rollback`.
 */
export async function undoRun(
  project: Project,
  contents: Contents,
  aborted: AbortedRun,
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
        chosen = undoable(project, contents, state, aborted.runId);
        intent.versions = chosen.versions.map(({ version }) => version);
        emit({ type: "rollback:started", reason: aborted.reason, steps: chosen.versions.length });
      }
      if (intent.versions.length === 0) return null;
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

function undoable(project: Project, contents: Contents, state: LedgerState, runId: string): Undoable {
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
