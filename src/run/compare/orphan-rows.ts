import type { Reference } from "../../core/plan.ts";
import type { PortableTable, TableName } from "../../core/portable.ts";
import { tableKey } from "../../core/table-key.ts";
import type { Engine, Session } from "../../engines/engine.ts";
import { ownRows, qualifiedTable } from "../../engines/qualified-table.ts";

/** A foreign key of which some rows refer to nothing. */
export interface OrphanRows {
  readonly table: string;
  readonly foreignKey: string;
  readonly rows: string;
}

/** Counts, for each reference, the rows whose parent is not there: a key that was not validated holds nothing. */
export async function orphanRows(
  { traits }: Engine,
  session: Session,
  references: readonly Reference[],
  /** As they are there, where that is known: rows of tables that inherit from others are not bound by their keys. */
  tables: readonly PortableTable[] = [],
): Promise<OrphanRows[]> {
  const { quote } = traits;
  const known = new Map(tables.map((table) => [tableKey(table), table]));
  const qualified = (table: TableName) => {
    const found = known.get(tableKey(table));
    return found === undefined ? qualifiedTable(traits, table) : ownRows(traits, found);
  };
  const found: OrphanRows[] = [];
  for (const { table, key } of references) {
    const { columns } = key.references;
    if (columns.length !== key.columns.length) continue;
    const given = key.columns.map((name) => `c.${quote(name)} IS NOT NULL`).join(" AND ");
    const equal = key.columns.map((name, n) => `p.${quote(columns[n]!)} = c.${quote(name)}`).join(" AND ");
    const [row] = await session.query(
      `SELECT count(*) AS orphans FROM ${qualified(table)} c WHERE ${given}
        AND NOT EXISTS (SELECT 1 FROM ${qualified(key.references)} p WHERE ${equal})`,
    );
    const rows = String(row?.orphans ?? 0);
    if (rows !== "0") found.push({ table: tableKey(table), foreignKey: key.name, rows });
  }
  return found;
}
