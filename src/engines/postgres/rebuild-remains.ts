import type { ObjectName } from "../../core/plan.ts";
import type { Row, Session } from "../engine.ts";
import { qualifiedName } from "./qualified-name.ts";
import { traits } from "./traits.ts";

/** An invalid index that a REINDEX CONCURRENTLY has left; JSON. */
export interface Remains {
  readonly oid: string;
}

/**
 * The invalid indexes that a rebuild has left on what it rebuilds: `…_ccnew`, which it did not finish, and
 * `…_ccold`, which it had replaced and not yet dropped. A later rebuild skips them, so they would cost writes for
 * good. What some session is building now is none.
 */
export async function remainsOf(session: Session, of: ObjectName): Promise<Remains[]> {
  return (await invalidIndexes(session, of)).map((row) => ({ oid: String(row.oid) }));
}

/** Drops what was not there before, the indexes of TOAST tables included. */
export async function dropRemains(
  session: Session,
  of: ObjectName,
  before: readonly Remains[],
  onCleaned: (index: string, table: string) => void,
): Promise<void> {
  const known = new Set(before.map(({ oid }) => oid));
  for (const row of await invalidIndexes(session, of)) {
    if (known.has(String(row.oid))) continue;
    const index = `${traits.quote(String(row.schema))}.${traits.quote(String(row.name))}`;
    if (row.reachable !== true) {
      await warn(
        session,
        `${index} is left invalid; a superuser can drop it: DROP INDEX CONCURRENTLY ${index}`,
      );
      continue;
    }
    // Like the rebuild itself, it waits for the transactions that are open, and blocks nobody meanwhile.
    await session.limit({ lockTimeoutMs: 0, statementTimeoutMs: 0 });
    await session.execute(`DROP INDEX CONCURRENTLY IF EXISTS ${index}`);
    onCleaned(String(row.name), String(row.table));
  }
}

/** `reachable` is false for most roles on TOAST tables: their schema is the superuser's. */
async function invalidIndexes(session: Session, of: ObjectName): Promise<Row[]> {
  return session.query(
    `SELECT i.indexrelid::text AS oid, c.relname AS name, n.nspname AS schema, t.relname AS table,
            has_schema_privilege(n.oid, 'USAGE') AS reachable
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_class o ON o.reltoastrelid = i.indrelid
       JOIN pg_class t ON t.oid = coalesce(o.oid, i.indrelid)
      WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' AND ${scope(of)}
        AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p
                         WHERE p.relid = i.indrelid AND p.datname = current_database())
      ORDER BY i.indexrelid`,
    of.kind === "database" ? [] : [qualifiedName(of)],
  );
}

/** Which indexes a REINDEX goes through: `t` is the table, or the one whose TOAST table has the index. */
function scope({ kind }: ObjectName): string {
  const withPartitions = `SELECT to_regclass($1) UNION SELECT relid FROM pg_partition_tree(to_regclass($1))`;
  switch (kind) {
    case "database":
      return "true";
    case "schema":
      return "t.relnamespace = to_regnamespace($1)";
    case "index":
      return `i.indrelid IN (SELECT indrelid FROM pg_index WHERE indexrelid IN (${withPartitions}))`;
    default:
      return `t.oid IN (${withPartitions})`;
  }
}

/** Through the server, so that it is shown as the server's other warnings are. */
async function warn(session: Session, message: string): Promise<void> {
  await session.execute(
    `DO $godwit$ BEGIN RAISE WARNING USING MESSAGE = '${message.replaceAll("'", "''")}'; END $godwit$`,
  );
}
