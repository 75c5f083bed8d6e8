import type { GuardSettings } from "../../core/guard-settings.ts";
import type { Target } from "../../core/target.ts";
import type { Engine, Session, SessionOptions } from "../../engines/engine.ts";
import { openSession } from "../open-session.ts";
import { within } from "../within.ts";
import type { Observation } from "./decide.ts";
import { observe, type ServerMemory } from "./observe.ts";

export interface WatchedServerOptions {
  readonly engine: Engine;
  readonly target: Target;
  readonly sessionOptions: SessionOptions;
  readonly settings: GuardSettings;
  /** "" for the database that is written, "the source" for the one that is read. */
  readonly name: string;
  /** The run's sessions there: who waits for one of them waits because of us. */
  readonly ownSessions: () => readonly string[];
  readonly memory: ServerMemory;
}

/** One question of a sample; what takes longer is not known. */
const questionMs = 5_000;
/** A probe is timed so often before the run begins: its baseline is a percentile, and one time is none. */
const probesBefore = 20;
/** So long the run's beginning may wait for a baseline. */
const baselineMs = 5_000;

/** One server whose signals are sampled, on a session of the guard's own. */
export class WatchedServer implements AsyncDisposable {
  readonly #options: WatchedServerOptions;
  #session: Session | null = null;
  #opening: Promise<Session> | null = null;
  readonly #replicas = new Map<Target, Session>();
  /** The session of the last sample: what is counted is counted from a point of its own. */
  #sampledOn: Session | null = null;
  #isClosed = false;

  constructor(options: WatchedServerOptions) {
    this.#options = options;
  }

  get hasSignals(): boolean {
    return this.#options.engine.signals !== undefined;
  }

  /** The figures of one sample; also that nothing could be read is one. Never rejects. */
  async sample(): Promise<readonly Observation[]> {
    try {
      return await this.#sampled(await this.session());
    } catch (error) {
      return [this.#unknown(error)];
    }
  }

  /** The first sample, before the run does anything: on the run's own session, since a quick run needs no second one. */
  async first(working?: Session): Promise<readonly Observation[]> {
    const { settings } = this.#options;
    try {
      const session = working ?? (await this.session());
      let observations = await this.#sampled(session);
      const end = performance.now() + baselineMs;
      const samples = settings.queries.some(({ probe }) => probe !== undefined) ? probesBefore : 1;
      for (let n = 1; n < samples && performance.now() < end; n++) {
        observations = await this.#sampled(session);
      }
      return observations;
    } catch (error) {
      return [this.#unknown(error)];
    }
  }

  /** The guard's own session there, opened when it is first needed and again when it was lost. */
  async session(): Promise<Session> {
    if (this.#session !== null) return this.#session;
    // Asked for by two at once, it is opened once: the other one would be nobody's, and stay.
    this.#opening ??= this.#open(this.#options.engine, this.#options.target).finally(() => {
      this.#opening = null;
    });
    const session = await this.#opening;
    this.#refuseClosed(session);
    this.#session = session;
    return session;
  }

  /** Another one is opened the next time. */
  drop(): void {
    for (const session of this.#forget()) void session.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#forget().map((session) => session.close()));
  }

  #forget(): readonly Session[] {
    const sessions = [...(this.#session === null ? [] : [this.#session]), ...this.#replicas.values()];
    this.#session = null;
    this.#replicas.clear();
    return sessions;
  }

  async #sampled(session: Session): Promise<readonly Observation[]> {
    const { engine, sessionOptions, settings, name, ownSessions, memory } = this.#options;
    const isTarget = name === "";
    const questions = {
      ownSessions: [...ownSessions(), ...(this.#session === null ? [] : [this.#session.id])],
      queries: isTarget ? settings.queries : [],
      heartbeat: isTarget ? settings.heartbeat : null,
      replicas: isTarget ? await this.#replicaSessions() : [],
    };
    if (session !== this.#sampledOn) memory.log = null;
    this.#sampledOn = session;
    const patienceMs = sessionOptions.connectTimeoutMs || 10_000;
    try {
      const signals = await within(patienceMs, "a sample", engine.signals!.sample(session, questions));
      const { queries } = questions;
      return observe(memory, signals, { server: name, atMs: performance.now(), queries });
    } catch (error) {
      // Lost, or silent: on the same session nothing better would come.
      this.drop();
      throw error;
    }
  }

  async #replicaSessions(): Promise<readonly Session[]> {
    const { engine, settings } = this.#options;
    for (const replica of settings.replicas) {
      if (replica.engine !== engine.id) {
        throw new Error(`${replica.display} of guard.replicas is no ${engine.traits.title} server`);
      }
      if (this.#replicas.has(replica)) continue;
      const session = await this.#open(engine, replica);
      this.#refuseClosed(session);
      this.#replicas.set(replica, session);
    }
    return [...this.#replicas.values()];
  }

  #unknown(error: unknown): Observation {
    return { signal: "server", of: this.#options.name, unknown: (error as Error).message };
  }

  async #open(engine: Engine, target: Target): Promise<Session> {
    const { sessionOptions } = this.#options;
    return openSession(engine, target, {
      ...sessionOptions,
      tag: `${sessionOptions.tag} guard`,
      // A sample that waits is none.
      lockTimeoutMs: 1_000,
      statementTimeoutMs: questionMs,
      onNotice: () => {},
    });
  }

  /** The run may have ended while it was opened: then nobody would close it. */
  #refuseClosed(session: Session): void {
    if (!this.#isClosed) return;
    void session.close();
    throw new Error("the run has ended");
  }
}
