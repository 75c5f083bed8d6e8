import type { PortableCollation, PortableColumn } from "../../core/portable.ts";
import { parseExpression } from "../../sql/expression/parse.ts";
import type { Row, Session } from "../engine.ts";
import type { TableText } from "./create-table.ts";
import { declaredType } from "./declared-type.ts";
import { sessionOf } from "./session.ts";
import { readShape } from "./table-shape.ts";
import { traits } from "./traits.ts";

export async function normalizeColumns(
  session: Session,
  table: string,
  text: TableText,
  { strict, withoutRowid }: { readonly strict: boolean; readonly withoutRowid: boolean },
): Promise<PortableColumn[]> {
  const rows = await session.query("SELECT * FROM pragma_table_xinfo(?, 'main') ORDER BY cid", [table]);
  const shape = await sessionOf(session).patiently((database) => readShape(database, table));
  const next = shape.rowidColumn === null ? null : await nextRowid(session, table, shape.rowidColumn);
  const keyIsFirm = withoutRowid || shape.rowidColumn !== null || (await hasFirmKey(session, table, rows));
  return rows
    .filter((row) => row.hidden !== 1n)
    .map((row) => {
      const name = String(row.name);
      const key = name.toLowerCase();
      const isRowid = name === shape.rowidColumn;
      const expression = row.hidden === 2n || row.hidden === 3n ? text.generated.get(key) : undefined;
      const type = declaredType(String(row.type));
      return {
        name,
        type,
        declared: String(row.type),
        // The rowid is an integer, whatever else is not enforced.
        advisory: !strict && !isRowid && type.kind !== "any",
        nullable: isNullable(row, isRowid, keyIsFirm),
        default:
          row.dflt_value === null || expression !== undefined
            ? null
            : { expression: parseExpression(String(row.dflt_value), "sqlite"), text: String(row.dflt_value) },
        identity: isRowid ? { always: false, next, increment: "1" } : null,
        generated:
          expression === undefined
            ? null
            : {
                expression: parseExpression(expression, "sqlite"),
                text: expression,
                stored: row.hidden === 3n,
              },
        onUpdateNow: false,
        collation: collation(text.collations.get(key)),
        comment: null,
        own: { type: String(row.type), words: "" },
      };
    });
}

/** A primary key of a table with rowids admits NULL: SQLite keeps this old fault. */
function isNullable(row: Row, isRowid: boolean, keyIsFirm: boolean): boolean {
  return row.notnull === 0n && !isRowid && !(keyIsFirm && row.pk !== 0n);
}

/**
 * Whether no row has a NULL in its primary key, as all but its author mean it: then it tells rows apart. The key's
 * own index answers it, for a single column in one step.
 */
async function hasFirmKey(session: Session, table: string, columns: readonly Row[]): Promise<boolean> {
  const key = columns.filter(({ pk, notnull }) => pk !== 0n && notnull === 0n);
  if (key.length === 0) return true;
  const isNull = key.map(({ name }) => `${traits.quote(String(name))} IS NULL`).join(" OR ");
  const rows = await session.query(`SELECT 1 FROM main.${traits.quote(table)} WHERE ${isNull} LIMIT 1`);
  return rows.length === 0;
}

/** AUTOINCREMENT counts in a table of its own; without it the next value is one above the greatest. */
async function nextRowid(session: Session, table: string, column: string): Promise<string> {
  const [greatest] = await session.query(
    `SELECT max(${traits.quote(column)}) AS last FROM main.${traits.quote(table)}`,
  );
  let last = (greatest?.last ?? 0n) as bigint;
  const [has] = await session.query("SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'");
  if (has !== undefined) {
    const [counted] = await session.query(
      "SELECT max(seq) AS last FROM main.sqlite_sequence WHERE name = ?",
      [table],
    );
    if (typeof counted?.last === "bigint" && counted.last > last) last = counted.last;
  }
  return String(last < 0n ? 1n : last + 1n);
}

function collation(name: string | undefined): PortableCollation | null {
  if (name === undefined || /^binary$/i.test(name)) return null;
  return {
    name: name.toUpperCase(),
    caseInsensitive: /^nocase$/i.test(name),
    accentInsensitive: false,
    padSpace: /^rtrim$/i.test(name),
  };
}
