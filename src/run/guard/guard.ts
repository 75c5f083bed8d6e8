import type { Emit } from "../../core/event.ts";
import type { GuardSettings } from "../../core/guard-settings.ts";
import type { Engine, Session, SessionOptions } from "../../engines/engine.ts";
import type { Target } from "../../core/target.ts";
import { GodwitError } from "../../core/error.ts";
import { delay } from "../delay.ts";
import { interrupted } from "../lock.ts";
import { openSession } from "../open-session.ts";
import type { RunLedger } from "../run-ledger.ts";
import { within } from "../within.ts";
import { type ControlRow, operatorOf, readControl, standingOrders, takeControl } from "./control.ts";
import { lookAtStopFile } from "./stop-file.ts";
import type { FinalVerdict, Verdict } from "./verdict.ts";

export interface GuardOptions {
  readonly engine: Engine;
  readonly target: Target;
  /** The working session. */
  readonly session: Session;
  readonly sessionOptions: SessionOptions;
  readonly settings: GuardSettings;
  readonly emit: Emit;
  readonly signal: AbortSignal | undefined;
  readonly memory: GuardMemory;
}

/** What a guard knows beyond one attempt: a lost connection must not make it forget. */
export interface GuardMemory {
  final: FinalVerdict | null;
  /** Stop files that were refused, by what was said of them. */
  readonly warned: Set<string>;
  /** A pause that was told and is not over. */
  pause: { readonly signal: string; readonly reason: string; readonly sinceMs: number } | null;
  /** Batches that failed since one succeeded. */
  failedInRow: number;
}

export function newGuardMemory(): GuardMemory {
  return { final: null, warned: new Set(), pause: null, failedInRow: 0 };
}

/** Whoever waits is one of several that work at the same time, or the run itself. */
export interface Waiting {
  /** Sessions that nobody else uses meanwhile, and that must not be ended for saying nothing. */
  readonly sessions: readonly Session[];
  /** Ends the wait without an error: the work that was to come is not wanted any more. */
  readonly until?: AbortSignal | undefined;
}

/** A stop file or another process's word is looked for so often while the run waits. */
const roundMs = 200;
/** Servers end sessions that say nothing for some minutes. */
const pulseMs = 60_000;

/**
 * Watches one attempt of a run: the stop file and what operators say in the ledger, from a session of its own. Before each
 * step, statement and batch it is asked whether to go on. The answer is at hand; only a pause makes anyone wait.
 */
export class Guard implements AsyncDisposable {
  readonly #options: GuardOptions;
  readonly #memory: GuardMemory;
  #ledger: RunLedger | null = null;
  #session: Session | null = null;
  #timer: NodeJS.Timeout | null = null;
  #busy = false;
  #orders = standingOrders([]);
  #changed = Promise.withResolvers<void>();
  #stopFileUnknown: string | null = null;
  /** When the operators' words were read last, where that is done on the working session. */
  #readAtMs = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#memory = options.memory;
  }

  /** Begins to watch, once the run has its row. A run that goes on still has what operators told it before. */
  async begin(ledger: RunLedger): Promise<void> {
    this.#ledger = ledger;
    if (ledger.epoch > 1) await this.#takeOrders(this.#options.session);
    if (!this.#hasOwnSession) return;
    this.#timer = setInterval(() => void this.#tick(), this.#options.settings.intervalMs).unref();
  }

  /** How large a chunk of a copy is to be, where an operator has said. */
  chunkBytes(planned: number): number {
    return this.#orders.chunkBytes ?? planned;
  }

  /**
   * To be asked where nothing is locked and no transaction is open. Null, and nothing is waited for, where the run may
   * go on; otherwise resolves when it may, and rejects where it is to end (GW8001 to GW8003, GW4006).
   */
  pass(key: string, waiting: Waiting = { sessions: [this.#options.session] }): Promise<void> | null {
    if (this.#verdict() === null && !this.#isReadingDue()) return null;
    return this.#wait(key, waiting);
  }

  /** Inside a transaction, where a pause would keep locks: only ends the run. */
  check(key: string): void {
    const verdict = this.#verdict();
    if (verdict !== null && verdict.is !== "pause") throw this.#ended(key, verdict);
  }

  /** A batch was committed. */
  succeeded(): void {
    this.#memory.failedInRow = 0;
  }

  /** A batch failed for a reason that passes by itself, and is about to be tried again. */
  failed(key: string, reason: string): void {
    const { failedBatches } = this.#options.settings;
    this.#memory.failedInRow += 1;
    if (failedBatches === null || this.#memory.failedInRow < failedBatches) return;
    this.#memory.final ??= {
      is: "abort",
      signal: "failed-batches",
      reason: `${this.#memory.failedInRow} batches failed in a row, the last one with: ${reason}`,
      value: this.#memory.failedInRow,
      limit: failedBatches,
    };
    this.check(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#ledger = null;
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  /** An engine whose server is this process has no second session that would not wait for the first. */
  get #hasOwnSession(): boolean {
    return this.#options.engine.traits.statementsOutliveClient;
  }

  #verdict(): Verdict | null {
    const { stopFile } = this.#options.settings;
    if (stopFile !== null && this.#memory.final === null) this.#lookAt(stopFile);
    if (this.#memory.final !== null) return this.#memory.final;
    const { pausedBy } = this.#orders;
    const none = { value: null, limit: null };
    if (pausedBy !== null) {
      return { is: "pause", signal: "operator", reason: `asked for by ${operatorOf(pausedBy)}`, ...none };
    }
    if (this.#stopFileUnknown !== null) {
      return { is: "pause", signal: "stop-file", reason: this.#stopFileUnknown, ...none };
    }
    return null;
  }

  #lookAt(path: string): void {
    const look = lookAtStopFile(path);
    this.#stopFileUnknown = look.is === "unknown" ? look.why : null;
    if (look.is === "there") {
      const reason = `the stop file ${path} is there`;
      this.#memory.final = { is: "stop", signal: "stop-file", reason, value: null, limit: null };
    }
    if (look.is === "refused" && !this.#memory.warned.has(look.why)) {
      this.#memory.warned.add(look.why);
      const message = `the stop file is not heeded: ${look.why}`;
      this.#options.emit({ type: "warning:raised", code: "GW8001", message });
    }
  }

  async #wait(key: string, { sessions, until }: Waiting): Promise<void> {
    const { signal, emit, session } = this.#options;
    let pulsedAt = performance.now();
    for (;;) {
      if (signal?.aborted) throw interrupted({ next: key });
      if (until?.aborted) return;
      if (this.#isReadingDue()) await this.#takeOrders(session);
      const verdict = this.#verdict();
      if (verdict === null) break;
      if (verdict.is !== "pause") throw this.#ended(key, verdict);
      this.#tellPause(key, verdict);
      this.#refuseLongPause(key, verdict);
      if (performance.now() - pulsedAt > pulseMs) {
        pulsedAt = performance.now();
        // A session that is gone is noticed by what uses it next.
        for (const each of sessions) await each.query("SELECT 1").catch(() => {});
      }
      await Promise.race([this.#changed.promise, delay(roundMs, anyOf(signal, until))]);
    }
    const { pause } = this.#memory;
    if (pause === null) return;
    this.#memory.pause = null;
    const pausedMs = Math.round(performance.now() - pause.sinceMs);
    emit({ type: "guard:resumed", key, signal: pause.signal, pausedMs });
  }

  #tellPause(key: string, { signal, reason, value, limit }: Verdict): void {
    const told = this.#memory.pause;
    if (told?.signal === signal) return;
    this.#memory.pause = { signal, reason, sinceMs: told?.sinceMs ?? performance.now() };
    this.#options.emit({ type: "guard:paused", key, signal, reason, value, limit });
  }

  #refuseLongPause(key: string, { signal, reason }: Verdict): void {
    const { longestPauseMs } = this.#options.settings;
    const sinceMs = this.#memory.pause?.sinceMs ?? performance.now();
    if (signal === "operator" || longestPauseMs === 0 || performance.now() - sinceMs < longestPauseMs) return;
    throw new GodwitError("GW8003", {
      message: `paused for longer than guard.longestPause: ${reason}`,
      details: { signal, next: key },
    });
  }

  #ended(key: string, verdict: FinalVerdict): GodwitError {
    const { signal, reason, value, limit } = verdict;
    const details = { signal, value, limit, next: key };
    if (verdict.is === "stop") return new GodwitError("GW8001", { message: `stopped: ${reason}`, details });
    return new GodwitError("GW8002", { message: `aborted: ${reason}`, details });
  }

  #isReadingDue(): boolean {
    if (this.#hasOwnSession || this.#ledger === null) return false;
    return performance.now() - this.#readAtMs >= this.#options.settings.intervalMs;
  }

  async #tick(): Promise<void> {
    if (this.#busy || this.#timer === null) return;
    this.#busy = true;
    const { sessionOptions } = this.#options;
    try {
      const patienceMs = sessionOptions.connectTimeoutMs || 10_000;
      this.#session ??= await this.#open();
      if (this.#session !== null) {
        await within(patienceMs, "the guard's session", this.#takeOrders(this.#session));
      }
    } catch {
      const session = this.#session;
      this.#session = null;
      void session?.close();
    } finally {
      this.#busy = false;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  /** Null where the attempt has ended meanwhile. */
  async #open(): Promise<Session | null> {
    const { engine, target, sessionOptions } = this.#options;
    const options = {
      ...sessionOptions,
      tag: `${sessionOptions.tag} guard`,
      lockTimeoutMs: 1_000,
      onNotice: () => {},
    };
    const session = await openSession(engine, target, options);
    if (this.#timer !== null) return session;
    await session.close();
    return null;
  }

  /** Reads what operators have told the run, and takes what is new. */
  async #takeOrders(session: Session): Promise<void> {
    this.#readAtMs = performance.now();
    const ledger = this.#ledger;
    if (ledger === null) return;
    const { engine } = this.#options;
    const rows = await readControl(engine, session, ledger.runId);
    for (const row of rows) {
      // One that cannot be marked is another process's to carry out.
      if (row.takenAt === null && (await takeControl(engine, session, ledger, row, ledger.clock.now()))) {
        this.#take(row);
      }
    }
    this.#orders = standingOrders(rows);
  }

  #take(row: ControlRow): void {
    const { command, value, actor, host } = row;
    this.#options.emit({ type: "control:taken", command, value, actor, host });
    if (command !== "stop") return;
    const reason = `asked for by ${operatorOf(row)}`;
    this.#memory.final ??= { is: "stop", signal: "operator", reason, value: null, limit: null };
  }
}

function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length < 2 ? given[0] : AbortSignal.any(given);
}
