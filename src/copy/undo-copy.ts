import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import { sealPlan, type Step } from "../core/plan.ts";
import { tableKey } from "../core/table-key.ts";
import { execute } from "../run/executor.ts";
import { noGates } from "../run/gates/policy.ts";
import type { LedgerState } from "../run/ledger.ts";
import { type AbortedRun, type UndoReport, verifyUndo } from "../run/undo-aborted.ts";
import { discardSteps } from "./compile.ts";
import { discarded, type Made, madeByGivenUp, nothingMade } from "./given-up.ts";
import { madeAgain, referenceText } from "./kept-tables.ts";
import type { CopyProject } from "./project.ts";
import { stillMade } from "./still-made.ts";
import { withSession } from "./with-session.ts";

/** Whoever took the lock between the abort and the undo is waited for so long. */
const lockWaitMs = 30_000;

/** Of a copy's intent, what an undo and whoever goes on with the undo needs. */
interface UndoIntent {
  readonly command: "copy";
  readonly source: string;
  readonly asked: string;
  steps: readonly Step[];
  made: Made;
}

/**
 * Drops what an aborted copy has made, as a copy does that begins anew. Rows that it wrote into tables that were there
 * before stay: what they replaced is not known any more. It is a run like a copy, so an interrupted one is gone on with
 * by `--resume`, and `--restart` begins a new copy in its place.
 */
export async function undoCopy(project: CopyProject, aborted: AbortedRun): Promise<UndoReport> {
  const { source, target, settings, emit, signal, waitMs, commandLine } = project;
  const { engine } = target;
  const { runId, reason, guard } = aborted;
  let made: Made | null = null;
  let verdict: Pick<UndoReport, "verified" | "different"> = { verified: null, different: [] };
  const intent: UndoIntent = {
    command: "copy",
    source: source.target.display,
    asked: digest(["undo", runId]),
    steps: [],
    made: nothingMade,
  };
  await execute({
    engine,
    target: target.target,
    source,
    family: "copy",
    settings: { ...settings, guard },
    // The undo of what was agreed to; to ask for more now would leave the run as it is.
    gates: noGates,
    emit,
    signal,
    waitMs: Math.max(waitMs, lockWaitMs),
    commandLine,
    intent,
    restarts: true,
    undoes: () => ({ runId, isWhole: true }),
    afterwards: async (session, tell) => {
      verdict = await verifyUndo(engine, session, aborted.before, tell);
    },
    compile: async (_, facts, givenUp, tools) => {
      if (made === null) {
        const known = madeBy(givenUp, runId);
        const { still, there } = await withSession(project, "target", async (session) => {
          const schema = await engine.normalize.schema(session);
          return { there: schema.tables, still: await stillMade(project, known, schema, session) };
        });
        made = still;
        intent.made = known;
        intent.steps = discardSteps(project, [
          ...discarded(project, still),
          ...madeAgain(project, still.references, there),
        ]);
        tools.emit({ type: "rollback:started", reason, steps: intent.steps.length });
      }
      if (intent.steps.length === 0) return null;
      const { product, identity, database } = facts;
      const fingerprint = { engine: product, server: identity, database, historyHead: "" };
      return sealPlan({ kind: "copy", target: fingerprint, steps: intent.steps, hazards: [] });
    },
  });
  const { tables, beside, objects, references } = made ?? nothingMade;
  const undone = [
    ...tables.map((table) => `table ${tableKey(table)}`),
    ...beside.map(({ beside: table }) => `table ${tableKey(table)}`),
    ...objects.map(({ what, name }) => `${what} ${name}`),
  ];
  const again = references.map((reference) => `the removal of foreign key ${referenceText(reference)}`);
  if (undone.length > 0) return { undone: [...undone, ...again], kept: [], ...verdict };
  const why = "it makes no tables of its own, and what its rows replaced is not known";
  return { undone: again, kept: [{ title: "the rows of the copy", why }], ...verdict };
}

/** Between the abort and the undo the lock was free for a moment. */
function madeBy(givenUp: LedgerState | null, runId: string): Made {
  const run = givenUp?.unfinished ?? null;
  if (run?.id !== runId || run.state !== "resumable") {
    throw new GodwitError("GW4003", {
      message: `another process went on with run ${runId} before it could be undone`,
      details: { runId, unfinished: run?.id ?? null },
    });
  }
  return madeByGivenUp(givenUp);
}
