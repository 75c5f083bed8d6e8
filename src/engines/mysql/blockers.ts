import type { LockHolder } from "../../core/event.ts";
import type { Row, Session } from "../engine.ts";
import { processColumns, toHolder } from "./holder.ts";

const most = 10;

/**
 * Whom a session waits for: holders of metadata locks and of rows it wants, and where the server does not tell
 * those, the oldest open transactions of others, which are the usual cause. Never throws.
 */
export async function blockers(session: Session, sessionId: string): Promise<LockHolder[]> {
  const exact = await exactBlockers(session, sessionId);
  return exact.length > 0 ? exact : oldestTransactions(session, sessionId);
}

/** Only those that certainly block it now. */
export async function exactBlockers(session: Session, sessionId: string): Promise<LockHolder[]> {
  for (const sql of [metadataOfMySql, rowsOfMySql, rowsOfMariaDb, metadataOfMariaDb]) {
    const found = await ask(session, sql, [sessionId]);
    if (found.length > 0) return found.map(toHolder);
  }
  return [];
}

async function oldestTransactions(session: Session, sessionId: string): Promise<LockHolder[]> {
  const sql = `SELECT ${processColumns}
      FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.ID = t.trx_mysql_thread_id
     WHERE p.ID NOT IN (?, CONNECTION_ID()) AND COALESCE(p.STATE, '') NOT LIKE 'Waiting for%lock'
     ORDER BY t.trx_started LIMIT ${most}`;
  return (await ask(session, sql, [sessionId])).map(toHolder);
}

async function ask(session: Session, sql: string, parameters: string[]): Promise<Row[]> {
  try {
    return await session.query(sql, parameters);
  } catch {
    // The table is of the other product, a privilege is missing, or the session is lost: its next call tells.
    return [];
  }
}

const metadataOfMySql = `
  SELECT DISTINCT ${processColumns}
    FROM performance_schema.threads w
    JOIN performance_schema.metadata_locks want ON want.OWNER_THREAD_ID = w.THREAD_ID AND want.LOCK_STATUS = 'PENDING'
    JOIN performance_schema.metadata_locks held ON held.OBJECT_TYPE = want.OBJECT_TYPE
     AND held.OBJECT_SCHEMA <=> want.OBJECT_SCHEMA AND held.OBJECT_NAME <=> want.OBJECT_NAME
     AND held.LOCK_STATUS = 'GRANTED' AND held.OWNER_THREAD_ID <> want.OWNER_THREAD_ID
    JOIN performance_schema.threads h ON h.THREAD_ID = held.OWNER_THREAD_ID
    JOIN information_schema.processlist p ON p.ID = h.PROCESSLIST_ID
   WHERE w.PROCESSLIST_ID = ? LIMIT ${most}`;

const rowsOfMySql = `
  SELECT DISTINCT ${processColumns}
    FROM performance_schema.threads w
    JOIN performance_schema.data_lock_waits l ON l.REQUESTING_THREAD_ID = w.THREAD_ID
    JOIN performance_schema.threads h ON h.THREAD_ID = l.BLOCKING_THREAD_ID
    JOIN information_schema.processlist p ON p.ID = h.PROCESSLIST_ID
   WHERE w.PROCESSLIST_ID = ? LIMIT ${most}`;

const rowsOfMariaDb = `
  SELECT DISTINCT ${processColumns}
    FROM information_schema.innodb_trx w
    JOIN information_schema.innodb_lock_waits l ON l.requesting_trx_id = w.trx_id
    JOIN information_schema.innodb_trx h ON h.trx_id = l.blocking_trx_id
    JOIN information_schema.processlist p ON p.ID = h.trx_mysql_thread_id
   WHERE w.trx_mysql_thread_id = ? LIMIT ${most}`;

/**
 * The plugin metadata_lock_info lists granted locks only, so what is wanted is found in the waiting statement:
 * a table whose name stands in it.
 */
const metadataOfMariaDb = `
  SELECT DISTINCT ${processColumns}
    FROM information_schema.processlist w
    JOIN information_schema.metadata_lock_info m ON m.THREAD_ID <> w.ID AND m.TABLE_NAME <> ''
     AND m.TABLE_SCHEMA = w.DB AND INSTR(w.INFO, m.TABLE_NAME) > 0
    JOIN information_schema.processlist p ON p.ID = m.THREAD_ID
   WHERE w.ID = ? AND w.STATE LIKE 'Waiting for%metadata lock' LIMIT ${most}`;
