import type { PortableType } from "../../core/portable.ts";
import type { BackupTable } from "../backup-role.ts";
import type { Session } from "../engine.ts";
import { notOfExtension, readCatalog, rows, userSchema } from "./inspect-catalog.ts";
import { rowsEstimate } from "./rows-estimate.ts";

interface TableRow {
  readonly schema: string;
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly base: string }[] | null;
}

/**
 * Each table that stores rows, partitions included, as they stand in no other one. Pages cut it into chunks: they are read
 * in the order in which they lie.
 */
export async function backupTables(session: Session): Promise<{
  readonly tables: readonly BackupTable[];
  /** Rows that cannot be said in COPY's text, for people. */
  readonly unreadable: readonly string[];
}> {
  const found = await readCatalog(session, () =>
    rows<TableRow>(
      session,
      `SELECT n.nspname AS schema, c.relname AS name, greatest(${rowsEstimate("c")}, 0)::float8 AS rows,
         pg_table_size(c.oid)::float8 AS bytes,
         (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
             'base', (WITH RECURSIVE base(oid, of) AS (
                 SELECT t.oid, t.typbasetype FROM pg_type t WHERE t.oid = a.atttypid
                 UNION ALL SELECT t.oid, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.of WHERE b.of <> 0)
               SELECT format_type(b.oid, NULL) FROM base b WHERE b.of = 0))
           ORDER BY a.attnum)
          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
           AS columns
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${userSchema("n")} AND ${notOfExtension("pg_class", "c.oid")}
       ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
    ),
  );
  return {
    tables: found
      .filter(({ columns }) => columns !== null)
      .map(({ schema, name, rows: count, bytes, columns }) => ({
        schema,
        name,
        columns: (columns ?? []).map((column) => ({
          name: column.name,
          type: typeOf(column.base),
          sql: column.type,
        })),
        key: [],
        estimate: { rows: count, bytes },
      })),
    unreadable: found
      .filter(({ columns }) => columns === null)
      .map(({ schema, name }) => `rows of ${schema}.${name}, which has no column that holds values`),
  };
}

/**
 * Each value goes in the text that the server prints and reads again. Money alone is printed by the server's locale. What
 * can hold no control characters needs no look at its bytes.
 */
function typeOf(base: string): PortableType {
  if (base === "money") return { kind: "decimal", precision: null, scale: null };
  if (/^(smallint|integer|bigint)$/.test(base)) return { kind: "integer", bits: 64, unsigned: false };
  if (base === "numeric") return { kind: "decimal", precision: null, scale: null };
  if (/^(real|double precision)$/.test(base)) return { kind: "float", bits: 64 };
  if (base === "uuid") return { kind: "uuid" };
  return { kind: "native", name: base };
}
