import { GodwitError } from "../core/error.ts";
import type { Plan, Step } from "../core/plan.ts";
import type { Emit } from "../core/event.ts";
import type { Engine, Session, Settlement } from "../engines/engine.ts";
import { askCatalogue, readIntent, unknownOutcome } from "./ask-catalogue.ts";
import { crashPoint } from "./crash-point.ts";
import type { StepRecord } from "./ledger.ts";
import type { RunLedger } from "./run-ledger.ts";
import type { DoneStep, OpenPart } from "./perform/context.ts";
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

interface PlanEntry {
  readonly step: Step;
  readonly ordinal: number;
}

/**
 * Brings the plan and the ledger of an interrupted run together: which steps are done, by the record or, where
 * only the intent is recorded, by asking the catalogue. Returns the done steps by key, and the statements of scripts
 * that are settled when their script comes to them. Throws GW5007 when a step
 * that took effect is no longer in the plan as it ran, GW4004 when nobody can tell.
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciled> {
  const { plan, records, decisions } = options;
  const steps = new Map(plan.steps.map((step, ordinal) => [step.key, { step, ordinal }]));
  const done = new Map<string, DoneStep>();
  const entryOf = (record: StepRecord) => {
    // A script's statements have no step of their own in the plan.
    const [parentKey = record.key, part] = record.key.split("#");
    const entry = steps.get(parentKey);
    return entry === undefined || part === undefined ? entry : { ...entry, step: asPart(entry.step, record) };
  };
  const mustStand = (record: StepRecord) => {
    const entry = entryOf(record);
    if (entry === undefined || entry.step.hash !== record.hash) throw edited(record, entry?.step);
    return entry;
  };
  // All that took effect must stand in the plan before anything is written.
  const recorded = new Map<StepRecord, PlanEntry>();
  for (const record of records) {
    if (record.state !== "done") continue;
    // Of a setting nothing is left: where it was edited, the new one is made as if it had never run.
    if (record.sessionOnly && entryOf(record)?.step.hash !== record.hash) continue;
    recorded.set(record, mustStand(record));
  }
  for (const record of recorded.keys()) {
    done.set(record.key, { hash: record.hash, kept: JSON.parse(record.captured ?? "null") as unknown });
  }
  const open = new Map<string, OpenPart>();
  for (const record of records.filter(({ state, sessionOnly }) => state === "started" && !sessionOnly)) {
    const isPart = record.key.includes("#");
    if (isPart && entryOf(record) !== undefined && !decisions.has(record.key)) {
      open.set(record.key, record);
      continue;
    }
    if ((await settle(options, record, entryOf(record))) !== "done") continue;
    const { step, ordinal } = mustStand(record);
    await recordLate(options, step, ordinal);
    done.set(record.key, { hash: record.hash, kept: null });
  }
  // A file that was cut after its done steps: the last of them now completes the unit.
  for (const { step, ordinal } of recorded.values()) {
    if (step.history.length > 0) await recordLate(options, step, ordinal);
  }
  for (const [ordinal, step] of plan.steps.entries()) {
    if (decisions.get(step.key) !== "done" || done.has(step.key)) continue;
    const before = plan.steps.slice(0, ordinal).find(({ key, unit }) => unit === step.unit && !done.has(key));
    if (before !== undefined) {
      throw new GodwitError("GW1001", {
        message: `${step.key} cannot be done before ${before.key}, which is not`,
      });
    }
    // An operator did by hand what the run had not come to.
    await recordLate(options, step, ordinal);
    options.emit({ type: "step:settled", key: step.key, outcome: "done", by: "operator" });
    done.set(step.key, { hash: step.hash, kept: null });
  }
  return { done, open };
}

export interface Reconciled {
  readonly done: Map<string, DoneStep>;
  readonly open: Map<string, OpenPart>;
}

async function settle(
  options: ReconcileOptions,
  record: StepRecord,
  entry: PlanEntry | undefined,
): Promise<Settlement> {
  const { session, ledger, emit, decisions } = options;
  const { effect, before } = readIntent(record.captured);
  const probe = () => askCatalogue(options, effect, before);
  const decided = decisions.get(record.key);
  const outcome = decided ?? (await underPreamble(session, entry?.step, probe));
  emit({
    type: "step:settled",
    key: record.key,
    outcome,
    by: decided === undefined ? "catalogue" : "operator",
  });
  crashPoint("reconcile:after-probe");
  if (outcome === "unknown") throw unknownOutcome(record.key, entry?.step.title ?? "its file is gone");
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

async function recordLate({ session, ledger }: ReconcileOptions, step: Step, ordinal: number): Promise<void> {
  await session.begin();
  const took = { stepMs: 0, unitMs: 0 };
  const kept = step.kind === "sql" ? { statements: step.statements.length } : {};
  await ledger.finishAndCommit({ step, ordinal, took, history: step.history, kept });
}

/** A script's statement: the history row belongs to the script's end. */
function asPart(step: Step, record: StepRecord): Step {
  return { ...step, key: record.key, hash: record.hash, history: [] };
}

function edited(record: StepRecord, step: Step | undefined): GodwitError {
  const what = step === undefined ? "is no longer in the folder" : "was edited since";
  return new GodwitError("GW5007", {
    message: `${record.key} took effect in the interrupted run, and ${what}`,
    hint: `Restore it as it ran; what comes after it may be corrected. Or undo by hand what took effect, and say so: \`godwit repair --forget ${record.unit}\`.`,
    details: { key: record.key },
    outcome: "changed",
  });
}
