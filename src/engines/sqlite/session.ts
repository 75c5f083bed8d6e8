import { existsSync } from "node:fs";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { GodwitError } from "../../core/error.ts";
import type { Row, Session, SessionOptions, Value } from "../engine.ts";
import { isBusy, openDatabase, sqliteError } from "./driver.ts";
import {
  findViolations,
  mayBreakReferences,
  newViolations,
  type Violation,
  type Violations,
} from "./foreign-keys.ts";
import { memory } from "./location.ts";
import { firstWord, isBlank, readsOnly } from "./statement-word.ts";

/** How often a locked database is tried again: from 1 ms, doubling up to this. */
const longestPauseMs = 50;
const cachedStatements = 64;

/** What a fresh connection gets, and a migration may have changed. Those that a file keeps (journal_mode) stay. */
const settings = [
  "PRAGMA foreign_keys = OFF",
  "PRAGMA legacy_alter_table = OFF",
  "PRAGMA recursive_triggers = OFF",
  "PRAGMA ignore_check_constraints = OFF",
  "PRAGMA query_only = OFF",
  "PRAGMA synchronous = FULL",
  // A database file may come from anywhere: what its schema calls is limited to harmless functions.
  "PRAGMA trusted_schema = OFF",
  "PRAGMA cell_size_check = ON",
].join("; ");

const live = new Map<string, SqliteSession>();
let opened = 0;

/** The session behind one that may be wrapped. */
export function sessionOf(session: Session): SqliteSession {
  const found = live.get(session.id);
  if (found === undefined) throw closedError();
  return found;
}

/**
 * A connection to a database file. The driver is synchronous and would block the process while it waits for
 * another one's lock, so SQLite's own wait is off and a locked call is tried again from here: signals are
 * served, and `cancel` and `close` end the wait.
 *
 * A file that does not exist is made by the first write. Until then reads see an empty database, so that a look
 * at a mistyped path leaves no file behind.
 */
export class SqliteSession implements Session {
  readonly id: string;
  /** Real path, or ":memory:". */
  readonly path: string;
  readonly readOnly: boolean;
  tag: string;
  /** Called once at the end of the session. */
  readonly onClose = new Set<() => void>();
  #database: DatabaseSync | null = null;
  /** The database in use stands for a file that does not exist yet. */
  #placeholder = false;
  #closed = false;
  #lockTimeoutMs: number;
  readonly #statements = new Map<string, StatementSync>();
  /** Ends the wait for a lock early. */
  #wake: ((reason: Error) => void) | null = null;
  /** Broken references before the first statement of the transaction that may break one; null before it. */
  /** Some failures (ON CONFLICT ROLLBACK, disk full) end the transaction; nothing may then run as if by itself. */
  #hasBegun = false;
  #before: Violations | null = null;

  constructor(path: string, options: SessionOptions & { readonly readOnly: boolean }) {
    opened++;
    this.id = `${process.pid}-${opened}`;
    this.path = path;
    this.readOnly = options.readOnly;
    this.tag = options.tag;
    this.#lockTimeoutMs = options.lockTimeoutMs;
    live.set(this.id, this);
  }

  async query(sql: string, parameters: readonly Value[] = []): Promise<Row[]> {
    return this.#attempt(!readsOnly(sql), sql, (statement) =>
      // Plain objects: the driver's have no prototype, which surprises comparisons.
      statement.all(...parameters.map(toInput)).map(plain),
    );
  }

  async execute(sql: string): Promise<number | null> {
    const changes = /^(?:insert|update|delete|replace|with)$/.test(firstWord(sql));
    const affected = await this.#attempt(true, sql, (statement) => {
      if (statement.columns().length === 0) return Number(statement.run().changes);
      // Some statements work while they are stepped (PRAGMA incremental_vacuum), so each row is asked for.
      let rows = 0;
      for (const _ of statement.iterate()) rows++;
      return rows;
    });
    // A statement kept from before a change of the schema could show the columns of then.
    if (!changes) this.#statements.clear();
    return changes ? affected : null;
  }

  async run(sql: string, parameters: readonly Value[]): Promise<number> {
    return this.#attempt(true, sql, (statement) => Number(statement.run(...parameters.map(toInput)).changes));
  }

  async begin(): Promise<void> {
    // IMMEDIATE: a transaction that first reads and then writes can fail without a wait (SQLITE_BUSY_SNAPSHOT).
    await this.#retry(() => this.#open(true).exec("BEGIN IMMEDIATE"));
    this.#before = null;
    this.#hasBegun = true;
  }

  /** Refuses with GW6004, rolled back, if the transaction broke a reference while foreign keys were off. */
  async commit(): Promise<void> {
    const database = this.#open(true);
    if (this.#before !== null && database.isTransaction) {
      const broken = newViolations(this.#before, findViolations(database));
      if (broken.length > 0) {
        await this.rollback();
        throw violated(broken);
      }
    }
    if (this.#hasBegun && !database.isTransaction) throw endedError();
    await this.#retry(() => database.exec("COMMIT"));
    this.#hasBegun = false;
    this.#before = null;
  }

  async rollback(): Promise<boolean> {
    this.#before = null;
    this.#hasBegun = false;
    const database = this.#open(true);
    // Some failures (disk full, ON CONFLICT ROLLBACK) have ended the transaction already.
    if (database.isTransaction) await this.#retry(() => database.exec("ROLLBACK"));
    return true;
  }

  async limit(limits: { lockTimeoutMs: number }): Promise<void> {
    this.#lockTimeoutMs = limits.lockTimeoutMs;
  }

  /** Opens the file anew, which also ends attached databases and temporary tables. */
  async reset(): Promise<void> {
    if (this.#closed) throw closedError();
    if (this.#database === null || this.#placeholder) return;
    if (this.#database.isTransaction) await this.rollback();
    this.#statements.clear();
    if (this.path === memory) return this.#database.exec(settings);
    this.#database.close();
    this.#database = null;
  }

  async retag(tag: string): Promise<void> {
    this.tag = tag;
  }

  /** Ends a wait for a lock. A statement that runs cannot be cancelled: the driver has no call for it. */
  async cancel(): Promise<void> {
    this.#wake?.(sqliteError(9, "interrupted"));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    live.delete(this.id);
    this.#wake?.(closedError());
    this.#statements.clear();
    for (const end of this.onClose) end();
    try {
      this.#database?.close();
    } catch {
      // Closed is closed: what was not committed is rolled back by the next reader.
    }
  }

  /**
   * The driver's own connection, for the data path: there, statements are stepped row by row. A statement that is
   * not finished keeps the read transaction open, so each has to be.
   */
  handle(): DatabaseSync {
    const database = this.#open(false);
    if (this.#hasBegun && !database.isTransaction) throw endedError();
    return database;
  }

  /** A call of the data path that may meet another connection's lock: it waits as all calls of the session do. */
  async patiently<T>(action: (database: DatabaseSync) => T): Promise<T> {
    return this.#retry(() => action(this.handle()));
  }

  async #attempt<T>(write: boolean, sql: string, action: (statement: StatementSync) => T): Promise<T> {
    return this.#retry(() => {
      const database = this.#open(write);
      if (this.#hasBegun && !database.isTransaction) throw endedError();
      const statement = this.#prepare(database, sql);
      this.#remember(database, sql);
      return action(statement);
    });
  }

  async #retry<T>(action: () => T): Promise<T> {
    const start = performance.now();
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const transaction = this.#database?.isTransaction ?? false;
      try {
        return action();
      } catch (error) {
        if (!isBusy(error) || (this.#database?.isTransaction ?? false) !== transaction) throw error;
        const leftMs =
          this.#lockTimeoutMs === 0 ? Infinity : this.#lockTimeoutMs - (performance.now() - start);
        if (leftMs <= 0) throw error;
        await this.#pause(Math.min(pauseMs, leftMs));
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#wake = null;
        resolve();
      }, ms);
      this.#wake = (reason) => {
        this.#wake = null;
        clearTimeout(timer);
        reject(reason);
      };
    });
  }

  #open(write: boolean): DatabaseSync {
    if (this.#closed) throw closedError();
    const missing = this.path !== memory && !this.readOnly && !write && !existsSync(this.path);
    if (this.#database !== null && (!this.#placeholder || missing)) return this.#database;
    this.#statements.clear();
    this.#database?.close();
    this.#database = openDatabase(missing ? memory : this.path, { readOnly: this.readOnly });
    this.#placeholder = missing;
    this.#database.exec(settings);
    return this.#database;
  }

  #prepare(database: DatabaseSync, sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    // The driver takes the first statement and says nothing of the rest.
    if (!isBlank(sql.slice(statement.sourceSQL.length))) {
      throw new GodwitError("GW9001", { message: "a text of several SQL statements was sent as one" });
    }
    if (this.#statements.size >= cachedStatements) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }

  #remember(database: DatabaseSync, sql: string): void {
    if (this.#before !== null || !database.isTransaction || !mayBreakReferences(sql)) return;
    const enforced = database.prepare("PRAGMA foreign_keys").get()?.foreign_keys === 1n;
    if (!enforced) this.#before = findViolations(database);
  }
}

function plain(row: Row): Row {
  return { ...row };
}

function toInput(value: Value): SQLInputValue {
  if (typeof value === "boolean") return value ? 1n : 0n;
  // The driver binds every number as REAL.
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value))
    throw new GodwitError("GW9001", { message: "SQLite has no arrays as parameters" });
  return value as SQLInputValue;
}

function violated(broken: readonly Violation[]): GodwitError {
  const [first] = broken;
  const more = broken.length > 1 ? ` (and ${broken.length - 1} more)` : "";
  const what =
    first?.problem ??
    `${first?.rowid === null ? "a row" : `row ${first?.rowid}`} of ${first?.table} refers to a row that ${first?.parent} does not have`;
  return new GodwitError("GW6004", {
    message: `${what}${more}; the transaction was rolled back`,
    details: { violations: broken.slice(0, 100), count: broken.length },
  });
}

function closedError(): Error {
  return Object.assign(new Error("the session is closed"), { code: "ERR_INVALID_STATE" });
}

function endedError(): Error {
  const message =
    "the transaction was ended by a statement that failed; nothing is run until it is rolled back";
  return Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode: 1 });
}
