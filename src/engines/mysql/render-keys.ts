import type { PortableIndex, PortableKey } from "../../core/portable.ts";
import { printExpression } from "../../sql/expression/print.ts";
import type { DdlStatement, TargetColumn, TargetTable } from "../data-roles.ts";
import { counterColumn } from "./counter-column.ts";
import { isMariaDb } from "./server-version.ts";
import { nameList, tableText } from "./sql-text.ts";
import { traits } from "./traits.ts";

/**
 * All keys and indexes in one ALTER TABLE, for which the server reads the table once. Full-text indexes stand alone:
 * InnoDB makes one at a time.
 */
export function keysDdl(table: TargetTable, undone: string[]): DdlStatement[] {
  const alter = `ALTER TABLE ${tableText(table)}`;
  const counter = counterColumn(table);
  // The table is made with it.
  const first =
    counter === null || table.primaryKey?.columns[0] === counter.name ? null : counterKey(table, counter);
  const adds = table.uniques
    .filter((key) => key !== first?.key)
    .map((key) => ({ name: key.name, sql: `ADD ${uniqueSql(key)}` }));
  const single: DdlStatement[] = [];
  for (const index of table.indexes.filter((each) => each !== first?.key)) {
    const sql = indexSql(table, index, undone);
    if (sql === null) continue;
    const isExpression = index.parts.some((part) => part.column === null);
    const title = `index ${index.name} of ${table.name}`;
    const { server = "" } = table;
    if (isExpression && server !== "" && !isMariaDb(server)) single.push({ sql: `${alter} ${sql}`, title });
    else if (isExpression) {
      undone.push(`${title}: MariaDB has no indexes of expressions`);
      // MariaDB reads past the comment, and does nothing.
      if (server === "") single.push({ sql: `${alter} /*!80013 ${sql}*/`, title });
    } else if (index.method === "fulltext") single.push({ sql: `${alter} ${sql}`, title });
    else adds.push({ name: index.name, sql });
  }
  if (adds.length === 0) return single;
  const title = `${adds.length === 1 ? "index" : "indexes"} ${adds.map(({ name }) => name).join(", ")} of ${table.name}`;
  return [{ sql: `${alter}\n  ${adds.map(({ sql }) => sql).join(",\n  ")}`, title }, ...single];
}

/** The key of the table that begins with its counter, which has to be there from the beginning; null where none does. */
export function counterKey(
  table: TargetTable,
  counter: TargetColumn,
): { readonly key: PortableKey | PortableIndex; readonly sql: string } | null {
  const unique = table.uniques.find(({ columns }) => columns[0] === counter.name);
  if (unique !== undefined) return { key: unique, sql: uniqueSql(unique) };
  const isFirst = ({ parts: [part], method }: PortableIndex) =>
    method === "btree" && part?.column === counter.name && !part.descending;
  for (const index of table.indexes.filter(isFirst)) {
    // What cannot be made of it is told where all of them are.
    const sql = index.parts.every(({ column }) => column !== null) ? indexSql(table, index, []) : null;
    if (sql !== null) return { key: index, sql: sql.replace(/^ADD /, "") };
  }
  return null;
}

function uniqueSql({ name, columns }: PortableKey): string {
  return `UNIQUE KEY ${traits.quote(name)} (${nameList(columns)})`;
}

function indexSql(table: TargetTable, index: PortableIndex, undone: string[]): string | null {
  const give = (why: string) => {
    undone.push(`index ${index.name} of ${table.name}: ${why}`);
    return null;
  };
  const { method, unique } = index;
  if (method === "gin" || method === "gist" || method === "other")
    return give(`there are no ${method} indexes`);
  if (index.where !== null && unique) return give(`its condition ${index.where.text}`);
  const columns = new Map(table.columns.map((column) => [column.name, column]));
  if (
    method === "spatial" &&
    index.parts.some((part) => part.column === null || columns.get(part.column)?.nullable !== false)
  ) {
    return give("a spatial index needs a column that is NOT NULL");
  }
  const parts: string[] = [];
  for (const part of index.parts) {
    const order = part.descending ? " DESC" : "";
    if (part.column !== null) {
      const sql = columns.get(part.column)?.decision.sql ?? "";
      if (/^json\b/.test(sql)) return give("json is not indexed");
      const length = part.prefix ?? (/(text|blob)\b/.test(sql) && method !== "fulltext" ? 255 : null);
      if (length !== null && part.prefix === null && unique) return give(`${sql} has no unique index`);
      parts.push(
        `${traits.quote(part.column)}${length === null || method === "fulltext" ? "" : `(${length})`}${order}`,
      );
      continue;
    }
    const text = part.expression === null ? null : printExpression(part.expression, "mysql");
    if (text === null) return give(`the expression ${part.text}`);
    parts.push(`(${text})${order}`);
  }
  if (index.where !== null)
    undone.push(`condition of index ${index.name} of ${table.name}: ${index.where.text}; all rows are in it`);
  if (index.include.length > 0) undone.push(`included columns of index ${index.name} of ${table.name}`);
  const kind =
    method === "fulltext" ? "FULLTEXT " : method === "spatial" ? "SPATIAL " : unique ? "UNIQUE " : "";
  return `ADD ${kind}KEY ${traits.quote(index.name)} (${parts.join(", ")})`;
}
