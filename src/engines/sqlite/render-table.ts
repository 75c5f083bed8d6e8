import type { Expression } from "../../core/expression.ts";
import type { PortableForeignKey } from "../../core/portable.ts";
import { columnsOf } from "../../sql/expression/map-expression.ts";
import { printExpression } from "../../sql/expression/print.ts";
import type { DdlStatement, TargetColumn, TargetTable } from "../data-roles.ts";
import { isDigitsInText, keepsDeclaration, sqliteCollation } from "./render-type.ts";
import { traits } from "./traits.ts";

export function renderTable(table: TargetTable, undone: string[]): DdlStatement {
  const rowid = rowidColumn(table);
  const parts = [
    ...table.columns.map((column) => columnSql(table, column, column === rowid, undone)),
    ...(table.primaryKey === null || rowid !== null
      ? []
      : [
          `CONSTRAINT ${traits.quote(table.primaryKey.name)} PRIMARY KEY (${list(table.primaryKey.columns)})`,
        ]),
    ...table.foreignKeys.map(foreignKeySql),
  ];
  for (const check of table.checks) {
    const sql = check.expression === null ? null : printable(table, check.expression);
    if (sql === null) undone.push(`check ${check.name} of ${table.name}: ${check.text}`);
    else parts.push(`CONSTRAINT ${traits.quote(check.name)} CHECK (${sql})`);
  }
  return {
    sql: `CREATE TABLE main.${traits.quote(table.name)} (\n  ${parts.join(",\n  ")}\n)${isStrict(table) ? " STRICT" : ""}`,
    title: `table ${table.name}`,
  };
}

function isStrict(table: TargetTable): boolean {
  return !table.columns.some(keepsDeclaration);
}

/** ANY keeps all values in STRICT tables; elsewhere it would make numbers of texts, and no word at all keeps them. */
function declaration(table: TargetTable, { decision }: TargetColumn): string[] {
  return decision.sql === "ANY" && !isStrict(table) ? [] : [decision.sql];
}

/** A statement that fails where a row refers to one that is not there: SQLite checks references only as they are written. */
export function renderCheckOfReferences({ name }: TargetTable): DdlStatement {
  const text = name.replaceAll("'", "''");
  // A path that is none is SQLite's only error with a text of one's own outside of triggers.
  return {
    sql: `SELECT json_extract('{}', CASE WHEN EXISTS (SELECT 1 FROM pragma_foreign_key_check('${text}')) THEN 'rows of ${text} refer to rows that do not exist' ELSE '$' END)`,
    title: `references of ${name}`,
  };
}

/** An expression for SQLite, or null: also where it would compare digits that are kept as text. */
export function printable(table: TargetTable, expression: Expression): string | null {
  const used = new Set(columnsOf(expression));
  if (table.columns.some(({ name, decision }) => used.has(name) && isDigitsInText(decision))) return null;
  return printExpression(expression, "sqlite");
}

/** The identity that becomes the rowid: an INTEGER that is the primary key alone; null where there is none. */
export function rowidColumn(table: TargetTable): TargetColumn | null {
  const [only, more] = table.primaryKey?.columns ?? [];
  if (only === undefined || more !== undefined) return null;
  const column = table.columns.find(({ name }) => name === only);
  return column?.identity !== null && column?.decision.sql === "INTEGER" ? column : null;
}

function columnSql(table: TargetTable, column: TargetColumn, isRowid: boolean, undone: string[]): string {
  const { name, decision, generated } = column;
  const words = [traits.quote(name), ...declaration(table, column)];
  if (isRowid) {
    words.push(`PRIMARY KEY${column.identity?.next === null ? "" : " AUTOINCREMENT"}`);
    return words.join(" ");
  }
  if (column.identity !== null)
    undone.push(`counter of ${table.name}.${name}: SQLite counts only a primary key`);
  if (!column.nullable) words.push("NOT NULL");
  const collation = sqliteCollation(column);
  if (collation !== null) words.push(`COLLATE ${collation}`);
  if (generated !== null) {
    const sql = generated.expression === null ? null : printable(table, generated.expression);
    if (sql === null) undone.push(`generation of ${table.name}.${name}: ${generated.text}`);
    else words.push(`GENERATED ALWAYS AS (${sql}) ${generated.stored ? "STORED" : "VIRTUAL"}`);
  } else if (column.default !== null) {
    const { expression } = column.default;
    // A default names no other column here.
    const isSaid = expression !== null && columnsOf(expression).length === 0;
    const sql = isSaid ? printable(table, expression) : null;
    if (sql === null) undone.push(`default of ${table.name}.${name}: ${column.default.text}`);
    else words.push(`DEFAULT (${defaultSql(column, sql)})`);
  }
  if (decision.type.kind === "boolean" && decision.sql === "INTEGER")
    words.push(`CHECK (${traits.quote(name)} IN (0, 1))`);
  if (decision.type.kind === "enum") {
    const labels = decision.type.labels.map((label) => `'${label.replaceAll("'", "''")}'`);
    words.push(`CHECK (${traits.quote(name)} IN (${labels.join(", ")}))`);
  }
  return words.join(" ");
}

/** STRICT tables refuse a default of another class only when it is used, so digits become the text that they are. */
function defaultSql({ type, decision, default: given }: TargetColumn, sql: string): string {
  // An array is JSON here.
  if (type.kind === "array" && sql === "'{}'") return "'[]'";
  const isNumber = given?.expression?.kind === "number";
  return isNumber && decision.sql === "TEXT" ? `'${sql}'` : sql;
}

function foreignKeySql(key: PortableForeignKey): string {
  const { references: parent } = key;
  return [
    `CONSTRAINT ${traits.quote(key.name)} FOREIGN KEY (${list(key.columns)}) REFERENCES ${traits.quote(parent.name)} (${list(parent.columns)})`,
    ...(key.onUpdate === "no action" ? [] : [`ON UPDATE ${key.onUpdate.toUpperCase()}`]),
    ...(key.onDelete === "no action" ? [] : [`ON DELETE ${key.onDelete.toUpperCase()}`]),
    ...(key.deferrable ? [`DEFERRABLE INITIALLY ${key.initiallyDeferred ? "DEFERRED" : "IMMEDIATE"}`] : []),
  ].join(" ");
}

function list(names: readonly string[]): string {
  return names.map(traits.quote).join(", ");
}
