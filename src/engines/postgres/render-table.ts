import { printExpression } from "../../sql/expression/print.ts";
import type { DdlStatement, TargetColumn, TargetTable } from "../data-roles.ts";
import { besideTable } from "./object-name.ts";
import { collationDdl } from "./render-collation.ts";
import { defaultSql } from "./render-default.ts";
import { partitionKeySql, partitionsDdl } from "./render-partitions.ts";
import { literal, quoted, tableSql } from "./sql-text.ts";

/** Types and the table, with what costs nothing while it is loaded. What cannot be said is added to `undone`. */
export function createDdl(table: TargetTable, undone: string[]): DdlStatement[] {
  const columns = table.columns.map((column) => columnSql(table, column, undone));
  const body = columns.length === 0 ? "()" : `(\n  ${columns.join(",\n  ")}\n)`;
  const partitionKey = partitionKeySql(table, undone);
  const { before = "", after = "" } = table.own ?? {};
  return [
    ...collationDdl(table),
    ...table.columns.flatMap((column) => enumDdl(table, column)),
    {
      sql: `CREATE ${word(before)}TABLE ${tableSql(table)} ${body}${partitionKey ?? ""}${after === "" ? "" : ` ${after}`}`,
      title: `table ${table.name}`,
    },
    ...(partitionKey === null ? [] : partitionsDdl(table)),
  ];
}

function word(text: string): string {
  return text === "" ? "" : `${text} `;
}

function columnSql(table: TargetTable, column: TargetColumn, undone: string[]): string {
  const { decision, identity, generated } = column;
  const parts = [quoted(column.name), decision.sql];
  if (!column.nullable) parts.push("NOT NULL");
  if (identity !== null) parts.push(identitySql(identity.increment, identity.always, decision.sql));
  else if (generated !== null) {
    const expression =
      generated.expression === null ? null : printExpression(generated.expression, "postgres");
    if (expression === null) undone.push(`generation of ${table.name}.${column.name}: ${generated.text}`);
    else parts.push(`GENERATED ALWAYS AS (${expression}) STORED`);
  } else if (column.default !== null) {
    const sql = defaultSql(column.default.expression, decision.type);
    if (sql === null) undone.push(`default of ${table.name}.${column.name}: ${column.default.text}`);
    else if (sql !== "NULL") parts.push(`DEFAULT ${sql}`);
  }
  return parts.join(" ");
}

/** A descending one may stand anywhere: its bounds would be negative by themselves. */
function identitySql(increment: string, always: boolean, type: string): string {
  const options = [
    ...(increment === "1" ? [] : [`INCREMENT BY ${increment}`]),
    ...(increment.startsWith("-") ? [`MAXVALUE ${greatest[type] ?? greatest["bigint"]}`] : []),
  ];
  return `GENERATED ${always ? "ALWAYS" : "BY DEFAULT"} AS IDENTITY${options.length === 0 ? "" : ` (${options.join(" ")})`}`;
}

const greatest: Readonly<Record<string, string>> = {
  smallint: "32767",
  integer: "2147483647",
  bigint: "9223372036854775807",
};

/** Made unless there is one of the same labels; another of that name is an error, before any row is read. */
function enumDdl(table: TargetTable, { decision }: TargetColumn): DdlStatement[] {
  const type = decision.type.kind === "array" ? decision.type.of : decision.type;
  if (type.kind !== "enum" || type.name === null) return [];
  const name = besideTable(table, type.name);
  const labels = type.labels.map(literal).join(", ");
  return [
    {
      sql: `DO ${literal(`DECLARE labels text[];
BEGIN
  SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) INTO labels
  FROM pg_catalog.pg_enum e WHERE e.enumtypid = to_regtype(${literal(name)});
  IF labels IS NULL THEN CREATE TYPE ${name} AS ENUM (${labels});
  ELSIF labels <> ARRAY[${labels}]::text[] THEN
    RAISE EXCEPTION USING MESSAGE = ${literal(`the type ${name} is there with other labels`)};
  END IF;
END`)}`,
      title: `type ${type.name}`,
    },
  ];
}
