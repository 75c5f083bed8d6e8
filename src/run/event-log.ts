import type { Emit, GodwitEvent } from "../core/event.ts";
import type { Engine, Session, Value, Write } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import { actor } from "./actor.ts";
import type { Clock } from "./clock.ts";
import { bodyOf, bodyText, eventColumns, type EventRow, eventRowHash } from "./event-row.ts";
import { kindOf, lostKinds } from "./failure.ts";
import { KeptEvents } from "./kept-events.ts";

/** An event waits so long for others that share its write. */
const freshMs = 1_000;
/** The next write waits this many times what the last one took: with what it takes to collect them, less than 2 %. */
const restFactor = 75;
const longestRestMs = 15_000;
/** A write that failed for another reason than a lost connection is tried again after this time. */
const afterFailureMs = 10_000;
/** Events of a unit that all wait are written as one row with its end, up to this many. */
const foldedEvents = 64;
/** Rows of one statement: some kilobytes, and the same few texts whatever the number of rows. */
const rowsAtOnce = [50, 10, 1] as const;
/** A ledger that takes no events must not fill the memory. */
const mostWaiting = 100_000;
/** At the end, a write that another session has under way is waited for so long. */
const underWayMs = 5_000;

interface Waiting {
  readonly type: string;
  /** By the monotonic clock of this process. */
  readonly atMs: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** Null until a run is open. */
  readonly epoch: number | null;
  /** It tells of the run's end. */
  readonly isEnd: boolean;
  /** Events of its unit that are kept in its row. */
  readonly folded?: readonly Waiting[];
  /** Its row but for its place in the chain, made when it is first sent: sent again, it is the very same. */
  made?: Omit<EventRow, "seq" | "prevHash" | "rowHash">;
}

interface Place {
  readonly runId: string;
  readonly epoch: number;
  readonly clock: Clock;
}

/**
 * The event log of one process's work on a run: a reader of its events that writes them into the ledger as rows of one
 * hash chain. Rows wait in memory and are written a second or more later, many at once: between two steps on the
 * working session, by the monitor's session while a step takes long, and with the run's end in one transaction. After
 * a write of which the reply was lost, the rows are looked up by number and hash before they are written again. No
 * failure of the log is one of the run; what could not be written is told.
 */
export class EventLog {
  readonly #engine: Engine;
  readonly #pass: Emit;
  #kept = new KeptEvents();
  #waiting: Waiting[] = [];
  /** Rows at the beginning of those that wait, sent by a write that has failed: they may be there. */
  #doubtful: readonly EventRow[] = [];
  #place: Place | null = null;
  #head: { readonly seq: number; readonly hash: string } | null = null;
  /** The newest time that was written: a later attempt's reading of the server's clock can be some milliseconds less. */
  #lastAt = "";
  /** The event of the run's end, taken before it is emitted. */
  #closing: GodwitEvent | null = null;
  #dropped = 0;
  #underWay: Promise<void> | null = null;
  #restUntilMs = 0;
  #failure: string | null = null;
  /** Another process has the run: the fence lets nothing of this one in. */
  #isReplaced = false;
  /** A run was opened, whose events have to be written. */
  #hasRun = false;
  /** All events up to the run's end are written. */
  #isComplete = false;

  constructor(options: { readonly engine: Engine; readonly emit: Emit }) {
    this.#engine = options.engine;
    this.#pass = options.emit;
  }

  /** Receives an event, and passes it on. */
  readonly emit: Emit = (event) => {
    if (event !== this.#closing) this.#take(event);
    this.#pass(event);
  };

  /** From now on events belong to this run and epoch. Call it under the run lock. */
  bind(place: Place): void {
    this.#place = place;
    // The row before the next one is another process's, perhaps, and so it is read again.
    this.#head = null;
    this.#isReplaced = false;
    this.#hasRun = true;
  }

  /** The attempt is over: what comes belongs to the next one. */
  unbind(): void {
    this.#place = null;
  }

  /** Whether events have waited long enough to be worth a write. */
  isDue(patienceMs = freshMs): boolean {
    const [oldest] = this.#waiting;
    const now = performance.now();
    return (
      oldest !== undefined &&
      this.#place !== null &&
      !this.#isReplaced &&
      this.#underWay === null &&
      now >= this.#restUntilMs &&
      now - oldest.atMs >= patienceMs
    );
  }

  /** Writes what waits, where it is due. Never rejects. The session must have no transaction and the login's own settings. */
  async writeDue(session: Session, patienceMs?: number): Promise<void> {
    if (!this.isDue(patienceMs)) return;
    const writing = this.#writeAll(session);
    this.#underWay = writing;
    await writing;
    this.#underWay = null;
  }

  /**
   * With the event of the run's end, everything that waits; to be written in the transaction that closes the run, and
   * then to be confirmed by `written`. Rejects as the connection does.
   */
  async lastWrites(session: Session, closing: GodwitEvent | null): Promise<readonly Write[]> {
    await this.#idle();
    if (closing !== null) {
      this.#closing = closing;
      this.#take(closing);
    }
    if (this.#place === null || this.#waiting.length === 0 || this.#isReplaced) return [];
    await this.#settle(session);
    const rows = this.#seal(this.#waiting);
    this.#doubtful = rows;
    return rows.length === 0 ? [] : this.#inserts(rows, this.#place);
  }

  /** The writes of `lastWrites` were committed. */
  written(): void {
    this.#confirm(this.#doubtful);
    this.#isComplete = true;
  }

  /** The writes of `lastWrites` were refused, and rolled back. */
  refused(error: unknown): void {
    this.#fail(error);
  }

  /** After a lost connection, on a new session: the run was closed already, and its events are looked up. Never rejects. */
  async settleClosed(session: Session): Promise<GodwitEvent | null> {
    this.#restUntilMs = 0;
    await this.writeDue(session, 0);
    this.#isComplete = this.#failure === null;
    return this.#closing;
  }

  /** At the end: says how many events of a run could not be written. What comes after its end needs not be. */
  tellUnwritten(): void {
    const count = (this.#isComplete ? 0 : this.#waiting.length) + this.#dropped;
    if (!this.#hasRun || count === 0 || this.#isReplaced) return;
    const why = this.#failure ?? "the connection was lost";
    this.#pass({
      type: "warning:raised",
      code: "GW5021",
      message: `${count} ${count === 1 ? "event" : "events"} of the run could not be written into the event log: ${why}`,
    });
  }

  #take(event: GodwitEvent): void {
    const nowMs = performance.now();
    for (const each of this.#kept.after(event, nowMs)) this.#add(each, nowMs);
  }

  #add(event: GodwitEvent, atMs: number): void {
    const isEnd = event === this.#closing;
    const epoch = this.#place?.epoch ?? null;
    const waiting = { type: event.type, atMs, body: bodyOf(event), epoch, isEnd };
    if (event.type === "lock:waiting") this.#forgetFrom(this.#waiting.length - 1, event.type);
    const begun = event.type === "unit:finished" ? this.#beginningOf(event.unit) : -1;
    if (begun !== -1) {
      this.#waiting.push({ ...waiting, folded: this.#waiting.splice(begun) });
      return;
    }
    if (this.#waiting.length >= mostWaiting) this.#dropped += 1;
    else this.#waiting.push(waiting);
  }

  /** Of a long wait for the lock the last word is enough. */
  #forgetFrom(index: number, type: string): void {
    const last = this.#waiting[index];
    if (last?.type === type && last.made === undefined) this.#waiting.pop();
  }

  /** Where the events of a unit begin, if all of them wait and none was ever sent; otherwise -1. */
  #beginningOf(unit: string): number {
    const first = Math.max(0, this.#waiting.length - foldedEvents);
    for (let at = this.#waiting.length - 1; at >= first; at--) {
      const { type, body, made } = this.#waiting[at] as Waiting;
      if (made !== undefined) return -1;
      if (type === "unit:started") return body.unit === unit ? at : -1;
    }
    return -1;
  }

  async #writeAll(session: Session): Promise<void> {
    const start = performance.now();
    try {
      await this.#settle(session);
      if (this.#place === null) return;
      const rows = this.#seal(this.#waiting);
      if (rows.length === 0) return;
      this.#doubtful = rows;
      await this.#insert(session, rows, this.#place);
      if (this.#isReplaced) return;
      this.#confirm(rows);
      this.#failure = null;
      const took = performance.now() - start;
      this.#restUntilMs = performance.now() + Math.min(longestRestMs, took * restFactor);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Several statements are one transaction, so that rows are there as a whole or not at all. */
  async #insert(session: Session, rows: readonly EventRow[], place: Place): Promise<void> {
    const writes = this.#inserts(rows, place);
    const isOne = writes.length === 1;
    if (!isOne) await session.begin();
    try {
      for (const [index, { sql, parameters }] of writes.entries()) {
        const count = await session.run(sql, parameters);
        // Only the first one names the run: it locks the run's row until the commit.
        if (index > 0 || count === 1) continue;
        this.#isReplaced = true;
        if (!isOne) await session.rollback();
        return;
      }
      if (!isOne) await session.commit();
    } catch (error) {
      if (!isOne) await session.rollback().catch(() => {});
      throw error;
    }
  }

  /** The first row goes in only while the run is at this epoch; it is a statement of its own, the others follow it. */
  #inserts([first, ...others]: readonly EventRow[], { runId, epoch }: Place): Write[] {
    if (first === undefined) return [];
    const { traits, store } = this.#engine;
    const into = `INSERT INTO ${store.table("event")} (${eventColumns.join(", ")})`;
    const fenced = `${into} SELECT ? + 0, id, ? + 0, ?, ?, ?, ?, ?, ? FROM ${store.table("run")}
        WHERE id = ? AND epoch = ? ${store.shareLock}`.trim();
    const own = [first.seq, first.epoch, ...textsOf(first), runId, epoch];
    const writes: Write[] = [{ sql: withPlaceholders(traits, fenced), parameters: own }];
    for (let at = 0; at < others.length;) {
      const size = rowsAtOnce.find((rows) => rows <= others.length - at) ?? 1;
      const part = others.slice(at, at + size);
      const tuples = part.map(() => "(?, ?, ?, ?, ?, ?, ?, ?, ?)").join(", ");
      const parameters = part.flatMap((row): Value[] =>
        ([row.seq, row.runId, row.epoch] as Value[]).concat(textsOf(row)),
      );
      writes.push({ sql: withPlaceholders(traits, `${into} VALUES ${tuples}`), parameters });
      at += size;
    }
    return writes;
  }

  /** Finds the chain's head, and which of the doubtful rows are there. Rejects as the session does. */
  async #settle(session: Session): Promise<void> {
    const { traits, store } = this.#engine;
    const [oldest] = this.#doubtful;
    const table = store.table("event");
    if (oldest === undefined) {
      if (this.#head !== null) return;
      const [row] = await session.query(`SELECT seq, row_hash FROM ${table} ORDER BY seq DESC LIMIT 1`);
      this.#head = { seq: Number(row?.seq ?? 0), hash: String(row?.row_hash ?? "") };
      this.#forgetEnd();
      return;
    }
    const sql = `SELECT seq, row_hash FROM ${table} WHERE seq >= ? ORDER BY seq`;
    const found = await session.query(withPlaceholders(traits, sql), [oldest.seq - 1]);
    const hashes = new Map(found.map((row) => [Number(row.seq), String(row.row_hash)]));
    const there = this.#doubtful.filter(({ seq, rowHash }) => hashes.get(seq) === rowHash);
    this.#confirm(there);
    const last = found.at(-1);
    this.#head = { seq: Number(last?.seq ?? 0), hash: String(last?.row_hash ?? "") };
    this.#forgetEnd();
  }

  /** The run goes on under another epoch: its end, which shared a transaction with the close, did not come to pass. */
  #forgetEnd(): void {
    const index = this.#waiting.findIndex((each) => each.isEnd && each.epoch !== this.#place?.epoch);
    if (index !== -1) this.#waiting.splice(index, 1);
  }

  #confirm(rows: readonly EventRow[]): void {
    const last = rows.at(-1);
    if (last !== undefined) {
      this.#head = { seq: last.seq, hash: last.rowHash };
      this.#lastAt = last.happenedAt;
    }
    this.#waiting.splice(0, rows.length);
    this.#doubtful = [];
  }

  #fail(error: unknown): void {
    const kind = kindOf(this.#engine, error);
    this.#failure = this.#engine.errors.classify(error).message;
    // Only a lost reply leaves a doubt; or a row that is there: a session that was given up may have written it.
    if (lostKinds.has(kind) || kind === "constraint") return;
    this.#doubtful = [];
    this.#head = null;
    this.#restUntilMs = performance.now() + afterFailureMs;
  }

  /** The rows of what waits, behind the chain's head. */
  #seal(waiting: readonly Waiting[]): EventRow[] {
    const place = this.#place;
    if (place === null || this.#head === null) return [];
    let { seq, hash } = this.#head;
    let lastAt = this.#lastAt;
    const by = actor();
    const timeOf = (atMs: number) => {
      const at = place.clock.at(atMs);
      // The chain's times never go back.
      return (lastAt = at < lastAt ? lastAt : at);
    };
    return waiting.map((each) => {
      each.made ??= makeRow(each, { runId: place.runId, epoch: place.epoch, actor: by, timeOf });
      lastAt = each.made.happenedAt;
      const row = { ...each.made, seq: ++seq, prevHash: hash };
      hash = eventRowHash(row);
      return { ...row, rowHash: hash };
    });
  }

  async #idle(): Promise<void> {
    if (this.#underWay === null) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, underWayMs)));
    await Promise.race([this.#underWay, late]);
    clearTimeout(timer);
  }
}

function makeRow(
  { type, atMs, body, epoch, folded }: Waiting,
  place: {
    readonly runId: string;
    readonly epoch: number;
    readonly actor: string;
    readonly timeOf: (atMs: number) => string;
  },
): Omit<EventRow, "seq" | "prevHash" | "rowHash"> {
  const events = folded?.map((each) => ({ type: each.type, at: place.timeOf(each.atMs), ...each.body }));
  return {
    runId: place.runId,
    epoch: epoch ?? place.epoch,
    type,
    happenedAt: place.timeOf(atMs),
    actor: place.actor,
    body: bodyText(events === undefined ? body : { ...body, events }),
  };
}

function textsOf(row: EventRow): string[] {
  return [row.type, row.happenedAt, row.actor, row.body, row.prevHash, row.rowHash];
}
