import type { Session } from "../engine.ts";

/** Bytes of log that can be sent: what is flushed on a primary, what has come on a standby that has others behind it. */
export async function logPosition(session: Session): Promise<bigint> {
  const [row] = await session.query(
    `SELECT pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
       ELSE pg_current_wal_flush_lsn() END, '0/0')::text AS position`,
  );
  return BigInt(String(row?.position ?? "0"));
}
