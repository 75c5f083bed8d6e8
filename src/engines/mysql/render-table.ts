import { printExpression } from "../../sql/expression/print.ts";
import type { DdlStatement, TargetColumn, TargetTable } from "../data-roles.ts";
import { counterColumn } from "./counter-column.ts";
import { isRowTime } from "./normalize-columns.ts";
import { columnCollation, tableCollation } from "./render-collation.ts";
import { counterKey } from "./render-keys.ts";
import { partitionSql } from "./render-partitions.ts";
import { namedServer } from "./server-version.ts";
import { nameList, plainLiteral, tableText } from "./sql-text.ts";
import { traits } from "./traits.ts";

/** What a row may take beside texts and blobs that are kept apart, less what the server adds. */
const rowBytes = 65_000;

export function createTable(table: TargetTable, undone: string[]): DdlStatement {
  const counter = counterColumn(table);
  const wide = tooWide(table);
  const parts = table.columns.map((column) =>
    columnSql(table, column, { isCounter: column === counter, isWide: wide.has(column) }, undone),
  );
  for (const column of wide)
    undone.push(`the limit of the length of ${column.name}: a row has ${rowBytes} bytes at most`);
  if (table.primaryKey !== null) parts.push(`PRIMARY KEY (${nameList(table.primaryKey.columns)})`);
  // A counter must be the first column of a key from the beginning.
  if (counter !== null && table.primaryKey?.columns[0] !== counter.name)
    parts.push(counterKey(table, counter)?.sql ?? ownCounterKey(table, counter));
  const comment =
    table.comment === null
      ? ""
      : ` COMMENT=${plainLiteral(cut(table.comment, 2_048, `comment on ${table.name}`, undone))}`;
  return {
    sql: `CREATE TABLE ${tableText(table)} (\n  ${parts.join(",\n  ")}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${tableCollation}${comment}${partitionSql(table, undone)}`,
    title: `table ${table.name}`,
  };
}

/** Under a name that no other key will have. */
function ownCounterKey({ indexes, uniques }: TargetTable, { name }: TargetColumn): string {
  const taken = new Set([...indexes, ...uniques].map((key) => key.name.toLowerCase()));
  let own = name;
  for (let n = 2; taken.has(own.toLowerCase()); n++) own = `${name}_${n}`;
  return `KEY ${traits.quote(own)} (${traits.quote(name)})`;
}

/** What a column is computed by; null where it is not, or where that cannot be said. */
export function generationSql(generated: TargetColumn["generated"]): string | null {
  // The times of a version of a row are its table's own.
  if (generated === null || isRowTime(generated.text)) return null;
  return generated.expression ? printExpression(generated.expression, "mysql") : null;
}

function columnSql(
  table: TargetTable,
  column: TargetColumn,
  { isCounter, isWide }: { readonly isCounter: boolean; readonly isWide: boolean },
  undone: string[],
): string {
  const { name, decision, generated, comment } = column;
  const place = `${table.name}.${name}`;
  const collation =
    decision.type.kind === "uuid"
      ? null
      : columnCollation({ collation: column.collation, type: decision.type }, table.server);
  const words = [
    traits.quote(name),
    isWide ? "longtext" : decision.sql,
    ...(collation === null ? [] : [`COLLATE ${collation}`]),
  ];
  const generation = generationSql(generated);
  if (generated !== null && generation !== null) {
    words.push(`GENERATED ALWAYS AS (${generation}) ${generated.stored ? "STORED" : "VIRTUAL"}`);
    if (!column.nullable) {
      if (namedServer(table.server)?.mariaDb === false) words.push("NOT NULL");
      else undone.push(`NOT NULL of ${place}: MariaDB has none for what it computes`);
    }
  } else {
    if (generated !== null) undone.push(`generation of ${place}: ${generated.text}`);
    words.push(column.nullable && !isCounter ? "NULL" : "NOT NULL");
    const value = isCounter ? null : defaultSql(column, place, undone);
    if (value !== null) words.push(`DEFAULT ${value}`);
    if (column.onUpdateNow) words.push(`ON UPDATE ${now(column)}`);
  }
  if (isCounter) words.push("AUTO_INCREMENT");
  else if (column.identity !== null) undone.push(`counter of ${place}: a table has one, of whole numbers`);
  if (comment !== null)
    words.push(`COMMENT ${plainLiteral(cut(comment, 1_024, `comment on ${place}`, undone))}`);
  return words.join(" ");
}

function defaultSql(column: TargetColumn, place: string, undone: string[]): string | null {
  const given = column.default;
  if (given === null) return null;
  const { expression } = given;
  const { type, sql } = column.decision;
  const text = expression === null ? null : printExpression(expression, "mysql");
  if (expression === null || text === null) {
    undone.push(`default of ${place}: ${given.text}`);
    return null;
  }
  if (expression.kind === "null") return column.nullable ? "NULL" : null;
  // An array is JSON here.
  if (column.type.kind === "array" && expression.kind === "string" && expression.value === "{}")
    return "('[]')";
  // Without parentheses it must have as many digits of a second as the column.
  if (expression.kind === "now" && expression.what === "timestamp" && type.kind === "timestamp")
    return now(column);
  if (expression.kind === "string" && type.kind === "bits" && /^[01]+$/.test(expression.value))
    return `b'${expression.value}'`;
  const isLiteral = /^(string|number|boolean|bytes)$/.test(expression.kind);
  // Literals of these types are taken as expressions only.
  return isLiteral && !/text|blob|json|geometry|point/.test(sql)
    ? text.replace(/^\((-[\d.]+)\)$/, "$1")
    : `(${text})`;
}

function now({ decision: { type } }: TargetColumn): string {
  const precision = type.kind === "timestamp" ? type.precision : 0;
  return precision === 0 ? "CURRENT_TIMESTAMP" : `CURRENT_TIMESTAMP(${precision})`;
}

/** The widest columns without a key that must be kept apart, for the rest to find room in a row. */
function tooWide(table: TargetTable): ReadonlySet<TargetColumn> {
  const keyed = new Set([
    ...(table.primaryKey?.columns ?? []),
    ...table.uniques.flatMap((key) => key.columns),
    ...table.indexes.flatMap((index) =>
      index.parts.flatMap((part) => (part.prefix === null && part.column !== null ? [part.column] : [])),
    ),
  ]);
  const widths = table.columns.map((column) => ({ column, bytes: bytesOf(column.decision.sql) }));
  let total = widths.reduce((sum, one) => sum + one.bytes, 0);
  const wide = new Set<TargetColumn>();
  for (const { column, bytes } of widths.toSorted((one, other) => other.bytes - one.bytes)) {
    if (total <= rowBytes) break;
    if (keyed.has(column.name) || !column.decision.sql.startsWith("varchar")) continue;
    wide.add(column);
    total -= bytes - 12;
  }
  return wide;
}

function bytesOf(sql: string): number {
  const length = Number(/^(?:var)?(?:char|binary)\((\d+)\)/.exec(sql)?.[1] ?? 0);
  if (length === 0) return 12;
  return /binary/.test(sql) ? length + 2 : length * 4 + 2;
}

function cut(text: string, most: number, what: string, undone: string[]): string {
  if (text.length <= most) return text;
  undone.push(`${what} after ${most} characters`);
  return text.slice(0, most);
}
