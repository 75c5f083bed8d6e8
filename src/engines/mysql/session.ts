import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { Connection, ConnectionOptions, FieldPacket } from "mysql2";
import { GodwitError } from "../../core/error.ts";
import type { Row, Session, SessionOptions, Value, Write } from "../engine.ts";
import { closedCode, errors, statementTimeoutCode } from "./errors.ts";
import { ledgerBlock, textLiteral } from "./ledger-block.ts";
import { killQuery, rawConnection } from "./raw-connection.ts";
import { noticeStatement } from "./plain-display.ts";
import { isMariaDb } from "./server-version.ts";
import {
  restoringAssignments,
  settingsQuery,
  unknownVariable,
  watchedSettings,
  type Settings,
} from "./session-settings.ts";
import { type TableReport, tableReport } from "./table-report.ts";
import { temporaryTable } from "./temporary-table.ts";

type Limits = { readonly lockTimeoutMs: number; readonly statementTimeoutMs: number };

/** The parts of the server's OK that matter here. */
interface Reply {
  readonly affectedRows?: number | string;
  readonly changedRows?: number | string;
  readonly serverStatus?: number;
  readonly warningStatus?: number;
}

const statusInTransaction = 1;

const backslashMode = "NO_BACKSLASH_ESCAPES";

/** Settings under which the ledger's rows would not be stored as they are. */
const ledgerSettings = [
  "character_set_client",
  "character_set_connection",
  "character_set_results",
  "collation_connection",
  "sql_mode",
];

/** ER_WARNING_NOT_COMPLETE_ROLLBACK. */
const notRolledBack = 1196;
const statusAutocommit = 2;
const closeWaitMs = 1_000;
/** The server forgets a session that says nothing for so long: a stopped runner loses its lock. */
const waitTimeoutSeconds = 600;
const forEverSeconds = 31_536_000;
const warningsShown = 20;
const needsReprepare = 1615;

/** Opens a connection and sets it up. Rejects with the driver's error. */
export async function openSession(
  options: ConnectionOptions,
  session: SessionOptions,
): Promise<MysqlSession> {
  const connection = await rawConnection({
    ...options,
    connectTimeout: session.connectTimeoutMs,
    connectAttributes: { program_name: session.tag },
  });
  const opened = new MysqlSession(connection, options, session);
  try {
    await opened.setUp();
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

export class MysqlSession implements Session {
  /** MariaDB only: MySQL has no blocks outside of routines. */
  commitWith?: NonNullable<Session["commitWith"]>;
  readonly verifiesWrites = true;
  readonly #connection: Connection;
  readonly #login: ConnectionOptions;
  readonly #onNotice: SessionOptions["onNotice"];
  #id = "";
  #mariaDb = false;
  #tag: string;
  #limits: Limits;
  #watched: readonly string[] = [];
  #baseline: Settings = new Map();
  #dead: Error | null = null;
  readonly #pending = new Set<(error: Error) => void>();
  /** A KILL QUERY on its way: no statement may start before it arrived, or it would hit that one. */
  #killing: Promise<void> | null = null;
  #inTransaction = false;
  #changedRows = 0;
  #tablesLocked = false;
  /** On MariaDB START TRANSACTION is sent with what comes next. */
  #pendingBegin = false;
  readonly #temporaryTables = new Set<string>();
  /** The migration's settings, while the ledger is written without them. */
  #setAside: Row | null = null;

  constructor(connection: Connection, login: ConnectionOptions, options: SessionOptions) {
    this.#connection = connection;
    this.#login = login;
    this.#onNotice = options.onNotice;
    this.#tag = options.tag;
    this.#limits = { lockTimeoutMs: options.lockTimeoutMs, statementTimeoutMs: options.statementTimeoutMs };
    // Between two statements nobody else listens; an unheard error would end the process.
    connection.on("error", (error) => this.#lose(error));
    connection.on("end", () => setImmediate(() => this.#lose(lostError())));
  }

  get id(): string {
    return this.#id;
  }

  /** Of the last statement that was executed: rows that have other values now, not those that only met its condition. */
  get changedRows(): number {
    return this.#changedRows;
  }

  async setUp(): Promise<void> {
    const [row] = await this.query("SELECT CONNECTION_ID() AS id, VERSION() AS version");
    this.#id = String(row?.id);
    const version = String(row?.version);
    this.#mariaDb = isMariaDb(version);
    if (this.#mariaDb) this.commitWith = (writes) => this.#commitWith(writes);
    await this.#text(
      // NAMES takes the server's own default collation for utf8mb4, which differs by version.
      `SET NAMES utf8mb4, SESSION time_zone = '+00:00', SESSION wait_timeout = ${waitTimeoutSeconds},
        @godwit_tag = ${textLiteral(this.#tag)}, ${this.#limitAssignments()}`,
    );
    this.#watched = watchedSettings(version);
    const server = await this.#settings();
    const mode = String(server.sql_mode).split(",");
    // Files are cut into statements by the usual rule for backslashes.
    if (mode.includes(backslashMode)) {
      await this.#text(`SET SESSION sql_mode = '${mode.filter((word) => word !== backslashMode).join(",")}'`);
    }
    const now = mode.includes(backslashMode) ? await this.#settings() : server;
    this.#baseline = new Map([...this.#watched, "role", "database"].map((name) => [name, now[name]]));
  }

  async query(sql: string, parameters: readonly Value[] = []): Promise<Row[]> {
    this.#rememberTemporary(sql);
    await this.#flushBegin();
    noticeStatement(this, sql);
    const rows =
      parameters.length === 0 ? await this.#text(sql, true) : await this.#prepared(sql, parameters);
    if (!Array.isArray(rows)) return [];
    // CALL answers with several results; the first holds the rows.
    return (Array.isArray(rows[0]) ? rows[0] : rows) as Row[];
  }

  async execute(sql: string): Promise<number | null> {
    if (/\block\s+tables?\b/i.test(sql)) this.#tablesLocked = true;
    this.#rememberTemporary(sql);
    await this.#flushBegin();
    noticeStatement(this, sql);
    const { reply, report } = await this.#stream(sql);
    for (const warning of report?.warnings ?? []) this.#onNotice?.("Warning", warning);
    const failure = report?.failure() ?? null;
    if (failure !== null) throw failure;
    if (reply === null) return null;
    this.#inTransaction = ((reply.serverStatus ?? 0) & statusInTransaction) !== 0;
    if ((reply.warningStatus ?? 0) > 0 && this.#onNotice) {
      for (const warning of await this.query(`SHOW WARNINGS LIMIT ${warningsShown}`)) {
        this.#onNotice(String(warning.Level), `${String(warning.Message)} (${String(warning.Code)})`);
      }
    }
    this.#changedRows = Number(reply.changedRows ?? 0);
    return Number(reply.affectedRows);
  }

  async run(sql: string, parameters: readonly Value[]): Promise<number> {
    await this.#flushBegin();
    const reply = (
      parameters.length === 0 ? await this.#text(sql, true) : await this.#prepared(sql, parameters)
    ) as Reply;
    const status = reply.serverStatus ?? statusAutocommit;
    // After a migration's SET autocommit = 0 a ledger row would stay uncommitted, and be lost with the session.
    if (!this.#inTransaction && (status & statusAutocommit) === 0 && (status & statusInTransaction) !== 0) {
      await this.commit();
    }
    return Number(reply.affectedRows ?? 0);
  }

  async begin(): Promise<void> {
    if (this.#dead !== null) throw this.#dead;
    if (this.#mariaDb) this.#pendingBegin = true;
    else await this.#text("START TRANSACTION");
    this.#inTransaction = true;
  }

  async #flushBegin(): Promise<void> {
    if (!this.#pendingBegin) return;
    this.#pendingBegin = false;
    await this.#text("START TRANSACTION");
  }

  async #commitWith(writes: readonly Write[]): Promise<unknown> {
    const begins = this.#pendingBegin;
    this.#pendingBegin = false;
    try {
      await this.#text(ledgerBlock(writes, begins));
      this.#inTransaction = false;
      return null;
    } catch (error) {
      if (errors.classify(error).kind === "connection-lost") throw error;
      await this.rollback();
      return error;
    }
  }

  async commit(): Promise<void> {
    await this.#flushBegin();
    // In words, because completion_type can turn a bare COMMIT into one that ends the session.
    await this.#text("COMMIT AND NO CHAIN NO RELEASE");
    this.#inTransaction = false;
  }

  async rollback(): Promise<boolean> {
    const isSent = !this.#pendingBegin;
    this.#pendingBegin = false;
    this.#inTransaction = false;
    if (!isSent) return true;
    const reply = (await this.#text("ROLLBACK AND NO CHAIN NO RELEASE")) as Reply;
    this.#inTransaction = false;
    if ((reply.warningStatus ?? 0) === 0) return true;
    const warnings = await this.query("SHOW WARNINGS");
    return !warnings.some((warning) => Number(warning.Code) === notRolledBack);
  }

  async limit(next: Limits): Promise<void> {
    const { lockTimeoutMs, statementTimeoutMs } = this.#limits;
    if (next.lockTimeoutMs === lockTimeoutMs && next.statementTimeoutMs === statementTimeoutMs) return;
    const before = this.#limits;
    this.#limits = { lockTimeoutMs: next.lockTimeoutMs, statementTimeoutMs: next.statementTimeoutMs };
    try {
      await this.#text(`SET ${this.#limitAssignments()}`);
    } catch (error) {
      this.#limits = before;
      throw error;
    }
  }

  /** By assignments, because COM_RESET_CONNECTION and COM_CHANGE_USER release the run's lock. Throws GW2011. */
  async reset(): Promise<void> {
    if (this.#inTransaction) await this.rollback();
    if (this.#tablesLocked) await this.#text("UNLOCK TABLES");
    this.#tablesLocked = false;
    if (this.#temporaryTables.size > 0) {
      await this.#text(`DROP TEMPORARY TABLE IF EXISTS ${[...this.#temporaryTables].join(", ")}`);
      this.#temporaryTables.clear();
    }
    const now = await this.#settings();
    const assignments = restoringAssignments(this.#watched, this.#wanted(), now);
    if (assignments.length > 0) await this.#text(`SET ${assignments.join(", ")}`);
    const role = this.#baseline.get("role");
    if (now.role !== role)
      await this.#text(`SET ROLE ${role === null ? "NONE" : this.#roleNames(String(role))}`);
    await this.#restoreDatabase(now.database);
  }

  async asLogin(): Promise<void> {
    const now = await this.#settings();
    const assignments = restoringAssignments(ledgerSettings, this.#wanted(), { ...now, stopped: 0 });
    if (assignments.length === 0) return;
    this.#setAside = now;
    await this.#text(`SET ${assignments.join(", ")}`);
  }

  async asMigration(): Promise<void> {
    const theirs = this.#setAside;
    if (theirs === null) return;
    this.#setAside = null;
    const wanted = new Map(Object.entries(theirs));
    const assignments = restoringAssignments(ledgerSettings, wanted, Object.fromEntries(this.#wanted()));
    await this.#text(`SET ${assignments.join(", ")}`);
  }

  /** Lends the bare connection to a statement whose answer is taken from the socket; nothing else may run meanwhile. */
  async lend<T>(use: (connection: Connection) => Promise<T>): Promise<T> {
    await this.#flushBegin();
    return this.#ask(false, (resolve, reject) => {
      use(this.#connection).then(resolve, reject);
    });
  }

  #rememberTemporary(sql: string): void {
    const table = temporaryTable(sql);
    if (table !== null) this.#temporaryTables.add(table);
  }

  async retag(tag: string): Promise<void> {
    this.#tag = tag;
    await this.#text(`SET @godwit_tag = ${textLiteral(tag)}`);
  }

  bytesWhileAsked(): number | null {
    const { stream } = this.#connection as unknown as { stream: Socket };
    return this.#pending.size === 0 ? null : stream.bytesRead + stream.bytesWritten;
  }

  async cancel(): Promise<void> {
    if (this.#pending.size === 0 && this.#dead === null) return;
    await this.#kill();
  }

  async close(): Promise<void> {
    const idle = this.#dead === null && this.#pending.size === 0;
    if (idle) {
      await new Promise<void>((resolve) => {
        setTimeout(resolve, closeWaitMs).unref();
        this.#connection.end(() => resolve());
      }).catch(() => {});
    }
    this.#lose(Object.assign(new Error("the session was closed"), { code: closedCode }));
    this.#connection.destroy();
  }

  #lose(error: Error): void {
    this.#dead ??= error;
    for (const reject of this.#pending) reject(this.#dead);
    this.#pending.clear();
  }

  async #kill(): Promise<void> {
    this.#killing ??= killQuery(this.#login, this.#id).finally(() => {
      this.#killing = null;
    });
    await this.#killing;
  }

  /**
   * Sends one command; it settles with the reply, or as soon as the connection is known to be lost. `timed` ones
   * have the statement's time limit: not COMMIT and the session's own settings.
   */
  async #ask<T>(
    timed: boolean,
    send: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
  ): Promise<T> {
    if (this.#killing !== null) await this.#killing;
    if (this.#dead !== null) throw this.#dead;
    let timer: NodeJS.Timeout | undefined;
    let timedOut = false;
    // MariaDB keeps the limit itself; MySQL does so for SELECT only.
    const { statementTimeoutMs } = this.#limits;
    if (timed && !this.#mariaDb && statementTimeoutMs > 0) {
      timer = setTimeout(() => {
        timedOut = true;
        void this.#kill();
      }, statementTimeoutMs);
    }
    let abort: ((error: Error) => void) | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        abort = reject;
        this.#pending.add(reject);
        send(resolve, reject);
      });
    } catch (error) {
      const { kind } = errors.classify(error);
      if (kind === "connection-lost" || (error as { fatal?: boolean }).fatal === true)
        this.#lose(error as Error);
      throw timedOut && kind === "cancelled" ? timeoutError(statementTimeoutMs, error) : error;
    } finally {
      clearTimeout(timer);
      if (abort !== undefined) this.#pending.delete(abort);
    }
  }

  #text(sql: string, timed = false): Promise<unknown> {
    return this.#ask(timed, (resolve, reject) => {
      this.#connection.query(sql, (error, result) => (error ? reject(error) : resolve(result)));
    });
  }

  /**
   * Rows are dropped as they come, so that a SELECT of any size costs no memory; the last OK, or null, and what the
   * rows of a statement like OPTIMIZE report.
   */
  #stream(sql: string): Promise<{ reply: Reply | null; report: TableReport | null }> {
    return this.#ask(true, (resolve, reject) => {
      let reply: Reply | null = null;
      let report: TableReport | null = null;
      let rows = false;
      const command = this.#connection.query(sql) as unknown as EventEmitter;
      command.on("fields", (fields?: readonly FieldPacket[]) => {
        rows = fields !== undefined;
        if (fields !== undefined)
          report ??= tableReport(
            sql,
            fields.map(({ name }) => name),
          );
      });
      command.on("result", (result: Reply | Row) => {
        if (rows) report?.add(result as Row);
        else reply = result as Reply;
      });
      command.on("error", reject);
      command.on("end", () => resolve({ reply, report }));
    });
  }

  /** Prepared on the server, and kept: no escaping, whatever sql_mode and character set a migration chose. */
  async #prepared(sql: string, parameters: readonly Value[]): Promise<unknown> {
    const values = parameters.map(parameter);
    const send = () =>
      this.#ask(true, (resolve, reject) => {
        this.#connection.execute(sql, values as never, (error: Error | null, result: unknown) =>
          error ? reject(error) : resolve(result),
        );
      });
    try {
      return await send();
    } catch (error) {
      // The table's definition changed under the statement; it was not executed.
      if ((error as { errno?: number }).errno !== needsReprepare) throw error;
      this.#connection.unprepare(sql);
      return send();
    }
  }

  async #settings(): Promise<Row> {
    for (;;) {
      try {
        return (await this.query(settingsQuery(this.#watched)))[0] ?? {};
      } catch (error) {
        const unknown = unknownVariable(error);
        if (unknown === null || !this.#watched.includes(unknown)) throw error;
        this.#watched = this.#watched.filter((name) => name !== unknown);
      }
    }
  }

  /** The baseline, with the limits as they stand now. */
  #wanted(): Settings {
    return new Map<string, unknown>([...this.#baseline, ...this.#limitValues()]);
  }

  #limitValues(): [string, string][] {
    const { lockTimeoutMs, statementTimeoutMs } = this.#limits;
    // Whole seconds, and at least one: 0 would mean "do not wait at all" on MariaDB.
    const lockSeconds = String(lockTimeoutMs === 0 ? forEverSeconds : Math.ceil(lockTimeoutMs / 1_000));
    return [
      ["lock_wait_timeout", lockSeconds],
      ["innodb_lock_wait_timeout", lockSeconds],
      this.#mariaDb
        ? ["max_statement_time", (statementTimeoutMs / 1_000).toFixed(6)]
        : ["max_execution_time", String(statementTimeoutMs)],
    ];
  }

  #limitAssignments(): string {
    return this.#limitValues()
      .map(([name, value]) => `SESSION ${name} = ${value}`)
      .join(", ");
  }

  /** MySQL gives names that are quoted already, MariaDB one plain name. */
  #roleNames(role: string): string {
    return this.#mariaDb ? `\`${role.replaceAll("`", "``")}\`` : role;
  }

  /** A database that was dropped and made again is entered again; another one is an error. */
  async #restoreDatabase(now: unknown): Promise<void> {
    const wanted = this.#baseline.get("database");
    if (now === wanted || typeof wanted !== "string") return;
    await this.#text(`USE \`${wanted.replaceAll("`", "``")}\``);
    if (now === null) return;
    throw new GodwitError("GW2011", {
      message: `a migration changed the session's database from ${wanted} to ${String(now)}`,
      outcome: "changed",
    });
  }
}

function parameter(value: Value): unknown {
  if (value instanceof Date) return value.toISOString().replace("T", " ").replace("Z", "");
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  // A whole number goes as text: as a double it would be refused by LIMIT, and loses digits above 2^53.
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value)))
    return String(value);
  if (Array.isArray(value))
    return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? String(item) : item));
  return value;
}

function lostError(): Error {
  return Object.assign(new Error("the server closed the connection"), { code: "PROTOCOL_CONNECTION_LOST" });
}

function timeoutError(limitMs: number, cause: unknown): Error {
  return Object.assign(new Error(`the statement was cancelled after ${limitMs} ms`, { cause }), {
    code: statementTimeoutCode,
  });
}
