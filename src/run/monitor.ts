import { GodwitError } from "../core/error.ts";
import type { Emit, LockHolder } from "../core/event.ts";
import type { Target } from "../core/target.ts";
import type { Engine, Session, SessionOptions } from "../engines/engine.ts";
import type { EventLog } from "./event-log.ts";
import { kindOf, lostKinds } from "./failure.ts";
import { within } from "./within.ts";

/**
 * A statement shorter than this is never looked at, so that a quick run needs no second session. Well below the
 * shortest lock time-out that MySQL knows (1 s), so that whom it waited for is seen before it gives up.
 */
const quietMs = 400;
const tickMs = 200;
const sampleMs = 1_000;
const heartbeatMs = 5_000;
/** The working session writes the events between two steps: only where it has not come to that for long, this one does. */
const eventsMs = 3_000;

const watchedCalls = [
  "query",
  "execute",
  "run",
  "begin",
  "commit",
  "commitWith",
  "rollback",
  "limit",
  "reset",
  "retag",
  "asLogin",
  "asMigration",
] as const;

export interface MonitorOptions {
  readonly engine: Engine;
  readonly target: Target;
  readonly sessionOptions: SessionOptions;
  readonly emit: Emit;
  /** Called with a statement for the monitor's own session that shows the run alive; false: the run was taken over. */
  readonly heartbeat: (session: Session) => Promise<boolean>;
  /** The run's event log, whose rows the monitor's session writes while a step takes long. */
  readonly events: EventLog;
}

/**
 * Watches the working session from a second one, opened only when a call takes long: reports what it does and
 * whom it waits for, keeps the run's heartbeat, writes its event log, and ends the wait for a reply that will never come, when the
 * server says that the session is gone or idle, or when the server itself no longer answers.
 */
export class Monitor {
  /** Whom the last long call waited for. */
  blockers: readonly LockHolder[] = [];
  readonly #options: MonitorOptions;
  #key = "";
  /** When the call that is waited for was sent; calls can be nested, when one is made of others. */
  #waitingSince: number | null = null;
  #depth = 0;
  #session: Session | null = null;
  #working: Session | null = null;
  #timer: NodeJS.Timeout | null = null;
  #busy = false;
  #lastBeat = performance.now();
  /** The call that was looked at last, by when it was sent, and when that was. */
  #seen: number | null = null;
  #seenAt = 0;
  /** Samples in a row that say that no reply will come. */
  #badSamples = 0;

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** Watches every call of the session from now on. The object stays the same: engines know their sessions by it. */
  watch(session: Session): void {
    this.#working = session;
    this.#timer = setInterval(() => void this.#tick(), tickMs).unref();
    for (const name of watchedCalls) {
      const method = session[name] as ((...args: unknown[]) => Promise<unknown>) | undefined;
      if (method === undefined) continue;
      const call = method.bind(session);
      const watched = async (...args: unknown[]) => {
        this.#depth += 1;
        this.#waitingSince ??= performance.now();
        try {
          return await call(...args);
        } finally {
          this.#depth -= 1;
          if (this.#depth === 0) this.#waitingSince = null;
          this.#badSamples = 0;
        }
      };
      Object.defineProperty(session, name, { value: watched, configurable: true, writable: true });
    }
  }

  /** Names the step whose calls follow. */
  at(key: string): void {
    this.#key = key;
    this.blockers = [];
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#working = null;
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  async #tick(): Promise<void> {
    if (this.#busy || this.#timer === null) return;
    const waitedMs = this.#waitingSince === null ? 0 : performance.now() - this.#waitingSince;
    const beatDue = performance.now() - this.#lastBeat > heartbeatMs;
    const isWorkDue = beatDue || this.#options.events.isDue(eventsMs);
    if (waitedMs < quietMs && !isWorkDue) return;
    const isSeen = this.#seen === this.#waitingSince && performance.now() - this.#seenAt < sampleMs;
    if (isSeen && !isWorkDue) return;
    this.#seen = this.#waitingSince;
    this.#seenAt = performance.now();
    this.#busy = true;
    try {
      const patienceMs = this.#options.sessionOptions.connectTimeoutMs || 10_000;
      await within(patienceMs, "the monitor's session", this.#sample(waitedMs >= quietMs));
    } catch (error) {
      this.#dropSession();
      // A refusal (too many connections, say) is an answer: only a server that gives none is gone.
      const isSilent = error instanceof GodwitError || lostKinds.has(kindOf(this.#options.engine, error));
      if (isSilent && this.#waitingSince !== null) this.#badSamples++;
    } finally {
      this.#busy = false;
    }
    if (this.#badSamples >= 3 && this.#waitingSince !== null) {
      this.#badSamples = 0;
      // Its pending call now rejects as a lost connection, and the effect is probed.
      await this.#working?.close();
    }
  }

  async #sample(waiting: boolean): Promise<void> {
    const { engine, target, sessionOptions, emit, heartbeat, events } = this.#options;
    const working = this.#working;
    if (working === null) return;
    if (this.#session === null) {
      const opened = await engine.connect.open(target, {
        ...sessionOptions,
        tag: `${sessionOptions.tag} monitor`,
        // It must not wait for a lock while the working session is judged by its silence.
        lockTimeoutMs: 1_000,
        onNotice: () => {},
      });
      // stop() may have come in between.
      if (this.#timer === null) return opened.close();
      this.#session = opened;
    }
    if (performance.now() - this.#lastBeat > heartbeatMs) {
      this.#lastBeat = performance.now();
      // A beat that cannot be written now says nothing about the working session.
      const isOurs = await heartbeat(this.#session).catch(() => true);
      if (!isOurs) await working.close();
    }
    await events.writeDue(this.#session, eventsMs);
    if (!waiting || engine.probe.activity === undefined) return;
    const since = this.#waitingSince;
    const activity = await engine.probe.activity(this.#session, working.id);
    // Only a sample of the very call that is still waited for says anything about it.
    if (since === null || this.#waitingSince !== since) return;
    if (activity === null || activity.idle) {
      this.#badSamples++;
      return;
    }
    this.#badSamples = 0;
    this.blockers = activity.waitingFor;
    const { phase, done, total, waitingFor } = activity;
    emit({ type: "activity:seen", key: this.#key, phase, done, total, waitingFor });
  }

  #dropSession(): void {
    const session = this.#session;
    this.#session = null;
    void session?.close();
  }
}
