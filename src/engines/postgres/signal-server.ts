import type { Session } from "../engine.ts";

/** What a server tells anybody, in one question: a run that takes milliseconds must not wait for a dozen. */
export interface SignalServer {
  /** Quoted. */
  readonly role: string;
  readonly archives: boolean;
  readonly backendPid: number;
  /** Where the data is; null where the role may not see it. */
  readonly folder: string | null;
  /** Bytes of log that can be sent: what is flushed on a primary, what has come on a standby that has others behind it. */
  readonly position: bigint;
  /** When that was asked, by performance.now(). */
  readonly nowMs: number;
  readonly synchronousNames: string;
  readonly rolledBack: number;
  readonly transactions: number;
}

export async function signalServer(session: Session): Promise<SignalServer> {
  const nowMs = performance.now();
  const [row] = await session.query(`
    SELECT quote_ident(current_user) AS role, current_setting('archive_mode') <> 'off' AS archives, pg_backend_pid() AS pid,
      CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END AS folder,
      pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
        ELSE pg_current_wal_flush_lsn() END, '0/0')::text AS position,
      current_setting('synchronous_standby_names') AS names,
      d.xact_rollback::text AS failed, (d.xact_commit + d.xact_rollback)::text AS total
      FROM pg_stat_database d WHERE d.datname = current_database()`);
  if (row === undefined) throw new Error("the server does not know its own database");
  return {
    role: String(row.role),
    archives: row.archives === true,
    backendPid: Number(row.pid),
    folder: row.folder === null ? null : String(row.folder),
    position: BigInt(String(row.position ?? "0")),
    nowMs,
    synchronousNames: String(row.names),
    rolledBack: Number(row.failed),
    transactions: Number(row.total),
  };
}
