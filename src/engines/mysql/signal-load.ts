import type { Reading, Session, Unknown } from "../engine.ts";
import { reading } from "../reading.ts";
import { errors } from "./errors.ts";
import { performanceTables, type SignalServer } from "./signal-server.ts";

/** Numbers of sessions, for a list in a statement. Never empty: the asking session itself is in it. */
export function sessionList(own: readonly string[]): string {
  return ["CONNECTION_ID()", ...own.filter((id) => /^\d+$/.test(id))].join(", ");
}

/**
 * Statements of clients: not what a replica applies, nor what it reads of the log. MySQL is asked elsewhere where it
 * can be: its process list fails while any session runs a statement with bytes that are no utf8mb3 (error 3854).
 */
export function readActiveQueries(
  session: Session,
  server: SignalServer,
  own: readonly string[],
): Promise<Reading<number>> {
  if (!server.mariaDb && server.performanceSchema && !server.process) {
    return reading(errors, server.grant("SELECT", performanceTables), () => ofThreads(session, own));
  }
  if (!server.process) return Promise.resolve(unseen(server, "what other users' sessions execute"));
  if (!server.mariaDb && server.performanceSchema) {
    return reading(errors, undefined, () => ofThreads(session, own)).then((found) =>
      "value" in found ? found : ofProcesses(session, own),
    );
  }
  return ofProcesses(session, own);
}

async function ofThreads(session: Session, own: readonly string[]): Promise<Reading<number>> {
  const [row] = await session.query(
    `SELECT COUNT(*) AS active FROM performance_schema.threads
      WHERE PROCESSLIST_COMMAND IN ('Query', 'Execute') AND CONNECTION_TYPE IS NOT NULL
        AND PROCESSLIST_ID NOT IN (${sessionList(own)})`,
  );
  return { value: Number(row?.active) };
}

function ofProcesses(session: Session, own: readonly string[]): Promise<Reading<number>> {
  return reading(errors, undefined, async () => {
    const [row] = await session.query(
      `SELECT COUNT(*) AS active FROM information_schema.processlist
        WHERE COMMAND IN ('Query', 'Execute') AND USER <> 'system user' AND ID NOT IN (${sessionList(own)})`,
    );
    return { value: Number(row?.active) };
  });
}

/** What InnoDB has begun for others. It writes times in the server's own zone, whatever the session's is. */
export function readOldestTransaction(
  session: Session,
  server: SignalServer,
  own: readonly string[],
): Promise<Reading<number>> {
  return reading(errors, server.grant("PROCESS"), async () => {
    const [row] = await session.query(
      `SELECT COALESCE(TIMESTAMPDIFF(SECOND, MIN(trx_started), ${serverNow}), 0) AS age
         FROM information_schema.innodb_trx WHERE trx_mysql_thread_id NOT IN (${sessionList(own)})`,
    );
    return { value: Math.max(0, 1_000 * Number(row?.age)) };
  });
}

export const serverNow = "CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')";

export function unseen(server: SignalServer, what: string): Unknown {
  return { unknown: `the user may not see ${what}`, remedy: server.grant("PROCESS"), withheld: true };
}
