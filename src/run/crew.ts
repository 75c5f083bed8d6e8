import type { Emit, LockHolder } from "../core/event.ts";
import type { Target } from "../core/target.ts";
import type { Snapshot } from "../engines/data-roles.ts";
import type { Engine, HostLimits, Session, SessionOptions } from "../engines/engine.ts";
import { haltBusy } from "./halt.ts";
import { describeHolder } from "./lock.ts";
import { openSession } from "./open-session.ts";

/** An idle session is heard from this often: servers end those that say nothing for some minutes. */
const pulseMs = 60_000;

export interface Side {
  readonly engine: Engine;
  readonly target: Target;
}

export interface Readers {
  readonly sessions: readonly Session[];
  readonly snapshot: Snapshot;
}

export interface CrewOptions {
  readonly target: Side;
  /** The database that is read, where the plan has one. */
  readonly source: Side | null;
  readonly sessionOptions: SessionOptions;
  /** The working session, which has the run lock. */
  readonly main: Session;
  readonly limits: HostLimits;
  readonly emit: Emit;
}

/**
 * The further sessions of one attempt: some on the target that write, some on the source that read one snapshot.
 * They are opened when they are first asked for, kept until the attempt ends, and kept alive while they wait. An
 * engine whose server is this process works with one session, because a second one would only wait for the first.
 */
export class Crew implements AsyncDisposable {
  readonly #options: CrewOptions;
  readonly #opened = new Set<Session>();
  #writers: Session[] = [];
  readonly #writerIds = new Set<string>();
  readonly #readerIds = new Set<string>();
  readonly #busy = new Set<Session>();
  /** Numbers of workers that were told to be fewer than asked. */
  readonly #told = new Set<number>();
  readonly #timer: NodeJS.Timeout;
  #mainRests = false;
  #readers: Promise<Readers> | null = null;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#pulse(), pulseMs).unref();
  }

  /** Sessions that were ever opened on the target. */
  get writerIds(): ReadonlySet<string> {
    return this.#writerIds;
  }

  /** Sessions that were ever opened on the source. */
  get readerIds(): ReadonlySet<string> {
    return this.#readerIds;
  }

  get target(): Side {
    return this.#options.target;
  }

  get source(): Side | null {
    return this.#options.source;
  }

  /**
   * Sessions on the target, at least one, and no more than the server's limit allows; the working session itself where
   * there can be only one.
   */
  async writers(asked: number): Promise<readonly Session[]> {
    const { target, main, sessionOptions, limits } = this.#options;
    if (!target.engine.traits.statementsOutliveClient) return [main];
    const count = Math.min(asked, limits.workers ?? asked);
    if (count < asked) this.#tellFewer(asked, count, `limits.workersPerHost is ${limits.workers}`);
    while (this.#writers.length < count) {
      const tag = `${sessionOptions.tag} worker`;
      const session = await this.#open(target, { ...sessionOptions, tag });
      this.#writerIds.add(session.id);
      await target.engine.lock.enlist?.(session);
      // The first one works in the place that the run has.
      const others = this.#writers.length === 0 ? null : await this.#whoHasThePlaces(session);
      if (others !== null) {
        this.#opened.delete(session);
        await session.close();
        const who = others[0] === undefined ? "other runs" : describeHolder(others[0]);
        this.#tellFewer(asked, this.#writers.length, `the other places are taken by ${who}`);
        break;
      }
      this.#writers.push(session);
    }
    return this.#writers.slice(0, count);
  }

  async #whoHasThePlaces(session: Session): Promise<readonly LockHolder[] | null> {
    const { target, limits } = this.#options;
    if (limits.workers === null) return null;
    return (await target.engine.lock.claim?.(session, "worker", limits)) ?? null;
  }

  #tellFewer(asked: number, given: number, why: string): void {
    const message = `${given} of ${asked} workers write: ${why}`;
    if (this.#told.has(given)) return;
    this.#told.add(given);
    this.#options.emit({ type: "warning:raised", code: "GW4009", message });
  }

  /** Sessions on the source that see one state of it, the same at every call. */
  async readers(source: Side, count: number): Promise<Readers> {
    this.#readers ??= this.#align(source, source.engine.traits.statementsOutliveClient ? count : 1);
    return this.#readers;
  }

  /**
   * Marks sessions as working, so that nothing else is sent on them. Where others do all the work for long, the
   * working session rests, and is kept alive as well: with it the run lock would end.
   */
  async working<T>(sessions: readonly Session[], work: () => Promise<T>, mainRests = false): Promise<T> {
    for (const session of sessions) this.#busy.add(session);
    this.#mainRests = mainRests && !sessions.includes(this.#options.main);
    try {
      return await work();
    } finally {
      this.#mainRests = false;
      for (const session of sessions) this.#busy.delete(session);
    }
  }

  /** The session has done its part of the work that others are still at: it is kept alive again. */
  rests(session: Session): void {
    this.#busy.delete(session);
  }

  /**
   * Ends what the crew executes; the working session is not of it. To be called when nothing that is under way is wanted.
   * Never rejects.
   */
  halt(): Promise<void> {
    return haltBusy(() => [...this.#busy].filter((each) => this.#opened.has(each)));
  }

  /** Closes all sessions; the next ones that are asked for are new, and see a new snapshot. */
  async dismiss(): Promise<void> {
    const opened = [...this.#opened];
    this.#opened.clear();
    this.#writers = [];
    this.#readers = null;
    await Promise.all(opened.map((session) => session.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.dismiss();
  }

  async #align(source: Side, count: number): Promise<Readers> {
    const role = source.engine.snapshot;
    if (role === undefined) throw new Error(`${source.engine.traits.title} has no snapshots`);
    const { sessionOptions } = this.#options;
    const sessions: Session[] = [];
    for (let n = 0; n < count; n++) {
      // A long read is no reason to give up.
      const options = { ...sessionOptions, tag: `${sessionOptions.tag} reader`, statementTimeoutMs: 0 };
      const session = await this.#open(source, options);
      this.#readerIds.add(session.id);
      sessions.push(session);
    }
    return { sessions, snapshot: await role.align(sessions) };
  }

  async #open({ engine, target }: Side, options: SessionOptions): Promise<Session> {
    const session = await openSession(engine, target, options);
    this.#opened.add(session);
    return session;
  }

  #pulse(): void {
    for (const session of [...(this.#mainRests ? [this.#options.main] : []), ...this.#opened]) {
      // A session that is gone is noticed by whoever uses it next.
      if (!this.#busy.has(session)) session.query("SELECT 1").catch(() => {});
    }
  }
}
