import { foreignOptions } from "./dump-item.ts";
import { sequenceOptions, type SequenceRow } from "./dump-sequences.ts";
import type { ColumnRow, ConstraintRow, RelationRow } from "./inspect-relations.ts";

export interface ColumnContext {
  readonly table: RelationRow;
  /** The sequence of an identity column. */
  readonly sequence: SequenceRow | undefined;
  /** The column's named NOT NULL (PostgreSQL 18). */
  readonly notNull: ConstraintRow | undefined;
  readonly withDefault: boolean;
}

/** A column as it stands in CREATE TABLE. */
export function columnClause(column: ColumnRow, context: ColumnContext): string {
  const parts = [column.quoted, column.type];
  if (column.serverOptions !== null) parts.push(foreignOptions(column.serverOptions).trim());
  if (column.collation !== null) parts.push(`COLLATE ${column.collation}`);
  if (column.generated !== "") {
    parts.push(`GENERATED ALWAYS AS (${column.default}) ${column.generated === "s" ? "STORED" : "VIRTUAL"}`);
  } else if (column.default !== null && context.withDefault) {
    parts.push(`DEFAULT ${column.default}`);
  }
  // Since 17 a partition shares the sequence of its parent and gets the property when it is attached.
  if (column.identity !== "" && !(context.table.isPartition && context.sequence === undefined)) {
    parts.push(`GENERATED ${column.identity === "a" ? "ALWAYS" : "BY DEFAULT"} AS IDENTITY`);
    const options = identityOptions(column, context);
    if (options !== "") parts.push(`(${options})`);
  }
  if (column.notNull && context.notNull?.validated !== false) parts.push(notNullClause(column, context));
  return parts.join(" ");
}

function identityOptions(column: ColumnRow, { table, sequence }: ColumnContext): string {
  if (sequence === undefined) return "";
  const usual =
    sequence.schema === table.schema && sequence.name === generatedName(table.name, column.name, "seq");
  return [...(usual ? [] : [`SEQUENCE NAME ${sequence.full}`]), ...sequenceOptions(sequence)].join(" ");
}

function notNullClause(column: ColumnRow, { table, notNull }: ColumnContext): string {
  if (notNull === undefined) return "NOT NULL";
  const usual = notNull.name === generatedName(table.name, column.name, "not_null");
  return `${usual ? "" : `CONSTRAINT ${notNull.quoted} `}NOT NULL${notNull.noInherit ? " NO INHERIT" : ""}`;
}

/** The name the server would choose; null where it would have to shorten it, so that the name is written out. */
function generatedName(table: string, column: string, label: string): string | null {
  const name = `${table}_${column}_${label}`;
  return Buffer.byteLength(name) < 64 ? name : null;
}

const storageNames: Readonly<Record<string, string>> = {
  p: "PLAIN",
  e: "EXTERNAL",
  m: "MAIN",
  x: "EXTENDED",
};
const compressionNames: Readonly<Record<string, string>> = { p: "pglz", l: "lz4" };

/** What of a column CREATE TABLE has no place for in every supported version. */
export function columnSettings(column: ColumnRow, alter: string): string[] {
  const change = `${alter} ALTER COLUMN ${column.quoted}`;
  return [
    ...(column.storage === null ? [] : [`${change} SET STORAGE ${storageNames[column.storage]};`]),
    ...(column.compression === null
      ? []
      : [`${change} SET COMPRESSION ${compressionNames[column.compression]};`]),
    ...(column.statistics === null ? [] : [`${change} SET STATISTICS ${column.statistics};`]),
    ...(column.options === null ? [] : [`${change} SET (${column.options.join(", ")});`]),
  ];
}
