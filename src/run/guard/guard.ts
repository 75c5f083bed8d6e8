import { GodwitError } from "../../core/error.ts";
import type { Emit } from "../../core/event.ts";
import type { GuardSettings } from "../../core/guard-settings.ts";
import type { Target } from "../../core/target.ts";
import type { Engine, Session, SessionOptions } from "../../engines/engine.ts";
import type { Crew } from "../crew.ts";
import { delay } from "../delay.ts";
import { interrupted } from "../lock.ts";
import type { RunLedger } from "../run-ledger.ts";
import { within } from "../within.ts";
import { type ControlRow, operatorOf, readControl, standingOrders, takeControl } from "./control.ts";
import { decide, type GuardState, initialGuardState, type Observation } from "./decide.ts";
import { newServerMemory, type ServerMemory } from "./observe.ts";
import { type Place, restMs, workersAtWork } from "./pace.ts";
import { sampleOf } from "./sample.ts";
import { lookAtStopFile } from "./stop-file.ts";
import type { FinalVerdict, Verdict } from "./verdict.ts";
import { WatchedServer } from "./watched-server.ts";
import { withoutWithheld } from "./withheld.ts";

export interface GuardOptions {
  readonly engine: Engine;
  readonly target: Target;
  /** The working session. */
  readonly session: Session;
  readonly crew: Crew;
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
  pause: {
    readonly signal: string;
    readonly reason: string;
    readonly sinceMs: number;
    /** Since when signals hold it up, and not an operator. */
    readonly heldSinceMs: number;
  } | null;
  /** Batches that failed since one succeeded. */
  failedInRow: number;
  /** Attempts at batches, and those that failed. */
  readonly batches: { all: number; failed: number };
  /** What the signals have come to. */
  state: GuardState;
  readonly servers: { readonly target: ServerMemory; readonly source: ServerMemory };
}

export function newGuardMemory(): GuardMemory {
  return {
    final: null,
    warned: new Set(),
    pause: null,
    failedInRow: 0,
    batches: { all: 0, failed: 0 },
    state: initialGuardState,
    servers: { target: newServerMemory(), source: newServerMemory() },
  };
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
/** Statements of one transaction can take microseconds: the stop file is looked for so often between them. */
const freshMs = 20;
/** Servers end sessions that say nothing for some minutes. */
const pulseMs = 60_000;
/** Below it the share of batches that fail says nothing. */
const fewestBatches = 100;

/**
 * Watches one attempt of a run: the stop file, what operators say in the ledger and the load of the servers, from sessions
 * of its own. Before each step, statement and batch it is asked whether to go on. The answer is at hand; only a pause makes
 * anyone wait.
 */
export class Guard implements AsyncDisposable {
  readonly #options: GuardOptions;
  readonly #memory: GuardMemory;
  readonly #target: WatchedServer;
  /** Those whose load is watched. */
  readonly #watched: readonly WatchedServer[];
  /** Whether the first sample had a signal that may pass its abort limit while the run goes on. */
  mayAbort = false;
  #ledger: RunLedger | null = null;
  #held: Verdict | null = null;
  #timer: NodeJS.Timeout | null = null;
  #busy = false;
  #orders = standingOrders([]);
  #changed = Promise.withResolvers<void>();
  #stopFileUnknown: string | null = null;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  /** When the operators' words were read last, where that is done on the working session. */
  #readAtMs = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#memory = options.memory;
    const { crew, engine, target, memory, session, settings, sessionOptions } = options;
    const { source } = crew;
    this.#target = new WatchedServer({
      engine,
      target,
      sessionOptions,
      settings,
      name: "",
      ownSessions: () => [session.id, ...crew.writerIds],
      memory: memory.servers.target,
    });
    const hasLimits = Object.values(settings.limits).some(({ pause, abort }) => (pause ?? abort) !== null);
    const read =
      source === null
        ? null
        : new WatchedServer({
            ...source,
            sessionOptions,
            settings,
            name: "the source",
            ownSessions: () => [...crew.readerIds],
            memory: memory.servers.source,
          });
    this.#watched = hasLimits ? [this.#target, ...(read === null ? [] : [read])].filter(tells) : [];
  }

  /** The first sample, before anything is done: a server that is behind already must not be given more. */
  async look(): Promise<void> {
    const samples = this.#watched.map((server) =>
      server === this.#target ? server.first(this.#options.session) : server.first(),
    );
    if (samples.length === 0) return;
    const observations = (await Promise.all(samples)).flat();
    this.#judge(observations);
    this.mayAbort = observations.some((observation) => this.#mayAbort(observation));
  }

  /** A disk that is half empty does not become full in a moment; errors are there on every server. */
  #mayAbort(observation: Observation): boolean {
    const { signal } = observation;
    if (signal === "server" || signal === "errors") return false;
    const { abort } = this.#options.settings.limits[signal];
    if (abort === null) return false;
    return signal !== "disk" || ("value" in observation && observation.value > abort / 2);
  }

  /** Begins to watch, once the run has its row. A run that goes on still has what operators told it before. */
  async begin(ledger: RunLedger): Promise<void> {
    this.#ledger = ledger;
    if (ledger.epoch > 1) await this.#takeOrders(this.#options.session);
    if (!this.#hasOwnSession && this.#watched.length === 0) return;
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

  /** As `pass`, before one of many batches: a run that is slowed down makes some workers wait, and the others rest. */
  async batch(key: string, place: Place, waiting: Waiting): Promise<void> {
    await this.pass(key, waiting);
    const start = performance.now();
    const isHeld = () =>
      place.worker >= workersAtWork(this.#pace, place.workers) ||
      performance.now() - start < restMs(this.#pace, place);
    if (this.#pace < 1 && isHeld()) await this.#wait(key, waiting, isHeld);
  }

  /** Inside a transaction, where a pause would keep locks: only ends the run. */
  check(key: string): void {
    const isFresh = performance.now() - this.#lookedAtMs < freshMs;
    const verdict = isFresh ? this.#memory.final : this.#verdict();
    if (verdict !== null && verdict.is !== "pause") throw this.#ended(key, verdict);
  }

  /** A batch was committed. */
  succeeded(): void {
    this.#memory.failedInRow = 0;
    this.#memory.batches.all += 1;
  }

  /** A batch failed for a reason that passes by itself, and is about to be tried again. */
  failed(key: string, reason: string): void {
    const { failedBatches } = this.#options.settings;
    this.#memory.failedInRow += 1;
    this.#memory.batches.all += 1;
    this.#memory.batches.failed += 1;
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
    await Promise.all([this.#target, ...this.#watched].map((server) => server[Symbol.asyncDispose]()));
  }

  /** The share of its full speed at which the run works. */
  get #pace(): number {
    return Math.min(this.#memory.state.pace, this.#orders.throttle);
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
    return this.#held;
  }

  #lookAt(path: string): void {
    this.#lookedAtMs = performance.now();
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

  async #wait(key: string, { sessions, until }: Waiting, isHeld = () => false): Promise<void> {
    const { signal, session } = this.#options;
    let pulsedAt = performance.now();
    for (;;) {
      if (signal?.aborted) throw interrupted({ next: key });
      if (until?.aborted) return;
      if (this.#isReadingDue()) await this.#takeOrders(session);
      const verdict = this.#verdict();
      if (verdict === null) {
        this.#tellResume(key);
        if (!isHeld()) return;
      } else {
        if (verdict.is !== "pause") throw this.#ended(key, verdict);
        this.#tellPause(key, verdict);
        this.#refuseLongPause(key, verdict);
      }
      if (performance.now() - pulsedAt > pulseMs) {
        pulsedAt = performance.now();
        // A session that is gone is noticed by what uses it next.
        for (const each of sessions) await each.query("SELECT 1").catch(() => {});
      }
      await Promise.race([this.#changed.promise, delay(roundMs, anyOf(signal, until))]);
    }
  }

  #tellResume(key: string): void {
    const { pause } = this.#memory;
    if (pause === null) return;
    this.#memory.pause = null;
    const pausedMs = Math.round(performance.now() - pause.sinceMs);
    this.#options.emit({ type: "guard:resumed", key, signal: pause.signal, pausedMs });
  }

  #tellPause(key: string, { signal, reason, value, limit }: Verdict): void {
    const told = this.#memory.pause;
    if (told?.signal === signal) return;
    const now = performance.now();
    const heldSinceMs = told === null || told.signal === "operator" ? now : told.heldSinceMs;
    this.#memory.pause = { signal, reason, sinceMs: told?.sinceMs ?? now, heldSinceMs };
    this.#options.emit({ type: "guard:paused", key, signal, reason, value, limit });
  }

  #refuseLongPause(key: string, { signal, reason }: Verdict): void {
    const { longestPauseMs } = this.#options.settings;
    const now = performance.now();
    const heldMs = now - (this.#memory.pause?.heldSinceMs ?? now);
    if (signal === "operator" || longestPauseMs === 0 || heldMs < longestPauseMs) return;
    throw new GodwitError("GW8003", {
      message: `paused for longer than guard.longestPause: ${reason}`,
      details: { signal, next: key },
    });
  }

  #ended(key: string, verdict: FinalVerdict): GodwitError {
    const { signal, reason, value, limit } = verdict;
    const details = { signal, value, limit, next: key };
    this.#tellAbort(key, verdict);
    if (verdict.is === "stop") return new GodwitError("GW8001", { message: `stopped: ${reason}`, details });
    return new GodwitError("GW8002", { message: `aborted: ${reason}`, details });
  }

  #tellAbort(key: string, verdict: FinalVerdict): void {
    const { is, signal, reason, value, limit } = verdict;
    if (is === "stop" || this.#memory.warned.has("aborted")) return;
    this.#memory.warned.add("aborted");
    this.#options.emit({ type: "guard:aborted", key, signal, reason, value, limit });
  }

  /** What one more sample of all servers means. */
  #judge(observations: readonly Observation[]): void {
    const { settings, emit } = this.#options;
    const { batches, servers } = this.#memory;
    const own: Observation[] =
      batches.all < fewestBatches
        ? []
        : [{ signal: "errors", of: "the run's batches", value: batches.failed / batches.all }];
    // What fails in the whole server is mostly other people's doing: it counts where somebody has asked for it.
    const asked = observations.filter(
      ({ signal }) => signal !== "errors" || settings.demanded.includes("errors"),
    );
    const all = [...asked, ...own];
    const { watched, left } = withoutWithheld(all, settings);
    if (left.length > 0) this.#tellUnwatched(left);
    const { state, decision } = decide(this.#memory.state, watched, settings);
    this.#memory.state = state;
    this.#held = null;
    if (decision.do === "pause") this.#held = { ...decision, is: "pause" };
    if (decision.do === "abort") this.#memory.final ??= { ...decision, is: "abort" };
    // Of a run that is over before the second sample, the first one says something only where it was in its way.
    if (this.#ledger === null && decision.do === "go") return;
    emit({ type: "guard:sampled", ...sampleOf(all, servers.target), pace: this.#pace });
  }

  /** In one line: a role with few privileges may see none of them. */
  #tellUnwatched(left: readonly Observation[]): void {
    const names = left.map(({ signal, of }) => `${signal}${of === "" ? "" : ` of ${of}`}`);
    const key = `unwatched ${names.join(", ")}`;
    if (this.#memory.warned.has(key)) return;
    this.#memory.warned.add(key);
    const message = `not watched: ${names.join(", ")}; \`godwit doctor\` says what is missing`;
    this.#options.emit({ type: "warning:raised", code: "GW8005", message });
  }

  #isReadingDue(): boolean {
    if (this.#hasOwnSession || this.#ledger === null) return false;
    return performance.now() - this.#readAtMs >= this.#options.settings.intervalMs;
  }

  async #tick(): Promise<void> {
    if (this.#busy || this.#timer === null) return;
    this.#busy = true;
    try {
      // One after the other: both use the guard's session on the target.
      if (this.#hasOwnSession) await this.#listen();
      const samples = await Promise.all(this.#watched.map((server) => server.sample()));
      if (samples.length > 0 && this.#timer !== null) this.#judge(samples.flat());
    } finally {
      this.#busy = false;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  /** What operators say, on the guard's own session; where it cannot be heard now it is the next time. */
  async #listen(): Promise<void> {
    const patienceMs = this.#options.sessionOptions.connectTimeoutMs || 10_000;
    try {
      const session = await this.#target.session();
      await within(patienceMs, "the guard's session", this.#takeOrders(session));
    } catch {
      this.#target.drop();
    }
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

/** An engine that has no signals tells nothing, and is not asked. */
function tells(server: WatchedServer): boolean {
  return server.hasSignals;
}

function anyOf(...signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length < 2 ? given[0] : AbortSignal.any(given);
}
