import type { PortableColumn, PortableTable } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";

/**
 * To a table's columns of whole numbers the columns that their foreign keys refer to, in the end: a key and what refers
 * to it must be of one type on most engines, so the key's decides.
 */
export function referencedNumbers(
  table: PortableTable,
  tables: ReadonlyMap<string, PortableTable>,
): ReadonlyMap<string, PortableColumn> {
  return new Map(
    table.columns.flatMap((column) => {
      const last = lastReferenced(table, column, tables, new Set());
      return last === column || last.type.kind !== "integer" || column.type.kind !== "integer"
        ? []
        : [[column.name, last] as const];
    }),
  );
}

function lastReferenced(
  table: PortableTable,
  column: PortableColumn,
  tables: ReadonlyMap<string, PortableTable>,
  seen: Set<PortableColumn>,
): PortableColumn {
  // Two tables may refer to each other.
  if (seen.has(column)) return column;
  seen.add(column);
  for (const { columns, references } of table.foreignKeys) {
    const place = columns.indexOf(column.name);
    const parent = place < 0 ? undefined : tables.get(tableKey(references));
    const referenced = parent?.columns.find(({ name }) => name === references.columns[place]);
    if (parent !== undefined && referenced !== undefined)
      return lastReferenced(parent, referenced, tables, seen);
  }
  return column;
}
