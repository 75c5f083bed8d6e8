import { GodwitError } from "../core/error.ts";
import type { Effect, Plan, Step } from "../core/plan.ts";
import type { Emit } from "../core/event.ts";
import type { Engine, Session, Settlement } from "../engines/engine.ts";
import { crashPoint } from "./crash-point.ts";
import type { RunLedger, StepRecord } from "./ledger.ts";
import { replayPreamble } from "./preamble.ts";

export interface ReconcileOptions {
  readonly engine: Engine;
  readonly session: Session;
  readonly ledger: RunLedger;
  readonly plan: Plan;
  /** The steps of units that the run has begun and not completed. */
  readonly records: readonly StepRecord[];
  /** An operator's answers for steps that the catalogue cannot tell. */
  readonly decisions: ReadonlyMap<string, "done" | "not-done">;
  readonly emit: Emit;
}

/**
 * Brings the plan and the ledger of an interrupted run together: which steps are done, by the record or, where
 * only the intent is recorded, by asking the catalogue. Returns the hashes of the done steps by key. Throws
 * GW5007 when a step that took effect is no longer in the plan as it ran, GW4004 when nobody can tell.
 */
export async function reconcile(options: ReconcileOptions): Promise<Map<string, string>> {
  const { plan, records } = options;
  const steps = new Map(plan.steps.map((step, ordinal) => [step.key, { step, ordinal }]));
  const done = new Map<string, string>();
  for (const record of records) {
    // A script's statements have no step of their own in the plan.
    const [parentKey = record.key, part] = record.key.split("#");
    const entry = steps.get(parentKey);
    const took =
      record.state === "done" ||
      (record.state === "started" && (await settle(options, record, entry)) === "done");
    if (!took) continue;
    if (entry === undefined || (part === undefined && entry.step.hash !== record.hash))
      throw edited(record, entry?.step);
    if (record.state === "started") {
      // Its completion, with the history row if it is the last of its unit, is recorded now.
      await recordLate(
        options,
        record,
        part === undefined ? entry : { ...entry, step: asPart(entry.step, record) },
      );
    }
    done.set(record.key, record.hash);
  }
  return done;
}

async function settle(
  options: ReconcileOptions,
  record: StepRecord,
  entry: { step: Step; ordinal: number } | undefined,
): Promise<Settlement> {
  const { engine, session, ledger, emit, decisions } = options;
  const { effect, before } = JSON.parse(record.captured ?? "null") as { effect: Effect; before: unknown };
  const probe = () =>
    engine.probe.settle(session, effect, before, (index, table) =>
      emit({ type: "index:dropped-invalid", index, table }),
    );
  const outcome = decisions.get(record.key) ?? (await underPreamble(session, entry?.step, probe));
  emit({ type: "step:settled", key: record.key, outcome });
  crashPoint("reconcile:after-probe");
  if (outcome === "unknown") {
    throw new GodwitError("GW4004", {
      message: `nobody can tell whether ${record.key} took effect: ${entry?.step.title ?? "its file is gone"}`,
      hint: `Look at the database, then \`godwit repair --done ${record.key}\` or \`godwit repair --not-done ${record.key}\`.`,
      details: { key: record.key },
      outcome: "unknown",
    });
  }
  if (outcome === "not-done") {
    await ledger.fail(
      { key: record.key, unit: record.unit, title: entry?.step.title ?? "", hash: record.hash },
      0,
    );
  }
  return outcome;
}

/** The names were looked up under the unit's settings (search_path), so they are looked up under them again. */
async function underPreamble<T>(
  session: Session,
  step: Step | undefined,
  probe: () => Promise<T>,
): Promise<T> {
  if (step?.kind !== "sql" || step.preamble.length === 0) return probe();
  await replayPreamble(session, step);
  const found = await probe();
  // The ledger is written without them: they may include a role.
  await session.reset();
  return found;
}

async function recordLate(
  options: ReconcileOptions,
  record: StepRecord,
  entry: { step: Step; ordinal: number },
): Promise<void> {
  const { session, ledger } = options;
  await session.begin();
  await ledger.finishAndCommit({
    step: { ...entry.step, key: record.key, hash: record.hash },
    ordinal: entry.ordinal,
    took: { stepMs: 0, unitMs: 0 },
    history: entry.step.history,
  });
}

/** A script's statement: the history row belongs to the script's end. */
function asPart(step: Step, record: StepRecord): Step {
  return { ...step, key: record.key, history: [] };
}

function edited(record: StepRecord, step: Step | undefined): GodwitError {
  const what = step === undefined ? "is no longer in the folder" : "was edited since";
  return new GodwitError("GW5007", {
    message: `${record.key} took effect in the interrupted run, and ${what}`,
    details: { key: record.key },
    outcome: "changed",
  });
}
