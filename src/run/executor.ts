import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { GodwitError } from "../core/error.ts";
import type { Emit, LockHolder } from "../core/event.ts";
import type { Plan, Step } from "../core/plan.ts";
import { redactDeep } from "../core/secret.ts";
import type { Target } from "../core/target.ts";
import type { Engine, ServerFacts, Session, SessionOptions } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import { serverClock } from "./clock.ts";
import { crashPoint } from "./crash-point.ts";
import { backoffMs, delay } from "./delay.ts";
import { connectionFailure, kindOf, lostKinds, passingKinds, statementFailure } from "./failure.ts";
import { type LedgerState, openSteps, readLedger, type RunState, upgradeLedger } from "./ledger.ts";
import { acquireLock, interrupted } from "./lock.ts";
import { Monitor } from "./monitor.ts";
import { openSession } from "./open-session.ts";
import type { DoneStep, OpenPart, RunSettings, StepContext } from "./perform/context.ts";
import { perform } from "./perform/perform.ts";
import { refuseLostValues, replayPreamble } from "./preamble.ts";
import { reconcile } from "./reconcile.ts";
import { RunLedger } from "./run-ledger.ts";

export interface ExecuteOptions {
  readonly engine: Engine;
  readonly target: Target;
  readonly settings: RunSettings;
  /**
   * Makes the plan, or checks a frozen one, against what the ledger says now that the lock is held; null when
   * there is nothing to do. It throws where an unfinished run must not be continued by this one.
   */
  readonly compile: (state: LedgerState, facts: ServerFacts) => Promise<Plan | null>;
  /** What the caller asked for, kept with the run for people and for resuming; JSON. */
  readonly intent: unknown;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  /** How long to wait while another runner holds the lock; 0 is not at all. */
  readonly waitMs: number;
  /** Answers for steps whose outcome the catalogue cannot tell (`godwit repair`). */
  readonly decisions?: ReadonlyMap<string, "done" | "not-done">;
  /** Stop after the reconciliation: nothing new is run. */
  readonly reconcileOnly?: boolean;
  /** Called on the working session after a run that changed something, before the lock is released. */
  readonly afterwards?: (session: Session) => Promise<void>;
}

export interface RunResult {
  /** Null when there was nothing to do. */
  readonly runId: string | null;
  readonly state: "done" | "resumable" | "nothing";
  readonly epoch: number;
  readonly plan: Plan | null;
  /** Keys of the steps that this call carried out, in order. */
  readonly performed: readonly string[];
  readonly durationMs: number;
}

/** A lost connection is restored this often; the last waits are about ten seconds each. */
const maxReconnects = 8;

/**
 * Runs a plan to its end or to a state from which the same call continues. One attempt is: a session, the lock,
 * the ledger, the reconciliation, the remaining steps. A lost connection ends the attempt, and the next one
 * starts as if the process had been killed; so there is one way back, whatever happened.
 */
export async function execute(given: ExecuteOptions): Promise<RunResult> {
  const options = { ...given, emit: harmless(given.emit) };
  const start = performance.now();
  const attempt: AttemptState = { runId: randomUUID(), lostSessions: new Set(), performed: [], epoch: 0 };
  for (let losses = 0; ;) {
    try {
      const result = await runAttempt(options, attempt);
      return { ...result, performed: attempt.performed, durationMs: Math.round(performance.now() - start) };
    } catch (error) {
      if (error instanceof GodwitError && !(isSilence(error) && attempt.sessionId !== undefined)) throw error;
      const native = options.engine.errors.classify(error);
      if (options.signal?.aborted) throw interrupted();
      if (!isSilence(error) && !lostKinds.has(native.kind)) throw unexpected(error, native.message);
      losses += 1;
      if (losses > maxReconnects || attempt.sessionId === undefined) {
        throw attempt.sessionId === undefined
          ? connectionFailure(options.engine, options.target, error)
          : lost(native.message, error);
      }
      attempt.lostSessions.add(attempt.sessionId);
      const delayMs = backoffMs(losses, 200, 10_000);
      options.emit({ type: "connection:lost", reason: native.message, attempt: losses, delayMs });
      await delay(delayMs, options.signal);
    }
  }
}

/** A listener that throws must not turn a statement that succeeded into one that failed. */
function harmless(emit: Emit): Emit {
  let isWarned = false;
  return (event) => {
    try {
      emit(event);
    } catch (error) {
      if (!isWarned) process.emitWarning(`a receiver of Godwit's events threw: ${(error as Error).message}`);
      isWarned = true;
    }
  };
}

interface AttemptState {
  runId: string;
  readonly lostSessions: Set<string>;
  readonly performed: string[];
  /** The epoch under which this process works: if the ledger has a newer one, another process took over. */
  epoch: number;
  /** The run that this process has opened. */
  opened?: { readonly runId: string; readonly plan: Plan };
  sessionId?: string;
}

async function runAttempt(options: ExecuteOptions, attempt: AttemptState) {
  const { engine, target, settings, emit, signal } = options;
  if (signal?.aborted) throw interrupted();
  const sessionOptions: SessionOptions = {
    tag: `godwit ${attempt.runId.slice(0, 8)}`,
    connectTimeoutMs: settings.connectTimeoutMs,
    lockTimeoutMs: settings.lockTimeoutMs,
    statementTimeoutMs: settings.statementTimeoutMs,
    onNotice: (severity, message) => emit({ type: "server:noticed", severity, message }),
  };
  const session = await connect(options, sessionOptions, attempt);
  const again = attempt.sessionId !== undefined;
  attempt.sessionId = session.id;
  if (again) emit({ type: "connection:restored", sessionId: session.id });

  let ledger: RunLedger | null = null;
  const monitor = engine.traits.statementsOutliveClient
    ? new Monitor({
        engine,
        target,
        sessionOptions,
        emit,
        heartbeat: async (session) => ledger === null || ledger.heartbeat(session),
      })
    : null;
  monitor?.watch(session);
  // An abort cancels the statement that is running; the failure then ends the attempt in order.
  const cancel = () => void session.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    await acquireLock({
      engine,
      session,
      waitMs: options.waitMs,
      ownLostSessions: attempt.lostSessions,
      runId: attempt.runId,
      emit,
      signal,
    });
    crashPoint("run:locked");
    const facts = await engine.connect.facts(session);
    if (facts.unsupported !== null) {
      throw new GodwitError("GW3009", { message: `${facts.version} is not supported: ${facts.unsupported}` });
    }
    const state = await readLedger(engine, session);
    const closed = await alreadyClosed(engine, session, attempt, state);
    if (closed !== null) return closed;
    const plan = await options.compile(state, facts);
    if (plan === null) {
      // Nothing is left of what this process had begun and did not end: someone else ended it.
      if (attempt.opened !== undefined && attempt.opened.plan.kind !== "record")
        refuseIfReplaced(attempt, null);
      return { runId: null, state: "nothing" as const, epoch: 0, plan: null };
    }
    if (facts.readOnly) {
      throw new GodwitError("GW3007", {
        message: `${target.display} is read-only: it is a standby, or set so`,
      });
    }
    const clock = serverClock(facts.now);
    const { from, to } = await guarded(options, () => upgradeLedger(engine, session, clock));
    if (from < to) emit({ type: "ledger:upgraded", from, to });
    crashPoint("run:ledger-ready");

    const resumed =
      state.unfinished !== null && state.unfinished.kind === plan.kind ? state.unfinished : null;
    // A record run is one transaction and is never resumed: a second attempt finds what the first one did.
    if (plan.kind !== "record") refuseIfReplaced(attempt, resumed);
    const runId = resumed?.id ?? attempt.runId;
    const epoch = (resumed?.epoch ?? 0) + 1;
    const opened = new RunLedger({
      engine,
      session,
      clock,
      runId,
      epoch,
      state: resumed === null ? { ...state, steps: [] } : state,
    });
    await opened.open({ kind: plan.kind, planHash: plan.hash, intent: options.intent });
    // From here on its heartbeat finds a row.
    ledger = opened;
    attempt.epoch = epoch;
    attempt.opened = { runId, plan };
    if (resumed !== null) await session.retag(`godwit ${runId.slice(0, 8)}`);
    crashPoint("run:opened");
    try {
      const finished = await runSteps({
        options,
        attempt,
        plan,
        session,
        ledger,
        monitor,
        state,
        resumed: resumed !== null,
      });
      return { runId, epoch, plan, state: finished };
    } catch (error) {
      await closeFailed(options, session, ledger, error);
      throw error;
    }
  } finally {
    signal?.removeEventListener("abort", cancel);
    await monitor?.stop();
    await session.close();
  }
}

interface Work {
  readonly options: ExecuteOptions;
  readonly attempt: AttemptState;
  readonly plan: Plan;
  readonly session: Session;
  readonly ledger: RunLedger;
  readonly monitor: Monitor | null;
  readonly state: LedgerState;
  readonly resumed: boolean;
}

async function runSteps(work: Work): Promise<"done" | "resumable"> {
  const { options, attempt, plan, session, ledger, monitor, state } = work;
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

  const remaining = plan.steps.filter((step) => !done.has(step.key));
  if (options.reconcileOnly && remaining.length > 0) {
    await ledger.close("resumable", null);
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
  const ordinals = new Map(plan.steps.map((step, ordinal) => [step, ordinal]));
  let unit = { name: "", title: "", start: 0, dirty: false };
  for (const [index, step] of remaining.entries()) {
    if (signal?.aborted) {
      await withdraw({ ledger, intents }, remaining.slice(index));
      throw interrupted({ runId: ledger.runId, next: step.key });
    }
    if (unit.name !== step.unit) {
      unit = { name: step.unit, title: step.unitTitle, start: performance.now(), dirty: false };
      emit({ type: "unit:started", unit: step.unit, title: unit.title });
      refuseLostValues(
        plan.steps.filter((other) => other.unit === step.unit && done.has(other.key)),
        hasDoneSteps(done, open, step.unit) ? remaining.filter((other) => other.unit === step.unit) : [],
      );
      await replayPreamble(session, step);
      // The server runs in this process: without a pause no signal would be heard during the whole run.
      if (!engine.traits.statementsOutliveClient) await setImmediate();
    }
    const next = remaining[index + 1];
    unit.dirty ||= mayChangeSession(step);
    ledger.isUnderForeignSettings = unit.dirty;
    const context: StepContext = {
      engine,
      session,
      ledger,
      monitor,
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
      restore: unit.dirty ? () => restore(session, step) : null,
    };
    await runStep(context, step).catch(async (error: unknown) => {
      await withdraw(context, remaining.slice(index));
      throw error;
    });
    attempt.performed.push(step.key);
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
  await options.afterwards?.(session);
  await ledger.close("done", null);
  crashPoint("run:closed");
  emit({
    type: "run:finished",
    runId: ledger.runId,
    state: "done",
    units,
    durationMs: Math.round(performance.now() - start),
  });
  return "done";
}

/** One step, tried again within the bound when it failed for a reason that passes by itself. */
async function runStep(context: StepContext, step: Step): Promise<void> {
  const { emit, settings, signal, monitor, engine } = context;
  const start = performance.now();
  const transaction = step.kind === "record" || step.transaction;
  emit({ type: "step:started", key: step.key, title: step.title, transaction });
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
      await context.restore?.();
    }
  }
}

function exhausted(error: unknown, attempts: number, blockers: readonly LockHolder[]): unknown {
  if (!(error instanceof GodwitError)) return error;
  return new GodwitError(error.code, {
    message: `${error.message} (${attempts} attempts)`,
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

/** A failed attempt can leave settings and temporary tables, which a rollback does not undo everywhere. */
async function restore(session: Session, step: Step): Promise<void> {
  await session.reset();
  await replayPreamble(session, step);
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

/** Statements that run no code of the user's and leave nothing in the session: after them, nothing has to be put back. */
const plainLabels: ReadonlySet<string> = new Set([
  "CREATE TABLE",
  "CREATE INDEX",
  "CREATE INDEX CONCURRENTLY",
  "ALTER TABLE",
  "DROP TABLE",
  "DROP INDEX",
  "DROP INDEX CONCURRENTLY",
]);

/** An index over an expression, a default for the rows there are, a check of them: each can call a function. */
const mayCall: Readonly<Record<string, RegExp>> = {
  "CREATE INDEX": /\(.*\(|\bwhere\b/is,
  "CREATE INDEX CONCURRENTLY": /\(.*\(|\bwhere\b/is,
  "ALTER TABLE": /\b(default|using|check|generated|validate|attach)\b/i,
};

function mayChangeSession(step: Step): boolean {
  if (step.kind === "record") return false;
  if (step.kind === "script" || step.preamble.length > 0) return true;
  return step.statements.some(
    ({ label, session, text }) =>
      session ||
      !plainLabels.has(label) ||
      /\b(temp|temporary|select|set_config)\b/i.test(text) ||
      mayCall[label]?.test(text) === true,
  );
}

async function connect(
  options: ExecuteOptions,
  sessionOptions: SessionOptions,
  attempt: AttemptState,
): Promise<Session> {
  try {
    return await openSession(options.engine, options.target, sessionOptions);
  } catch (error) {
    // The first connection fails at once; a later one belongs to a run that was cut off, and is tried again.
    const isLater = attempt.sessionId !== undefined;
    if (isLater && (isSilence(error) || lostKinds.has(kindOf(options.engine, error)))) throw error;
    throw connectionFailure(options.engine, options.target, error);
  }
}

function isSilence(error: unknown): boolean {
  return error instanceof GodwitError && error.code === "GW3010";
}

/** After a reconnect: the connection was lost while the run was being closed, and the close had been committed. */
async function alreadyClosed(engine: Engine, session: Session, attempt: AttemptState, state: LedgerState) {
  const { opened, epoch } = attempt;
  if (opened === undefined || state.unfinished?.id === opened.runId) return null;
  const ask = async (sql: string) =>
    (await session.query(withPlaceholders(engine.traits, sql), [opened.runId]))[0];
  const run = await ask(`SELECT state, epoch FROM ${engine.store.table("run")} WHERE id = ?`);
  const finished = { ...opened, epoch, state: "done" as const };
  if (run?.state === "done" && Number(run.epoch) === epoch) return finished;
  if (opened.plan.kind !== "record") return null;
  const step = await ask(`SELECT state FROM ${engine.store.table("step")} WHERE run_id = ?`);
  if (step?.state === "done") return finished;
  // Its one transaction was not committed: the next attempt is a run of its own.
  attempt.runId = randomUUID();
  return null;
}

/** After a reconnect: the ledger must still be at this process's epoch. */
function refuseIfReplaced(attempt: AttemptState, unfinished: LedgerState["unfinished"]): void {
  if (attempt.epoch === 0) return;
  if (unfinished !== null && unfinished.epoch === attempt.epoch) return;
  // Its own last opening, of which only the reply was lost.
  if (unfinished?.pid === process.pid && attempt.lostSessions.has(unfinished.sessionId)) return;
  throw new GodwitError("GW4003", {
    message: "while this runner was cut off, another process took the run over",
    details: { epoch: attempt.epoch, now: unfinished?.epoch ?? null },
  });
}

async function closeFailed(
  options: ExecuteOptions,
  session: Session,
  ledger: RunLedger,
  error: unknown,
): Promise<void> {
  if (lostKinds.has(kindOf(options.engine, error))) return;
  if (error instanceof GodwitError && error.code === "GW4003") return;
  const state: RunState & ("resumable" | "blocked") =
    error instanceof GodwitError && error.code === "GW4004" ? "blocked" : "resumable";
  const described =
    error instanceof GodwitError ? error : unexpected(error, String((error as Error).message));
  const { cause: _, ...json } = described.toJSON();
  // A role that the migration set may not write the ledger.
  if (ledger.isUnderForeignSettings) await session.reset().catch(() => {});
  // If even this cannot be written, the run still reads as resumable: nobody holds its lock.
  await ledger.close(state, redactDeep(json) as Record<string, unknown>).catch(() => {});
  options.emit({ type: "run:stopped", runId: ledger.runId, state, error: described });
}

/** Turns a refusal while Godwit's own tables are made into an error that says so. */
async function guarded<T>(options: ExecuteOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GodwitError) throw error;
    const native = options.engine.errors.classify(error);
    if (lostKinds.has(native.kind)) throw error;
    const statement = {
      text: "",
      offset: 0,
      line: 1,
      column: 1,
      label: "making the ledger's tables",
      transactional: true,
      session: false,
      effect: { type: "transactional" as const },
    };
    throw statementFailure(native, { file: "godwit ledger", statement, key: "ledger" }, "unchanged", error);
  }
}

function unexpected(error: unknown, message: string): GodwitError {
  return new GodwitError("GW9001", { message, cause: error, outcome: "unknown" });
}

function lost(message: string, cause: unknown): GodwitError {
  return new GodwitError("GW3005", {
    message: `the connection was lost and could not be restored: ${message}`,
    cause,
    outcome: "unknown",
  });
}

function countUnits(plan: Plan): number {
  return new Set(plan.steps.map((step) => step.unit)).size;
}
