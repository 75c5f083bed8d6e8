import { draft } from "./draft.ts";
import type { TableName } from "../../core/portable.ts";
import type {
  DdlStatement,
  RenderRole,
  TableDdl,
  TargetColumn,
  TargetTable,
  TextEquality,
} from "../data-roles.ts";
import { printable, renderCheckOfReferences, renderTable, rowidColumn } from "./render-table.ts";
import { renderIndex } from "./render-index.ts";
import { readCreateTable } from "./create-table.ts";
import { ownTableDdl } from "./render-own-table.ts";
import { decideType, sqliteCollation } from "./render-type.ts";
import { traits } from "./traits.ts";
import { readSchemaAgain } from "./virtual-tables.ts";

/**
 * STRICT tables, so that what is written is what is kept. SQLite adds no constraints to a table that exists: keys,
 * checks and references stand in CREATE TABLE. Other unique keys and all indexes are made after the load.
 */
export const render: RenderRole = {
  type: (column) => decideType(column),
  ddl,
  generates: (table, { generated }) =>
    table.own?.statement === undefined
      ? generated?.expression
        ? printable(table, generated.expression) !== null
        : false
      : generated !== null,
  equality,
  draft,
  view: ({ name, columns, text }) => {
    const title = `view ${name}`;
    const list = columns.length === 0 ? "" : ` (${columns.map(traits.quote).join(", ")})`;
    return {
      create: { sql: `CREATE VIEW main.${traits.quote(name)}${list} AS ${text}`, title },
      drop: { sql: `DROP VIEW IF EXISTS main.${traits.quote(name)}`, title },
    };
  },
  schema: () => [],
  drop: (tables) => [
    readSchemaAgain,
    ...tables.map((table) => ({
      sql: `DROP TABLE IF EXISTS ${quoted(table)}`,
      title: `drop ${table.name}`,
    })),
  ],
  truncate: (tables) =>
    tables.map((table) => ({ sql: `DELETE FROM ${quoted(table)}`, title: `empty ${table.name}` })),
  counters: counterThere,
  defaultSchema: "",
};

function ddl(table: TargetTable): TableDdl {
  const statement = table.own?.statement;
  if (statement !== undefined) return ownTableDdl(table, statement, counter(table));
  const undone: string[] = [];
  const create = renderTable(table, undone);
  const keys: DdlStatement[] = table.uniques.map((key) => ({
    sql: `CREATE UNIQUE INDEX ${traits.quote(key.name)} ON ${traits.quote(table.name)} (${key.columns.map(traits.quote).join(", ")})`,
    title: `unique key ${key.name}`,
  }));
  for (const index of table.indexes) {
    const statement = renderIndex(table, index, undone);
    if (statement !== null) keys.push(statement);
  }
  if (table.comment !== null) undone.push(`comment on ${table.name}`);
  for (const column of table.columns) {
    if (column.comment !== null) undone.push(`comment on ${table.name}.${column.name}`);
    if (column.onUpdateNow) undone.push(`ON UPDATE CURRENT_TIMESTAMP of ${table.name}.${column.name}`);
  }
  if (table.partitioning !== null) {
    undone.push(`partitions of ${table.name} by ${table.partitioning.method}: the rows are in one table`);
  }
  return {
    create: [create],
    keys,
    constraints: table.foreignKeys.length === 0 ? [] : [renderCheckOfReferences(table)],
    finish: counter(table),
    undone,
  };
}

/** Of a table that is there: only AUTOINCREMENT counts, and without any there is no sqlite_sequence. */
function counterThere(table: TargetTable): DdlStatement[] {
  const statement = table.own?.statement;
  return statement !== undefined && !readCreateTable(statement).autoincrement ? [] : counter(table);
}

/** AUTOINCREMENT counts in sqlite_sequence, which has a row for the table only after its first insert. */
function counter(table: TargetTable): DdlStatement[] {
  const column = rowidColumn(table);
  const next = column?.identity?.next ?? null;
  if (column === null || next === null) return [];
  const last = BigInt(next) - 1n;
  const name = table.name.replaceAll("'", "''");
  const from = `SELECT max(${last}, coalesce((SELECT max(${traits.quote(column.name)}) FROM main.${traits.quote(table.name)}), 0))`;
  return [
    {
      sql: `DELETE FROM main.sqlite_sequence WHERE name = '${name}'`,
      title: `counter of ${table.name}`,
    },
    {
      sql: `INSERT INTO main.sqlite_sequence (name, seq) VALUES ('${name}', (${from}))`,
      title: `counter of ${table.name}`,
    },
  ];
}

function quoted({ name }: TableName): string {
  return `main.${traits.quote(name)}`;
}

/** NOCASE knows the letters A to Z only, so that it takes no more for one than its source did, or less. */
function equality({ decision, collation }: TargetColumn): TextEquality | null {
  const kept = sqliteCollation({ type: decision.type, collation });
  if (kept === null) return null;
  return { caseInsensitive: kept === "NOCASE", accentInsensitive: false, padSpace: kept === "RTRIM" };
}
