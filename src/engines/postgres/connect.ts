import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type pg from "pg";
import { GodwitError } from "../../core/error.ts";
import type { Target } from "../../core/target.ts";
import type { ConnectRole, Row, ServerFacts, Session, SessionOptions, Value } from "../engine.ts";
import { ledgerSchema } from "./store.ts";

export const connect: ConnectRole = { open, facts };

/** A PostgreSQL session knows more of itself than the contract asks; only this folder uses it. */
export interface PostgresSession extends Session {
  /** The backend pid as the server announced it at login; a pooler announces one of its own. */
  readonly announcedPid: number;
  /** Whether a transaction is open, by the server's last word. */
  readonly isInTransaction: boolean;
  /** Another session with the same login. */
  twin(): Promise<Session>;
  /** The driver's client, with nothing under way and a pending BEGIN sent: COPY speaks with its connection. */
  idleClient(): Promise<pg.Client>;
}

async function open(target: Target, options: SessionOptions): Promise<PostgresSession> {
  const { default: driver } = await import("pg");
  const client = new driver.Client({
    host: target.host,
    port: target.port,
    user: target.user,
    password: target.password,
    database: target.database,
    ssl: tls(target),
    application_name: options.tag,
    ...(target.parameters.options === undefined ? {} : { options: target.parameters.options }),
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
    pipeline: true,
    // A peer that vanished is noticed after this plus ten probes a second apart.
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser: valueParser },
  });
  // Without a listener, an error between two statements would end the process. The next call rejects.
  client.on("error", () => {});
  if (options.onNotice) {
    const { onNotice } = options;
    client.on("notice", (notice) => {
      // A rollback that finds no transaction open is ours, and means nothing.
      if (notice.code !== "25P01") onNotice(notice.severity ?? "NOTICE", notice.message ?? "");
    });
  }
  let serverVersion = 0;
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on("parameterStatus", (status: { parameterName: string; parameterValue: string }) => {
    if (status.parameterName === "server_version") serverVersion = Number.parseInt(status.parameterValue, 10);
  });
  try {
    await client.connect();
  } catch (error) {
    // What the driver itself refuses it leaves open, until the server gives up after a minute.
    socketOf(client).destroy();
    throw lacksPassword(client, error) ? noPassword(target, error) : error;
  }

  let pid = 0;
  let tag = options.tag;
  let limits = { lockTimeoutMs: options.lockTimeoutMs, statementTimeoutMs: options.statementTimeoutMs };
  const settings = () =>
    [
      `SET application_name = ${literal(tag)}`,
      `SET lock_timeout = ${limits.lockTimeoutMs}`,
      `SET statement_timeout = ${limits.statementTimeoutMs}`,
      // The schema of a role named godwit is the ledger's: what is made without a schema must not land in it.
      ...(target.user === ledgerSchema
        ? [
            `SELECT set_config('search_path', regexp_replace(current_setting('search_path'), '"\\$user"\\s*,?\\s*', ''), false)`,
          ]
        : []),
      // Files are cut into statements by the standard rule for backslashes.
      "SET standard_conforming_strings = on",
      // A stopped runner must not hold its locks for ever.
      "SET idle_in_transaction_session_timeout = '5min'",
      // Frees the locks of a killed client within a second, instead of when its statement ends.
      ...(serverVersion >= 14
        ? ["SET client_connection_check_interval = '500ms'", "SET idle_session_timeout = '10min'"]
        : []),
    ].join("; ");

  const simple = (sql: string) =>
    new Promise<number | null>((resolve, reject) => {
      const query = new driver.Query(sql) as unknown as {
        on(event: string, listener: (value: never) => void): void;
      };
      // A listener for rows keeps the driver from collecting them: a SELECT of any size costs no memory.
      query.on("row", () => {});
      query.on("end", (result: pg.QueryResult | pg.QueryResult[]) =>
        resolve((Array.isArray(result) ? result.at(-1)?.rowCount : result.rowCount) ?? null),
      );
      query.on("error", reject);
      client.query(query as unknown as pg.Submittable);
    });

  /** BEGIN is sent with the first statement of the transaction. */
  let pendingBegin = false;
  /** That message failed: BEGIN may not have run, so nothing may run before the rollback. */
  let beginFailed = false;
  const flushBegin = async () => {
    if (beginFailed)
      throw inFailedTransaction("the transaction has failed; nothing is run until it is rolled back");
    if (!pendingBegin) return;
    pendingBegin = false;
    await simple("BEGIN");
  };

  const commit = async () => {
    const result = await client.query("COMMIT");
    // COMMIT of a failed transaction answers ROLLBACK, without an error.
    if (result.command === "COMMIT") return;
    throw inFailedTransaction("the transaction had failed; COMMIT rolled it back");
  };

  const extended = (sql: string, parameters: readonly Value[]) => client.query(sql, parameters as unknown[]);

  const session: PostgresSession = {
    get id() {
      return String(pid);
    },
    announcedPid: announcedPid(client),
    get isInTransaction() {
      return pendingBegin || (client.getTransactionStatus() ?? "I") !== "I";
    },
    async query(sql, parameters = []) {
      await flushBegin();
      const result = parameters.length === 0 ? await client.query(sql) : await extended(sql, parameters);
      return result.rows as Row[];
    },
    async execute(sql) {
      if (!pendingBegin) {
        await flushBegin();
        return simple(sql);
      }
      // One message: when BEGIN fails, the statement is not run. It also saves a round trip a migration.
      pendingBegin = false;
      return simple(`${beginPrefix}${sql}`).catch((error: unknown) => {
        beginFailed = true;
        throw shifted(error);
      });
    },
    async run(sql, parameters) {
      await flushBegin();
      return (await extended(sql, parameters)).rowCount ?? 0;
    },
    begin: async () => {
      pendingBegin = true;
    },
    async commit() {
      await flushBegin();
      await commit();
    },
    async commitWith(writes) {
      await flushBegin();
      // Sent together; in a failed transaction the server answers COMMIT with ROLLBACK.
      const sent = writes.map(({ sql, parameters }) => extended(sql, parameters));
      const committed = commit();
      const [ended, ...written] = await Promise.allSettled([committed, ...sent]);
      const failed = written.find((outcome) => outcome.status === "rejected");
      if (ended.status === "fulfilled") return null;
      if (failed !== undefined && (ended.reason as { code?: string }).code === failedTransaction)
        return failed.reason;
      throw ended.reason;
    },
    async rollback() {
      const isOpen = !pendingBegin;
      pendingBegin = beginFailed = false;
      if (isOpen) await simple("ROLLBACK");
      return true;
    },
    async asLogin() {
      await flushBegin();
      await simple("SET LOCAL SESSION AUTHORIZATION DEFAULT; SET LOCAL ROLE NONE");
    },
    async limit(next) {
      if (
        next.lockTimeoutMs === limits.lockTimeoutMs &&
        next.statementTimeoutMs === limits.statementTimeoutMs
      )
        return;
      limits = { ...next };
      await simple(
        `SET lock_timeout = ${next.lockTimeoutMs}; SET statement_timeout = ${next.statementTimeoutMs}`,
      );
    },
    async reset() {
      // Not DISCARD ALL: that would release the run's advisory lock.
      await simple(
        `SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; DISCARD TEMP; CLOSE ALL; DEALLOCATE ALL; UNLISTEN *; ${settings()}`,
      );
    },
    async retag(next) {
      tag = next;
      await simple(`SET application_name = ${literal(next)}`);
    },
    bytesWhileAsked() {
      const { readyForQuery } = client as unknown as { readyForQuery: boolean };
      // Behind a pooler another backend may do the work than the one that has told its pid.
      if (readyForQuery || announcedPid(client) !== pid) return null;
      const { bytesRead, bytesWritten } = socketOf(client);
      return bytesRead + bytesWritten;
    },
    async cancel() {
      try {
        const other = await open(target, { ...options, tag: `${tag} cancel`, onNotice: () => {} });
        await other.query("SELECT pg_cancel_backend($1::int)", [pid]);
        await other.close();
      } catch {
        // The statement then ends by its own time-out.
      }
    },
    async close() {
      await Promise.race([
        client.end().catch(() => {}),
        new Promise<void>((resolve) => setTimeout(resolve, 1_000).unref()),
      ]);
      socketOf(client).destroy();
    },
    twin: () => open(target, { ...options, onNotice: () => {} }),
    async idleClient() {
      await flushBegin();
      return client;
    },
  };
  try {
    // Behind a pooler in session mode the backend is not the one that was announced at login.
    const replies = (await client.query(
      `${settings()}; SELECT pg_backend_pid() AS pid`,
    )) as unknown as pg.QueryResult[];
    pid = Number((replies.at(-1)?.rows[0] as { pid: number } | undefined)?.pid);
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

function socketOf(client: pg.Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

/** The driver refuses in its own words where there is none, or sends an empty one. */
function lacksPassword(client: pg.Client, error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  const asked = code === "28P01" || /client password must be a/.test(message ?? "");
  return asked && ((client as { password?: unknown }).password ?? "") === "";
}

function noPassword(target: Target, cause: unknown): GodwitError {
  return new GodwitError("GW3002", {
    message: `cannot connect to ${target.display}: the server asks for a password, and none was given`,
    hint: "Put it into the URL, as //user:PASSWORD@host, percent-encoded; in godwit.config.yaml as ${NAME} or ${file:PATH} in its place.",
    details: { kind: "authentication", native: (cause as { code?: string }).code ?? "" },
    cause,
  });
}

async function facts(session: Session): Promise<ServerFacts> {
  const [row] = await session.query(`
    SELECT current_setting('server_version') AS version, current_database() AS database,
           current_user AS "user", array_to_string(array_remove(current_schemas(false), 'godwit'), ', ') AS schemas, host(inet_server_addr()) AS host, current_setting('port') AS port,
           pg_is_in_recovery() OR current_setting('transaction_read_only')::bool AS read_only,
           to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS now,
           CASE WHEN has_function_privilege('pg_control_system()', 'execute')
                THEN (SELECT system_identifier::text FROM pg_control_system()) ELSE '' END AS identity`);
  if (row === undefined) throw new Error("the server gave no facts");
  return {
    version: `PostgreSQL ${String(row.version).split(" ")[0]}`,
    product: "PostgreSQL",
    database: String(row.database),
    user: String(row.user),
    identity: String(row.identity),
    // Without the ledger's own, which is made with the first run.
    settings: `the schemas ${String(row.schemas)}`,
    // By a Unix socket it has no address.
    host: String(row.host ?? "localhost"),
    port: Number(row.port),
    readOnly: row.read_only === true,
    unsupported:
      Number.parseInt(String(row.version), 10) >= oldestVersion
        ? null
        : `it is older than PostgreSQL ${oldestVersion}, the oldest that Godwit knows`,
    now: String(row.now),
  };
}

function announcedPid(client: pg.Client): number {
  return (client as unknown as { processID: number }).processID;
}

const oldestVersion = 13;

/** SQLSTATE in_failed_sql_transaction. */
const failedTransaction = "25P02";

function inFailedTransaction(message: string): Error {
  return Object.assign(new Error(message), { code: failedTransaction });
}

const beginPrefix = "BEGIN; ";

/** The server counts from the start of the message. */
function shifted(error: unknown): unknown {
  const native = error as { position?: string };
  if (native.position !== undefined) native.position = String(Number(native.position) - beginPrefix.length);
  return error;
}

/** Values stay text, so that no digit is lost; only what a JavaScript value holds exactly is converted. */
function valueParser(oid: number): (text: string) => unknown {
  switch (oid) {
    case 16: // bool
      return (text) => text === "t";
    case 21: // int2
    case 23: // int4
    case 26: // oid
      return Number;
    default:
      return (text) => text;
  }
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function pem(parameter: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const message = `the file of ${parameter} cannot be read: ${(error as Error).message}`;
    throw new GodwitError("GW3003", {
      message,
      hint: `Correct ${parameter} in the connection URL.`,
      cause: error,
    });
  }
}

function tls(target: Target): ConnectionOptions | false {
  const { mode, ca, cert, key } = target.tls;
  if (mode === "disable") return false;
  return {
    ...(ca === undefined ? {} : { ca: pem("sslrootcert", ca) }),
    ...(cert === undefined ? {} : { cert: pem("sslcert", cert) }),
    ...(key === undefined ? {} : { key: pem("sslkey", key) }),
    rejectUnauthorized: mode !== "require",
    // verify-ca checks the chain and not the name.
    ...(mode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
  };
}
