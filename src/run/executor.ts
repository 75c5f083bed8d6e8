import { randomUUID } from "node:crypto";
import { GodwitError } from "../core/error.ts";
import type { Emit } from "../core/event.ts";
import { contentHash, type FrozenPlan } from "../core/frozen-plan.ts";
import type { Plan, RunFamily } from "../core/plan.ts";
import { redactDeep } from "../core/secret.ts";
import type { Target } from "../core/target.ts";
import type { Engine, ErrorKind, ServerFacts, Session, SessionOptions } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import { serverClock } from "./clock.ts";
import { crashPoint } from "./crash-point.ts";
import { Crew, type Side } from "./crew.ts";
import { backoffMs, delay } from "./delay.ts";
import { EventLog } from "./event-log.ts";
import { connectionFailure, kindOf, lostKinds, statementFailure } from "./failure.ts";
import { type LedgerState, readLedger, type RunState, upgradeLedger } from "./ledger.ts";
import type { GateState } from "./gates/gate.ts";
import { passGates } from "./gates/pass-gates.ts";
import type { GatePolicy } from "./gates/policy.ts";
import { Guard, type GuardMemory, newGuardMemory } from "./guard/guard.ts";
import { isGuardsWord } from "./guard/guards-word.ts";
import { Checkpoint, stopReport } from "./guard/stop-report.ts";
import { acquireLock, interrupted } from "./lock.ts";
import { Monitor } from "./monitor.ts";
import { openSession } from "./open-session.ts";
import { planRecord } from "./reviewed/plan-record.ts";
import { RunLedger, type Undoes } from "./run-ledger.ts";
import { type SchemaMarks, schemaMarks } from "./schema-marks.ts";
import { runSteps, type StepsOptions } from "./steps.ts";
import { type AbortedRun, guardOfUndo, undoAborted, type UndoReport } from "./undo-aborted.ts";
import { within } from "./within.ts";

export interface ExecuteOptions extends StepsOptions {
  readonly target: Target;
  /** The database that is read, where the plan has one. */
  readonly source?: Side;
  /** What runs this one can continue or end; default those of migrations. */
  readonly family?: RunFamily;
  /**
   * Makes the plan, or checks a frozen one, against what the ledger says now that the lock is held; null when
   * there is nothing to do. It throws where an unfinished run must not be continued by this one.
   */
  readonly compile: (
    state: LedgerState,
    facts: ServerFacts,
    /** The unfinished run that is given up, with its steps. */
    givenUp: LedgerState | null,
    /** The database itself, and for what is to be told as part of the run. */
    at: { readonly session: Session; readonly emit: Emit },
  ) => Promise<Plan | null>;
  /** An unfinished run is given up: this one begins anew, and ends it. Default false. */
  readonly restarts?: boolean;
  /** What the caller asked for, kept with the run for people and for resuming; JSON. */
  readonly intent: unknown;
  /** What the environment demands before anything is written. */
  readonly gates: GatePolicy;
  /** The reviewed plan that `compile` checks and gives back. */
  readonly reviewed?: FrozenPlan;
  /** How a failure of a step is told, where the feature knows better what goes on with the run. */
  readonly retell?: (error: GodwitError, runId: string) => GodwitError;
  /** How long to wait while another runner holds the lock; 0 is not at all. */
  readonly waitMs: number;
  /** The command that was given, as a shell takes it: given again, it goes on with the run. */
  readonly commandLine?: string | undefined;
  /**
   * Undoes what a run did that the guard has aborted, by a run of its own. Missing: nothing of the kind can be undone.
   * It is called where the configuration says so.
   */
  readonly undo?: (aborted: AbortedRun) => Promise<UndoReport>;
  /** The aborted run that this one undoes. Called when the plan is made. */
  readonly undoes?: () => Undoes;
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
/** The release of the lock is a courtesy to the next run: a server that does not answer is not waited for. */
const releaseWaitMs = 2_000;

/**
 * Runs a plan to its end or to a state from which the same call continues. One attempt is: a session, the lock,
 * the ledger, the reconciliation, the remaining steps. A lost connection ends the attempt, and the next one
 * starts as if the process had been killed; so there is one way back, whatever happened.
 */
export async function execute(given: ExecuteOptions): Promise<RunResult> {
  const events = new EventLog({ engine: given.engine, emit: harmless(given.emit) });
  const aborted: { run: AbortedRun | null } = { run: null };
  try {
    const result = await executeLogged({ ...given, emit: events.emit }, events, aborted);
    events.tellUnwritten();
    return result;
  } catch (error) {
    // Whoever took the run over writes its log.
    if (!(error instanceof GodwitError && error.code === "GW4003")) events.tellUnwritten();
    const { run } = aborted;
    if (!(error instanceof GodwitError) || run === null || given.undo === undefined) throw error;
    throw await undoAborted(error, run, given.undo, harmless(given.emit));
  }
}

async function executeLogged(
  options: ExecuteOptions,
  events: EventLog,
  aborted: { run: AbortedRun | null },
): Promise<RunResult> {
  const start = performance.now();
  const attempt: AttemptState = {
    runId: randomUUID(),
    lostSessions: new Set(),
    performed: [],
    epoch: 0,
    guarded: newGuardMemory(),
    aborted,
  };
  for (let losses = 0; ;) {
    try {
      const result = await runAttempt(options, attempt, events);
      return { ...result, performed: attempt.performed, durationMs: Math.round(performance.now() - start) };
    } catch (error) {
      if (error instanceof GodwitError && !(isCutOff(error) && attempt.sessionId !== undefined)) throw error;
      const native = options.engine.errors.classify(error);
      if (options.signal?.aborted) throw interrupted();
      if (!isCutOff(error) && !lostKinds.has(native.kind)) throw unexpected(error, native.message);
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
  readonly guarded: GuardMemory;
  /** Set when the guard ends the run, and what it did is to be undone. */
  readonly aborted: { run: AbortedRun | null };
}

async function runAttempt(options: ExecuteOptions, attempt: AttemptState, events: EventLog) {
  const { engine, target, settings, emit, signal, family = "migration" } = options;
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
        events,
      })
    : null;
  monitor?.watch(session);
  // An abort cancels the statement that is running; the failure then ends the attempt in order.
  const cancel = () => void session.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  let isHeld = false;
  const crew = new Crew({
    target: { engine, target },
    source: options.source ?? null,
    sessionOptions,
    main: session,
    limits: settings.hostLimits,
    emit,
  });
  const guard = new Guard({
    engine,
    target,
    session,
    crew,
    sessionOptions,
    settings: settings.guard,
    emit,
    signal,
    memory: attempt.guarded,
  });
  try {
    await acquireLock({
      engine,
      session,
      waitMs: options.waitMs,
      ownLostSessions: attempt.lostSessions,
      runId: attempt.runId,
      limits: settings.hostLimits,
      emit,
      signal,
    });
    isHeld = true;
    crashPoint("run:locked");
    const facts = await engine.connect.facts(session);
    if (facts.unsupported !== null) {
      throw new GodwitError("GW3009", { message: `${facts.version} is not supported: ${facts.unsupported}` });
    }
    const found = await readLedger(engine, session, family);
    refuseHalfRestored(found);
    // What this process itself has begun is gone on with, also after a lost connection.
    const isGivenUp =
      options.restarts === true && found.unfinished !== null && found.unfinished.id !== attempt.runId;
    const state = isGivenUp ? { ...found, unfinished: null, steps: [] } : found;
    const clock = serverClock(facts.now);
    const closed = await alreadyClosed(engine, session, attempt, state);
    if (closed !== null) {
      events.bind({ runId: closed.runId, epoch: closed.epoch, clock });
      const end = await events.settleClosed(session);
      if (end !== null) emit(end);
      return closed;
    }
    const plan = await options.compile(state, facts, isGivenUp ? found : null, { session, emit });
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
    const gates = await gatesOf(options, { attempt, session, facts, state, plan });
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
      events,
      state: resumed === null ? { ...state, steps: [] } : state,
    });
    if (plan.kind !== "record" && options.reconcileOnly !== true) await guard.look();
    const undoes = options.undoes?.() ?? (resumed?.intent as { undoes?: Undoes } | undefined)?.undoes;
    // What an undo has to come back to: read before the first step, and where an abort is to be thought of.
    const before =
      resumed === null && isUndone(options) && (guard.mayAbort || family === "copy")
        ? { schemaBefore: schemaMarks(await engine.inspect.schema(session)) }
        : {};
    await opened.open({
      kind: plan.kind,
      plan: planRecord(plan, options.reviewed),
      intent: {
        ...(options.intent as object),
        ...(gates.length === 0 ? {} : { gates }),
        ...before,
        ...(undoes === undefined ? {} : { undoes }),
      },
      undoes,
    });
    const schemaBefore =
      (before as Before).schemaBefore ?? (resumed?.intent as Before | undefined)?.schemaBefore ?? null;
    // From here on its heartbeat finds a row.
    ledger = opened;
    events.bind({ runId, epoch, clock });
    attempt.epoch = epoch;
    attempt.opened = { runId, plan };
    if (resumed !== null) await session.retag(`godwit ${runId.slice(0, 8)}`);
    crashPoint("run:opened");
    const checkpoint = new Checkpoint();
    try {
      await guard.begin(ledger);
      const finished = await runSteps({
        options: { ...options, emit: checkpoint.hear(emit) },
        performed: attempt.performed,
        plan,
        session,
        crew,
        ledger,
        monitor,
        guard,
        state,
        resumed: resumed !== null,
      });
      return { runId, epoch, plan, state: finished };
    } catch (error) {
      const told = isGuardsWord(error)
        ? await stopReport(error, { engine, session, runId, plan, checkpoint, resume: options.commandLine })
        : error instanceof GodwitError
          ? (options.retell?.(error, runId) ?? error)
          : error;
      await closeFailed(options, session, ledger, told);
      if (told instanceof GodwitError && told.code === "GW8002" && isUndone(options)) {
        const guard = guardOfUndo(settings.guard);
        attempt.aborted.run = { runId, reason: told.message, before: schemaBefore, guard };
      }
      throw told;
    }
  } catch (error) {
    for (const id of crew.writerIds) attempt.lostSessions.add(id);
    isHeld &&= !isSilence(error) && !lostKinds.has(kindOf(engine, error));
    throw error;
  } finally {
    signal?.removeEventListener("abort", cancel);
    events.unbind();
    await monitor?.stop();
    await guard[Symbol.asyncDispose]();
    await crew[Symbol.asyncDispose]();
    if (isHeld) await letGo(engine, session);
    await session.close();
  }
}

/** The one place where the conditions of an environment are checked, for every plan. */
async function gatesOf(
  { engine, reviewed, emit, gates: policy, reconcileOnly = false }: ExecuteOptions,
  now: {
    readonly attempt: AttemptState;
    readonly session: Session;
    readonly facts: ServerFacts;
    readonly state: LedgerState;
    readonly plan: Plan;
  },
): Promise<readonly GateState[]> {
  const { attempt, plan, state, ...rest } = now;
  const isRecord = plan.kind === "record" || reconcileOnly;
  // A plan that passed them when its run began isn't stopped halfway, because a backup has grown old meanwhile.
  const isBegun =
    state.unfinished !== null &&
    (state.unfinished.planHash === plan.hash || state.unfinished.id === attempt.opened?.runId);
  return passGates(
    {
      engine,
      ...rest,
      state,
      plan,
      policy,
      // Kept rows are dropped by no plan that could be reviewed, but they are the user's.
      ledgerOnly: isRecord && !plan.steps.some(({ kind }) => kind === "drop-rows"),
      contentHash: reviewed?.contentHash ?? contentHash(plan.kind, plan.steps),
      reviewed: reviewed ?? null,
    },
    emit,
    isRecord || isBegun ? ["environment"] : undefined,
  );
}

interface Before {
  readonly schemaBefore?: SchemaMarks;
}

/** Whether what the run does is undone where the guard aborts it. */
function isUndone({ undo, family, settings: { guard } }: ExecuteOptions): boolean {
  return undo !== undefined && (family === "copy" ? guard.onCopyAbort : guard.onAbort) === "rollback";
}

/**
 * Releases the run lock. It would end with the session, but a server may end that
 * after its client was told goodbye (MariaDB does), and the next run would find it held by nobody's session.
 */
async function letGo(engine: Engine, session: Session): Promise<void> {
  await within(releaseWaitMs, "the release of the run lock", engine.lock.release(session)).catch(() => {});
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

/** No answer, or the source's connection is lost: the next attempt goes on from what the ledger has. */
function isCutOff(error: unknown): boolean {
  if (isSilence(error)) return true;
  return (
    error instanceof GodwitError && error.code === "GW7001" && lostKinds.has(error.details.kind as ErrorKind)
  );
}

function isSilence(error: unknown): boolean {
  return error instanceof GodwitError && error.code === "GW3010";
}

/** A migration would change a database of which a part is not there yet. Throws GW8212. */
function refuseHalfRestored({ restoring }: LedgerState): void {
  if (restoring === undefined || restoring === null) return;
  throw new GodwitError("GW8212", {
    message: `a restore that was begun at ${restoring.startedAt} is not finished`,
    details: { run: restoring.id, intent: restoring.intent },
  });
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
  const stopped = { type: "run:stopped", runId: ledger.runId, state, error: described } as const;
  await ledger.close(state, redactDeep(json) as Record<string, unknown>, stopped).catch(() => {});
  options.emit(stopped);
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
