import { hostname } from "node:os";
import { GodwitError } from "../core/error.ts";
import type { Emit, LockHolder } from "../core/event.ts";
import type { Engine, HostLimits, Session } from "../engines/engine.ts";
import { delay } from "./delay.ts";
import { readLedger, type RunRecord } from "./ledger.ts";
import { isOwnRun } from "./own-run.ts";

/** How old a heartbeat must be for its runner to count as gone: three missed beats. */
const staleHeartbeatMs = 15_000;
/** How long the session of a killed run is waited for, even without --wait. */
const orphanWaitMs = 60_000;
/** A lock without a holder was let go a moment ago, or is being taken: the next try finds it free or learns the name. */
const namelessWaitMs = 1_000;

export interface AcquireOptions {
  readonly engine: Engine;
  readonly session: Session;
  /** How long to wait for a living holder; 0 is not at all. */
  readonly waitMs: number;
  /** This process's own sessions that were lost: if one still holds the lock, it is an orphan. */
  readonly ownLostSessions: ReadonlySet<string>;
  /** What this process's run is called where the ledger has none yet. */
  readonly runId: string;
  /** What may go on at the server at a time, by all processes. */
  readonly limits: HostLimits;
  readonly emit: Emit;
  readonly signal: AbortSignal | undefined;
}

/**
 * Takes the run lock by polling (never by a blocking wait, which would deadlock a concurrent index build).
 * An orphan, the session of a killed run that the server still works for, is waited for; a living holder only
 * within `waitMs`. Throws GW4001, GW4002, GW3008, GW4006.
 */
export async function acquireLock(options: AcquireOptions): Promise<void> {
  const { engine, session, emit, signal } = options;
  const start = performance.now();
  let orphanOf: OrphanedRun | null = null;
  for (let attempt = 1; ; attempt++) {
    if (signal?.aborted) throw interrupted();
    let others: readonly LockHolder[] | null = null;
    if (await engine.lock.tryAcquire(session)) {
      others = await whoHasThePlaces(options);
      if (others === null) break;
    }
    const waitedMs = Math.round(performance.now() - start);
    if (others !== null) {
      const areOurs = others.some(({ sessionId }) => options.ownLostSessions.has(sessionId));
      if (waitedMs >= Math.max(options.waitMs, areOurs ? orphanWaitMs : namelessWaitMs)) {
        throw hostFull(options.limits, others, waitedMs);
      }
      emit({ type: "lock:waiting", holder: others[0] ?? null, waitedMs });
      // Those that were refused together must not come back together.
      await delay(Math.min(100 * attempt, 1_000) * (0.5 + Math.random()), signal);
      continue;
    }
    const found = await engine.lock.holder(session);
    const { unfinished } = await readLedger(engine, session, "any");
    const holder = named(found, unfinished);
    const run = await abandonedRun(options, holder, unfinished);
    if (run !== null && orphanOf === null && holder !== null) {
      emit({ type: "orphan:found", holder, runId: run.id });
    }
    orphanOf = run;
    const patienceMs = run !== null ? orphanWaitMs : holder === null ? namelessWaitMs : 0;
    if (waitedMs >= Math.max(options.waitMs, patienceMs)) throw lockHeld(holder, run, waitedMs);
    emit({ type: "lock:waiting", holder, waitedMs });
    await delay(Math.min(100 * attempt, 1_000), signal);
  }
  if (orphanOf !== null) {
    emit({ type: "orphan:gone", runId: orphanOf.id, waitedMs: Math.round(performance.now() - start) });
  }
  if (!(await engine.lock.verify(session))) {
    throw new GodwitError("GW3008", {
      message:
        "the lock that was just taken is not on this session: the server is behind a pooler that lends sessions by the transaction",
    });
  }
  await awaitCrew(options);
  emit({ type: "lock:acquired", sessionId: session.id });
}

/** Null where the run has its place on the server; else its lock is let go, for it counts as a run while it is held. */
async function whoHasThePlaces({
  engine,
  session,
  limits,
}: AcquireOptions): Promise<readonly LockHolder[] | null> {
  if (limits.workers === null && limits.schemas === null) return null;
  const others = (await engine.lock.claim?.(session, "run", limits)) ?? null;
  if (others !== null) await engine.lock.release(session);
  return others;
}

function hostFull(
  { workers, schemas }: HostLimits,
  others: readonly LockHolder[],
  waitedMs: number,
): GodwitError {
  const bounds = [
    ...(schemas === null ? [] : [`limits.schemasPerHost is ${schemas}`]),
    ...(workers === null ? [] : [`limits.workersPerHost is ${workers}`]),
  ];
  const [first] = others;
  const who = first === undefined ? "sessions that it does not show" : describeHolder(first);
  const more = others.length > 1 ? `, and ${others.length - 1} more` : "";
  return new GodwitError("GW4009", {
    message: `the server has as many runs as it may (${bounds.join(", ")}): ${who}${more}`,
    details: { holders: others, waitedMs },
  });
}

/**
 * Further sessions of a killed run hold no run lock, but what they execute may still take effect, and what they lock
 * is in the way. The lock is ours, so nobody marks new ones but a run that has lost it, which its epoch refuses. Those
 * of this process, which it has lost, are ended: behind a connection that is cut without a word they would stay.
 */
async function awaitCrew(options: AcquireOptions): Promise<void> {
  const { engine, session, waitMs, runId, emit, signal, ownLostSessions } = options;
  const start = performance.now();
  let orphanOf: OrphanedRun | null = null;
  for (let attempt = 1; ; attempt++) {
    const holder = (await engine.lock.enlisted?.(session)) ?? null;
    const waitedMs = Math.round(performance.now() - start);
    if (holder === null) {
      if (orphanOf !== null) emit({ type: "orphan:gone", runId: orphanOf.id, waitedMs });
      return;
    }
    if (ownLostSessions.has(holder.sessionId)) await engine.lock.end?.(session, holder.sessionId);
    if (orphanOf === null) {
      const { unfinished } = await readLedger(engine, session, "any");
      orphanOf = unfinished ?? { id: runId, pid: process.pid, host: hostname() };
      emit({ type: "orphan:found", holder, runId: orphanOf.id });
    }
    if (waitedMs >= Math.max(waitMs, orphanWaitMs)) throw lockHeld(holder, orphanOf, waitedMs);
    emit({ type: "lock:waiting", holder, waitedMs });
    await delay(Math.min(100 * attempt, 1_000), signal);
    if (signal?.aborted) throw interrupted();
  }
}

/** With the run's tag from the ledger, where the server shows none (MariaDB without its performance schema). */
function named(holder: LockHolder | null, unfinished: RunRecord | null): LockHolder | null {
  if (holder === null || holder.application !== undefined || unfinished?.state !== "running") return holder;
  if (unfinished.sessionId !== holder.sessionId) return holder;
  return { ...holder, application: `godwit ${unfinished.id.slice(0, 8)}` };
}

type OrphanedRun = Pick<RunRecord, "id" | "pid" | "host">;

/** The run whose session holds the lock although its process is gone; null when the holder lives, or is unknown. */
async function abandonedRun(
  options: AcquireOptions,
  holder: LockHolder | null,
  unfinished: RunRecord | null,
): Promise<OrphanedRun | null> {
  const { engine, session } = options;
  if (holder === null) return null;
  if (options.ownLostSessions.has(holder.sessionId)) {
    // Cut off before its run was in the ledger, it is nobody else's all the same.
    return unfinished ?? { id: options.runId, pid: process.pid, host: hostname() };
  }
  if (unfinished === null || unfinished.state !== "running") return null;
  if (unfinished.sessionId !== holder.sessionId) return null;
  if (unfinished.host === hostname()) return isAlive(unfinished.pid) ? null : unfinished;
  const { now } = await engine.connect.facts(session);
  return Date.parse(now) - Date.parse(unfinished.heartbeatAt) > staleHeartbeatMs ? unfinished : null;
}

/** Whether a process of this machine is there. A reused pid counts as alive: then the caller is told to wait, which is safe. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function lockHeld(holder: LockHolder | null, run: OrphanedRun | null, waitedMs: number): GodwitError {
  const who = holder === null ? "a session that the server does not show" : describeHolder(holder);
  const details = { holder, runId: run?.id ?? null, waitedMs };
  if (run === null) return new GodwitError("GW4001", { message: `the run lock is held by ${who}`, details });
  const fate = isOwnRun(run) ? "lost its connection" : "was killed";
  return new GodwitError("GW4002", {
    message: `run ${run.id} ${fate} (process ${run.pid} on ${run.host}), and the server still has its ${who}`,
    details,
  });
}

/** "session 4711 (godwit 0192ab, user app, from 10.0.0.7, since …): ALTER TABLE …" */
export function describeHolder(holder: LockHolder): string {
  const facts = [
    holder.application,
    holder.user === undefined ? undefined : `user ${holder.user}`,
    holder.host === undefined ? undefined : `from ${holder.host}`,
    holder.database === undefined ? undefined : `in database ${holder.database}`,
    holder.since === undefined ? undefined : `since ${holder.since}`,
  ].filter((fact) => fact !== undefined);
  const statement =
    holder.statement === undefined ? "" : `: ${holder.statement.replaceAll(/\s+/g, " ").trim()}`;
  return `session ${holder.sessionId}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}${statement}`;
}

export function interrupted(details: Record<string, unknown> = {}): GodwitError {
  return new GodwitError("GW4006", { message: "interrupted; the run can be resumed", details });
}
