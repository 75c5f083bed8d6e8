import type { DdlStatement, SwappedTable, SwapRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { traits } from "./traits.ts";

/**
 * A file has one space of names, and references are to names: the new tables refer to the final ones from the
 * beginning, and their indexes are made when those of the old ones are gone. The pragma keeps RENAME from looking
 * into views, of which a table is missing for that moment, and from changing the references.
 */
export const swap: SwapRole = {
  beside: ({ schema, name }) => ({ schema, name: `${prefix}${name}` }),
  isWhole: false,
  open: () => [],
  swap: swapSql,
  obstacles,
  leftovers,
  discard: (tables) =>
    tables.map(({ beside }) => ({
      sql: `DROP TABLE IF EXISTS main.${traits.quote(beside.name)}`,
      title: `drop ${beside.name}`,
    })),
};

const prefix = "godwit_new_";

function swapSql(tables: readonly SwappedTable[]): DdlStatement[] {
  return [
    { sql: "PRAGMA legacy_alter_table = ON", title: "rename without a look at views" },
    ...tables.map(({ name }) => ({
      sql: `DROP TABLE IF EXISTS main.${traits.quote(name.name)}`,
      title: `drop ${name.name}`,
    })),
    ...tables.map(({ beside, name }) => ({
      sql: `ALTER TABLE main.${traits.quote(beside.name)} RENAME TO ${traits.quote(name.name)}`,
      title: `swap in ${name.name}`,
    })),
  ];
}

async function obstacles(session: Session, tables: readonly SwappedTable[]): Promise<string[]> {
  const names = JSON.stringify(tables.map(({ name }) => name.name.toLowerCase()));
  const rows = await session.query(
    `WITH swapped(name) AS (SELECT value FROM json_each(?))
      SELECT 'foreign key of ' || t.name || ' refers to ' || f."table" AS what
      FROM main.sqlite_schema t, pragma_foreign_key_list(t.name, 'main') f
      WHERE t.type = 'table' AND f.seq = 0 AND lower(f."table") IN swapped AND lower(t.name) NOT IN swapped
      UNION ALL
      SELECT 'trigger ' || name || ' of ' || tbl_name FROM main.sqlite_schema
      WHERE type = 'trigger' AND lower(tbl_name) IN swapped
      ORDER BY 1`,
    [names],
  );
  return rows.map(({ what }) => String(what));
}

async function leftovers(session: Session, tables: readonly SwappedTable[]): Promise<string[]> {
  const rows = await session.query(
    `SELECT 'table ' || name AS what FROM main.sqlite_schema
      WHERE type = 'table' AND lower(name) IN (SELECT value FROM json_each(?)) ORDER BY 1`,
    [JSON.stringify(tables.map(({ beside }) => beside.name.toLowerCase()))],
  );
  return rows.map(({ what }) => String(what));
}
