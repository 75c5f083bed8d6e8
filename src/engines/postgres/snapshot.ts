import type { TableName } from "../../core/portable.ts";
import type { Snapshot, SnapshotRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { literal, tableSql } from "./sql-text.ts";

export const snapshot: SnapshotRole = { align, rewritten, unchangedSince };

async function align(sessions: readonly Session[]): Promise<Snapshot> {
  const [first, ...others] = sessions;
  if (first === undefined) throw new Error("there is no session to align");
  // Before the snapshot, so that what is read from there on holds all that the snapshot does not.
  const [log] = await first.query(
    `SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text AS lsn`,
  );
  await begin(first, null);
  const [exported] = await first.query("SELECT pg_export_snapshot() AS id");
  const state = await stateOf(first);
  for (const session of others) await begin(session, String(exported?.["id"]));
  return { position: String(log?.["lsn"] ?? ""), token: state ?? "", weakness: null };
}

/** A reader may wait for long: for its turn, or for a writer. It holds no lock that anyone would miss. */
async function begin(session: Session, shared: string | null): Promise<void> {
  await session.begin();
  await session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  // Before any query: the first one takes a snapshot of its own.
  if (shared !== null) await session.execute(`SET TRANSACTION SNAPSHOT ${literal(shared)}`);
  await session.execute(
    `SELECT set_config(name, '0', true) FROM pg_catalog.pg_settings WHERE name IN
       ('statement_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')`,
  );
}

/**
 * ALTER TABLE and TRUNCATE put a new file in a table's place, of which an older snapshot sees no row (the manual, 13.6
 * Caveats). The catalogue is read in the snapshot, the function tells of now; while the table is locked they stay.
 */
async function rewritten(session: Session, tables: readonly TableName[]): Promise<readonly TableName[]> {
  const found: TableName[] = [];
  for (const table of tables) {
    const [row] = await session.query(
      `SELECT 1 AS yes FROM pg_catalog.pg_class c WHERE c.oid = ${literal(tableSql(table))}::regclass
         AND c.relfilenode <> 0 AND pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode`,
    );
    if (row !== undefined) found.push(table);
  }
  return found;
}

async function unchangedSince(session: Session, token: string): Promise<boolean> {
  return token !== "" && (await stateOf(session)) === token;
}

/**
 * Names a state of the whole server: each transaction that writes takes a number, so as long as none is under way
 * and no new one was given out, every database holds what it held. Null where that is not sure: while one is under
 * way; on a standby, which does not tell which are; and without the right to know which server this is. The timeline
 * changes when a server goes on from a restored backup and gives the same numbers out again.
 */
async function stateOf(session: Session): Promise<string | null> {
  const [row] = await session.query(`
    SELECT CASE WHEN NOT pg_is_in_recovery() AND pg_snapshot_xmin(s.now) = pg_snapshot_xmax(s.now)
                 AND has_function_privilege('pg_control_system()', 'execute')
                 AND has_function_privilege('pg_control_checkpoint()', 'execute')
           THEN concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
                  (SELECT timeline_id FROM pg_control_checkpoint()), d.oid, pg_snapshot_xmax(s.now)::text)
           END AS state
    FROM (SELECT pg_current_snapshot() AS now) AS s, pg_catalog.pg_database d
    WHERE d.datname = current_database()`);
  return row?.["state"] === null || row?.["state"] === undefined ? null : String(row["state"]);
}
