import type { DdlStatement, TableDdl, TargetTable } from "../data-roles.ts";
import { nameOfTable, readCreateTable } from "./create-table.ts";
import { renderCheckOfReferences } from "./render-table.ts";
import { traits } from "./traits.ts";

/** A table and its indexes by their own texts, of which at most the table's name is another. */
export function ownTableDdl(
  table: TargetTable,
  statement: string,
  counter: readonly DdlStatement[],
): TableDdl {
  const { name, start, end } = nameOfTable(statement);
  const { autoincrement } = readCreateTable(statement);
  const isUsed = table.columns.some(({ identity }) => identity !== null && identity.next !== "1");
  const named = name === table.name ? statement.slice(start, end) : traits.quote(table.name);
  return {
    create: [{ sql: `CREATE TABLE main.${named}${statement.slice(end)}`, title: `table ${table.name}` }],
    keys: table.indexes.map(({ definition, name: index }) => ({ sql: definition, title: `index ${index}` })),
    constraints: table.foreignKeys.length === 0 ? [] : [renderCheckOfReferences(table)],
    // What has never counted has no counter.
    finish: autoincrement && isUsed ? counter : [],
    undone: [],
  };
}
