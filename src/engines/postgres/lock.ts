import { GodwitError } from "../../core/error.ts";
import type { LockHolder } from "../../core/event.ts";
import type { HostLimits, LockRole, Row, Session } from "../engine.ts";
import type { PostgresSession } from "./connect.ts";

/**
 * A session-level advisory lock: it dies with its session. It is only ever tried, never waited for: a session
 * blocked in pg_advisory_lock deadlocks its holder's CREATE INDEX CONCURRENTLY, which waits for every
 * transaction that is open (measured; also Flyway issue 1654).
 */
export const lock: LockRole = { tryAcquire, verify, release, holder, enlist, enlisted, claim, end, blockers };

/** "godwit" in ASCII. Advisory locks belong to a database, so one key serves all. */
export const runLockKey = BigInt("0x676f64776974");
const high = Number(runLockKey >> 32n);
const low = Number(runLockKey & 0xffffffffn);

export const holderColumns = `
  a.pid AS pid, a.application_name AS application, a.usename AS "user",
  coalesce(host(a.client_addr), 'local') AS host, a.state AS state,
  to_char(coalesce(a.query_start, a.backend_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS since,
  CASE WHEN a.state = 'active' THEN left(a.query, 200) END AS statement`;

/** Behind a pooler the lock would stay on a backend that is lent to others, so it is taken only where it can hold. */
async function tryAcquire(session: Session): Promise<boolean> {
  if (await isPooledByTransaction(session as PostgresSession)) throw pooled();
  const [row] = await session.query(`SELECT pg_try_advisory_lock(${runLockKey}) AS got`);
  return row?.got === true;
}

async function verify(session: Session): Promise<boolean> {
  const [row] = await session.query(`SELECT 1 AS held FROM pg_locks ${ours} AND pid = pg_backend_pid()`);
  return row !== undefined;
}

const ours = `
  WHERE locktype = 'advisory' AND classid = ${high} AND objid = ${low} AND objsubid = 1 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * A pooler announces a made-up backend pid at login. Behind one, two sessions are used in turn: that a session
 * changes its backend, or shares it with another one, proves that the backend is lent by the transaction.
 */
async function isPooledByTransaction(session: PostgresSession): Promise<boolean> {
  // The common case needs no question: the session learnt its backend when it was set up.
  if (session.id === String(session.announcedPid)) return false;
  const first = await backendPid(session);
  const other = await session.twin();
  try {
    for (let i = 0; i < 5; i++) {
      if ((await backendPid(other)) === first || (await backendPid(session)) !== first) return true;
    }
    return false;
  } finally {
    await other.close();
  }
}

function pooled(): GodwitError {
  return new GodwitError("GW3008", {
    message: "the server is behind a pooler that lends its sessions by the transaction",
  });
}

async function backendPid(session: Session): Promise<number> {
  const [row] = await session.query("SELECT pg_backend_pid() AS pid");
  return Number(row?.pid);
}

async function release(session: Session): Promise<void> {
  await session.query(`SELECT pg_advisory_unlock(${runLockKey})`);
}

async function holder(session: Session): Promise<LockHolder | null> {
  const [row] = await session.query(
    `SELECT ${holderColumns} FROM (SELECT pid AS holder FROM pg_locks ${ours}) l
       JOIN pg_stat_activity a ON a.pid = l.holder LIMIT 1`,
  );
  return row === undefined ? null : toHolder(row);
}

/** Shared, under the key after the run lock's: it is only ever looked for, so nobody waits for it. */
async function enlist(session: Session): Promise<void> {
  await session.query(`SELECT pg_advisory_lock_shared(${runLockKey + 1n})`);
}

async function enlisted(session: Session): Promise<LockHolder | null> {
  const [row] = await session.query(
    `SELECT ${holderColumns} FROM (SELECT pid AS holder FROM pg_locks
        WHERE locktype = 'advisory' AND classid = ${high} AND objid = ${low + 1} AND objsubid = 1 AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND pid <> pg_backend_pid()) l
       JOIN pg_stat_activity a ON a.pid = l.holder LIMIT 1`,
  );
  return row === undefined ? null : toHolder(row);
}

/**
 * Locks are seen across databases, and both marks are locks. All look only after they have theirs, so of those that come
 * at once the last one to look sees all others. A run writes with one session until it has workers.
 */
async function claim(
  session: Session,
  _as: "run" | "worker",
  { workers, schemas }: HostLimits,
): Promise<readonly LockHolder[] | null> {
  const [row] = await session.query(
    `SELECT count(*) FILTER (WHERE runs > 0)::int AS schemas, coalesce(sum(greatest(runs, workers)), 0)::int AS workers
       FROM (SELECT count(*) FILTER (WHERE objid = ${low}) AS runs, count(*) FILTER (WHERE objid = ${low + 1}) AS workers
               FROM pg_locks WHERE ${marks} GROUP BY database) l`,
  );
  const isFull =
    (schemas !== null && Number(row?.schemas) > schemas) ||
    (workers !== null && Number(row?.workers) > workers);
  if (!isFull) return null;
  const rows = await session.query(
    `SELECT DISTINCT ON (a.pid) ${holderColumns}, nullif(a.datname, current_database()) AS database
       FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE ${marks} AND pid <> pg_backend_pid()`,
  );
  // Other databases' first: of this one the run lock has told already.
  return rows
    .map(toHolder)
    .toSorted((a, b) => Number(b.database !== undefined) - Number(a.database !== undefined));
}

const marks = `locktype = 'advisory' AND classid = ${high} AND objid IN (${low}, ${low + 1}) AND objsubid = 1 AND granted`;

/** A number may be another session's by now, so the name has to be ours as well. */
async function end(session: Session, sessionId: string): Promise<void> {
  await session.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE pid = $1::int AND application_name LIKE 'godwit %' AND datname = current_database()`,
    [Number(sessionId)],
  );
}

async function blockers(session: Session, sessionId: string): Promise<LockHolder[]> {
  const rows = await session.query(
    `SELECT ${holderColumns} FROM unnest(pg_blocking_pids($1::int)) AS b(pid) JOIN pg_stat_activity a USING (pid)`,
    [Number(sessionId)],
  );
  return rows.map(toHolder);
}

export function toHolder(row: Row): LockHolder {
  const text = (name: string) =>
    row[name] === null || row[name] === undefined || row[name] === "" ? undefined : String(row[name]);
  const [application, user, host, since] = [text("application"), text("user"), text("host"), text("since")];
  const database = text("database");
  // A session that is idle in its transaction blocks by what it did before: that is what has to be said.
  const statement = text("statement") ?? (row.state === "active" ? undefined : text("state"));
  return {
    sessionId: String(row.pid),
    ...(application === undefined ? {} : { application }),
    ...(user === undefined ? {} : { user }),
    ...(host === undefined ? {} : { host }),
    ...(database === undefined ? {} : { database }),
    ...(since === undefined ? {} : { since }),
    ...(statement === undefined ? {} : { statement }),
  };
}
