import { setImmediate } from "node:timers/promises";
import { GodwitError } from "../core/error.ts";
import type { Emit, LockHolder } from "../core/event.ts";
import type { Plan, Step } from "../core/plan.ts";
import type { Engine, Session } from "../engines/engine.ts";
import { crashPoint } from "./crash-point.ts";
import type { Crew } from "./crew.ts";
import { backoffMs, delay } from "./delay.ts";
import type { Guard } from "./guard/guard.ts";
import { kindOf, lostKinds, passingKinds } from "./failure.ts";
import { type LedgerState, openSteps } from "./ledger.ts";
import { interrupted } from "./lock.ts";
import type { Monitor } from "./monitor.ts";
import type { DoneStep, OpenPart, RunSettings, StepContext } from "./perform/context.ts";
import { retellObjects } from "./perform/objects.ts";
import { perform } from "./perform/perform.ts";
import { changesOnlySession, refuseLostValues, replayPreamble } from "./preamble.ts";
import { reconcile } from "./reconcile.ts";
import type { RunLedger } from "./run-ledger.ts";
import { mayChangeSession, restoreSession } from "./session-hygiene.ts";

/** What of an execution concerns its steps. */
export interface StepsOptions {
  readonly engine: Engine;
  readonly settings: RunSettings;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  /** Answers for steps whose outcome the catalogue cannot tell (`godwit repair`). */
  readonly decisions?: ReadonlyMap<string, "done" | "not-done">;
  /** Stop after the reconciliation: nothing new is run. */
  readonly reconcileOnly?: boolean;
  /** Called on the working session after a run that changed something, before the lock is released. */
  readonly afterwards?: (session: Session, emit: Emit) => Promise<void>;
}

export interface Work {
  readonly options: StepsOptions;
  readonly plan: Plan;
  readonly session: Session;
  readonly crew: Crew;
  readonly ledger: RunLedger;
  readonly monitor: Monitor | null;
  readonly guard: Guard;
  readonly state: LedgerState;
  readonly resumed: boolean;
  /** Receives the key of each step that is carried out. */
  readonly performed: string[];
}

/** Reconciles, then carries out what is left of the plan, step by step, and closes the run. */
export async function runSteps(work: Work): Promise<"done" | "resumable"> {
  const { options, performed, plan, session, ledger, monitor, guard, state } = work;
  const { engine, emit, signal } = options;
  const start = performance.now();
  const { done, open } = work.resumed
    ? await reconcile({
        engine,
        session,
        ledger,
        plan,
        records: openSteps(state),
        decisions: options.decisions ?? new Map(),
        emit,
      })
    : { done: new Map<string, DoneStep>(), open: new Map<string, OpenPart>() };
  const units = countUnits(plan);
  const opening = {
    runId: ledger.runId,
    kind: plan.kind,
    epoch: ledger.epoch,
    steps: plan.steps.length,
    units,
  };
  emit(
    work.resumed ? { type: "run:resumed", ...opening, done: done.size } : { type: "run:started", ...opening },
  );

  for (const step of plan.steps) {
    if (step.kind === "objects") retellObjects(step, done.get(step.key), emit);
  }
  const remaining = plan.steps.filter((step) => !done.has(step.key));
  if (options.reconcileOnly && remaining.length > 0) {
    await ledger.close("resumable", null, null);
    return "resumable";
  }
  // Before any intent is written, because it would be dropped with them.
  for (const unit of work.resumed ? new Set(remaining.map((step) => step.unit)) : []) {
    if (hasDoneSteps(done, open, unit)) continue;
    await ledger.restartUnit(
      unit,
      state.steps.filter((old) => old.unit === unit).map(({ key }) => key),
    );
  }
  const intents = new Map<string, unknown>();
  const effects = countEffects(plan.steps);
  const effectsBefore = (step: Step) =>
    step.kind === "script"
      ? [...done.keys()].filter((key) => key.startsWith(`${step.key}#`)).length
      : (effects.get(step) ?? 0);
  const ordinals = new Map(plan.steps.map((step, ordinal) => [step, ordinal]));
  let unit = { name: "", title: "", start: 0, dirty: false };
  for (const [index, step] of remaining.entries()) {
    if (signal?.aborted) {
      await withdraw({ ledger, intents }, remaining.slice(index));
      throw interrupted({ runId: ledger.runId, next: step.key });
    }
    // A migration's settings may include a role or an encoding that must not write the ledger.
    if (!ledger.isUnderForeignSettings) await ledger.events.writeDue(session);
    const wait = guard.pass(step.key);
    if (wait !== null) {
      wait.catch(() => {});
      // What was announced with the step before is announced again: a pause may be long, and the catalogue change.
      await withdraw({ ledger, intents }, remaining.slice(index));
      await wait;
    }
    if (unit.name !== step.unit) {
      unit = { name: step.unit, title: step.unitTitle, start: performance.now(), dirty: false };
      emit({ type: "unit:started", unit: step.unit, title: unit.title });
      // Only the unit at which an interrupted run stopped has steps that are done.
      if (hasDoneSteps(done, open, step.unit)) {
        const ofUnit = plan.steps.filter((other) => other.unit === step.unit);
        const [before, after] = [
          ofUnit.filter(({ key }) => done.has(key)),
          ofUnit.filter(({ key }) => !done.has(key)),
        ];
        refuseLostValues(before, after);
      }
      // The server runs in this process: without a pause no signal would be heard during the whole run.
      if (!engine.traits.statementsOutliveClient) await setImmediate();
    }
    // After steps that are done, which is where their settings are missing.
    if (index === 0 || plan.steps[(ordinals.get(step) ?? 0) - 1] !== remaining[index - 1]) {
      await replayPreamble(session, step);
    }
    const next = remaining[index + 1];
    unit.dirty ||= mayChangeSession(step);
    ledger.isUnderForeignSettings = unit.dirty;
    const context: StepContext = {
      engine,
      session,
      crew: work.crew,
      ledger,
      monitor,
      guard,
      settings: options.settings,
      emit,
      signal,
      unitStart: unit.start,
      ordinal: ordinals.get(step) ?? 0,
      // What the next unit changes is looked up by its names, which this unit's settings could lead elsewhere.
      next: next?.unit === step.unit || !unit.dirty ? next : undefined,
      intents,
      done,
      open,
      restore: unit.dirty ? () => restoreSession(session, step) : null,
    };
    await runStep(context, step, effectsBefore(step)).catch(async (error: unknown) => {
      await withdraw(context, remaining.slice(index));
      throw error;
    });
    performed.push(step.key);
    if (next?.unit !== step.unit) {
      emit({
        type: "unit:finished",
        unit: unit.name,
        title: unit.title,
        durationMs: Math.round(performance.now() - unit.start),
      });
      if (unit.dirty) await session.reset();
      ledger.isUnderForeignSettings = false;
    }
  }
  await options.afterwards?.(session, emit);
  const finished = {
    type: "run:finished",
    runId: ledger.runId,
    state: "done",
    units,
    durationMs: Math.round(performance.now() - start),
  } as const;
  await ledger.close("done", null, finished);
  crashPoint("run:closed");
  emit(finished);
  return "done";
}

/** One step, tried again within the bound when it failed for a reason that passes by itself. */
async function runStep(context: StepContext, step: Step, effectsBefore: number): Promise<void> {
  const { emit, settings, signal, monitor, engine } = context;
  const start = performance.now();
  const transaction = "transaction" in step ? step.transaction : step.kind === "record";
  emit({ type: "step:started", key: step.key, title: step.title, transaction, effectsBefore });
  monitor?.at(step.key);
  for (let attempt = 1; ; attempt++) {
    try {
      await perform(context, step);
      emit({ type: "step:finished", key: step.key, durationMs: Math.round(performance.now() - start) });
      return;
    } catch (error) {
      const kind = kindOf(engine, error);
      const isHarmless = !(error instanceof GodwitError) || error.outcome === "unchanged";
      if (signal?.aborted && !lostKinds.has(kind) && isHarmless) throw interrupted({ next: step.key });
      if (!passingKinds.has(kind)) throw error;
      const blockers = monitor?.blockers ?? [];
      if (attempt > settings.lockRetries) throw exhausted(error, attempt, blockers);
      const delayMs = backoffMs(attempt, 500, 30_000);
      emit({
        type: "retry:scheduled",
        key: step.key,
        attempt,
        limit: settings.lockRetries,
        delayMs,
        reason: (error as Error).message,
        blockers,
      });
      await delay(delayMs, signal);
      if (signal?.aborted) throw interrupted({ next: step.key });
      await context.guard.pass(step.key);
      await context.restore?.();
    }
  }
}

function exhausted(error: unknown, attempts: number, blockers: readonly LockHolder[]): unknown {
  if (!(error instanceof GodwitError)) return error;
  return new GodwitError(error.code, {
    message: `${error.message} (${attempts} attempts)`,
    hint: error.hint,
    details: { ...error.details, attempts, blockers },
    cause: error.cause,
    outcome: error.outcome,
  });
}

function hasDoneSteps(
  done: ReadonlyMap<string, DoneStep>,
  open: ReadonlyMap<string, OpenPart>,
  unit: string,
): boolean {
  return [...done.keys(), ...open.keys()].some((key) => key.startsWith(`${unit}/`));
}

/** For each step how many statements of its unit come before it that are more than a setting of the session. */
function countEffects(steps: readonly Step[]): ReadonlyMap<Step, number> {
  const counts = new Map<Step, number>();
  const ofUnit = new Map<string, number>();
  for (const step of steps) {
    const before = ofUnit.get(step.unit) ?? 0;
    counts.set(step, before);
    if (step.kind !== "sql") continue;
    ofUnit.set(step.unit, before + step.statements.filter((each) => !changesOnlySession(each)).length);
  }
  return counts;
}

/** Takes back the intent of a step that was announced and is not going to be sent. */
async function withdraw(
  { ledger, intents }: Pick<StepContext, "ledger" | "intents">,
  steps: readonly Step[],
): Promise<void> {
  for (const step of steps) {
    // Without a connection it stays, and the next run asks the catalogue.
    if (intents.delete(step.key)) await ledger.fail(step, 0).catch(() => {});
  }
}

function countUnits(plan: Plan): number {
  return new Set(plan.steps.map((step) => step.unit)).size;
}
