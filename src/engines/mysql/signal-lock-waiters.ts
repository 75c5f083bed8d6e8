import type { LockHolder } from "../../core/event.ts";
import type { Reading, Session, Unknown } from "../engine.ts";
import { reading } from "../reading.ts";
import { waitersBehind } from "../waiters-behind.ts";
import { errors } from "./errors.ts";
import { ignoreRefusal, processColumns, toHolder } from "./holder.ts";
import { serverNow, sessionList, unseen } from "./signal-load.ts";
import { performanceTables, type SignalServer } from "./signal-server.ts";

type LockWaiters = { readonly waiters: readonly LockHolder[]; readonly longestMs: number };

interface Wait {
  readonly waiter: string;
  readonly blocker: string;
  readonly waitedMs: number;
}

/** Who waits for rows or for a table's definition that sessions of the run hold, or stand before in the queue. */
export async function readLockWaiters(
  session: Session,
  server: SignalServer,
  own: readonly string[],
): Promise<Reading<LockWaiters>> {
  const remedy = server.mariaDb ? server.grant("PROCESS") : server.grant("SELECT", performanceTables);
  if (server.mariaDb && !server.process) return unseen(server, "what other users' sessions wait for");
  if (!server.mariaDb && !server.performanceSchema) return withoutTables;
  return reading<LockWaiters>(errors, remedy, async () => {
    const waits = await (server.mariaDb ? waitsOfMariaDb(session, own) : waitsOfMySql(session));
    const behind = waitersBehind(
      own,
      waits.map(({ waiter, blocker }) => ({ waiter, blockers: [blocker] })),
    );
    if (behind.length === 0) return { value: { waiters: [], longestMs: 0 } };
    const rows = await session
      .query(`SELECT ${processColumns} FROM information_schema.processlist p WHERE p.ID IN (${sessionList(behind)})
          AND p.ID <> CONNECTION_ID()`)
      .catch(ignoreRefusal);
    const holders = new Map(rows.map(toHolder).map((holder) => [holder.sessionId, holder]));
    const waiters = behind.map((id) => holders.get(id) ?? { sessionId: id });
    const waited = waits.filter(({ waiter }) => behind.includes(waiter)).map(({ waitedMs }) => waitedMs);
    return { value: { waiters, longestMs: Math.max(0, ...waited) } };
  });
}

const withoutTables: Unknown = {
  unknown: "MySQL shows who waits for whom in its performance schema only, which is off",
  remedy: "performance_schema = ON in the server's configuration, and a restart",
  withheld: true,
};

async function ask(session: Session, sql: string): Promise<Wait[]> {
  return (await session.query(sql)).map((row) => ({
    waiter: String(row.waiter),
    blocker: String(row.blocker),
    waitedMs: Math.max(0, Math.round(Number(row.waited ?? 0))),
  }));
}

function waitsOfMySql(session: Session): Promise<Wait[]> {
  return ask(session, `${rowsOfMySql} UNION ALL ${metadataOfMySql}`);
}

/** A statement waits no longer than it has been running: picoseconds. The list of processes knows whole seconds. */
const statementMs = `COALESCE((SELECT MAX(e.TIMER_WAIT) FROM performance_schema.events_statements_current e
  WHERE e.THREAD_ID = w.THREAD_ID) / 1000000000, 1000 * w.PROCESSLIST_TIME)`;

const rowsOfMySql = `
  SELECT DISTINCT w.PROCESSLIST_ID AS waiter, h.PROCESSLIST_ID AS blocker, ${statementMs} AS waited
    FROM performance_schema.data_lock_waits l
    JOIN performance_schema.threads w ON w.THREAD_ID = l.REQUESTING_THREAD_ID
    JOIN performance_schema.threads h ON h.THREAD_ID = l.BLOCKING_THREAD_ID`;

/**
 * Whoever holds a table's definition is in the way of those that wait for it, and so is who wants it alone and came
 * before them.
 */
const metadataOfMySql = `
  SELECT DISTINCT w.PROCESSLIST_ID AS waiter, h.PROCESSLIST_ID AS blocker, ${statementMs} AS waited
    FROM performance_schema.metadata_locks want
    JOIN performance_schema.metadata_locks held ON held.OBJECT_TYPE = want.OBJECT_TYPE
     AND held.OBJECT_SCHEMA <=> want.OBJECT_SCHEMA AND held.OBJECT_NAME <=> want.OBJECT_NAME
     AND held.OWNER_THREAD_ID <> want.OWNER_THREAD_ID
    JOIN performance_schema.threads w ON w.THREAD_ID = want.OWNER_THREAD_ID
    JOIN performance_schema.threads h ON h.THREAD_ID = held.OWNER_THREAD_ID
   WHERE want.LOCK_STATUS = 'PENDING' AND w.PROCESSLIST_ID IS NOT NULL AND h.PROCESSLIST_ID IS NOT NULL
     AND (held.LOCK_STATUS = 'GRANTED'
       OR held.LOCK_STATUS = 'PENDING' AND held.LOCK_TYPE IN ('EXCLUSIVE', 'SHARED_NO_READ_WRITE', 'SHARED_NO_WRITE')
          AND h.PROCESSLIST_TIME >= w.PROCESSLIST_TIME)`;

async function waitsOfMariaDb(session: Session, own: readonly string[]): Promise<Wait[]> {
  const rows = await ask(session, rowsOfMariaDb);
  const queued = await session.query(
    `SELECT ID FROM information_schema.processlist WHERE STATE LIKE '${metadataState}' LIMIT 1`,
  );
  // Most of the time nobody waits so, and the lists of tables and locks need not be read.
  if (queued.length === 0) return rows;
  const held = await ask(session, metadataOfMariaDb).catch((error: unknown) => {
    // The plugin metadata_lock_info is not installed.
    if (["missing-object", "other"].includes(errors.classify(error).kind)) return [];
    throw error;
  });
  return [...rows, ...held, ...(await ask(session, ownStatements(own)))];
}

const metadataState = "Waiting for%metadata lock";

const rowsOfMariaDb = `
  SELECT w.trx_mysql_thread_id AS waiter, h.trx_mysql_thread_id AS blocker,
    1000 * TIMESTAMPDIFF(SECOND, w.trx_wait_started, ${serverNow}) AS waited
    FROM information_schema.innodb_lock_waits l
    JOIN information_schema.innodb_trx w ON w.trx_id = l.requesting_trx_id
    JOIN information_schema.innodb_trx h ON h.trx_id = l.blocking_trx_id`;

/** The plugin lists what is granted only: what is wanted stands in the waiting statement. */
const metadataOfMariaDb = `
  SELECT DISTINCT w.ID AS waiter, m.THREAD_ID AS blocker, w.TIME_MS AS waited
    FROM information_schema.processlist w
    JOIN information_schema.metadata_lock_info m ON m.THREAD_ID <> w.ID AND m.TABLE_NAME <> ''
     AND m.TABLE_SCHEMA = w.DB AND INSTR(w.INFO, m.TABLE_NAME) > 0
   WHERE w.STATE LIKE '${metadataState}'`;

/** Without the plugin, and for what one of ours itself waits for: a table that both statements name, ours before. */
function ownStatements(own: readonly string[]): string {
  return `
    SELECT DISTINCT w.ID AS waiter, o.ID AS blocker, w.TIME_MS AS waited
      FROM information_schema.processlist w
      JOIN information_schema.processlist o ON o.ID IN (${sessionList(own)}) AND o.ID <> w.ID AND o.TIME_MS >= w.TIME_MS
      JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = w.DB AND t.TABLE_SCHEMA = o.DB
       AND INSTR(w.INFO, t.TABLE_NAME) > 0 AND INSTR(o.INFO, t.TABLE_NAME) > 0
     WHERE w.STATE LIKE '${metadataState}'`;
}
