import type { Session } from "../engine.ts";
import type { PostgresSession } from "./connect.ts";
import type { Check } from "./health.ts";
import { rows } from "./inspect-catalog.ts";

export const poolerChecks: readonly Check[] = [{ name: "pooler", run: pooler }];

/** Chosen at random, and taken by this check alone. */
const probeKey = "7310482950117746231";

/**
 * A pooler that changes the server session between transactions breaks locks and settings. It is found by a server
 * session that changes or is shared with another client, or by an advisory lock that was taken and is not held.
 */
async function pooler(session: Session): ReturnType<Check["run"]> {
  const first = await pidOfTransaction(session);
  const second = await pidOfTransaction(session);
  const locked = await holdsItsLock(session);
  if (first !== second || locked === false || (await sharesItsServer(session, first))) {
    return [
      {
        status: "error",
        message: "A pooler in transaction mode is in between: the run's lock and settings would not hold.",
        remedy: "Connect to the server itself, or to a pool in session mode.",
      },
    ];
  }
  if (session.id !== first) {
    return [
      {
        status: "warning",
        message: "A pooler or proxy is in between: the server session is not the one announced at login.",
        remedy: "Make sure that it pools in session mode, or connect to the server itself.",
      },
    ];
  }
  return [{ status: "ok", message: "Session locks and settings hold: no pooler in transaction mode." }];
}

async function pidOfTransaction(session: Session): Promise<string> {
  await session.begin();
  const [row] = await rows<{ pid: string }>(session, "SELECT pg_backend_pid()::text AS pid");
  await session.rollback();
  return row?.pid ?? "";
}

/** With little traffic a pooler hands out the same server session each time, to a second client as well. */
async function sharesItsServer(session: Session, pid: string): Promise<boolean> {
  if (session.id === pid) return false;
  const other = await (session as PostgresSession).twin();
  try {
    return (await pidOfTransaction(other)) === pid || (await pidOfTransaction(session)) !== pid;
  } finally {
    await other.close();
  }
}

/** null where another doctor holds the lock just now. */
async function holdsItsLock(session: Session): Promise<boolean | null> {
  const [taken] = await rows<{ taken: boolean }>(
    session,
    `SELECT pg_try_advisory_lock(${probeKey}) AS taken`,
  );
  if (taken?.taken !== true) return null;
  // A 64-bit key stands in pg_locks as its two halves, with objsubid 1.
  const [found] = await rows<{ held: boolean }>(
    session,
    `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
       AND objsubid = 1 AND ((classid::bigint << 32) | objid::bigint) = ${probeKey}) AS held`,
  );
  await session.query(`SELECT pg_advisory_unlock(${probeKey})`);
  return found?.held === true;
}
