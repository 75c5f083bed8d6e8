import type { Partition, Partitioning } from "../../core/portable.ts";
import type { Expression } from "../../core/expression.ts";
import { columnsOf } from "../../sql/expression/map-expression.ts";
import { printExpression } from "../../sql/expression/print.ts";
import type { TargetTable } from "../data-roles.ts";
import { nameList } from "./sql-text.ts";
import { traits } from "./traits.ts";

/** The PARTITION BY clause, "" where there is none or the servers' rules forbid it. */
export function partitionSql(table: TargetTable, undone: string[]): string {
  const { partitioning } = table;
  if (partitioning === null) return "";
  const clause = reasonAgainst(table, partitioning) ?? { sql: clauseOf(partitioning) };
  if (typeof clause === "object" && clause.sql !== null) return ` ${clause.sql}`;
  const reason = typeof clause === "string" ? clause : "its expression or bounds cannot be said";
  undone.push(`partitioning of ${table.name} by ${partitioning.method} (${partitioning.text}): ${reason}`);
  return "";
}

function reasonAgainst(
  table: TargetTable,
  { method, columns, expression, spread = "KEY", partitions }: Partitioning,
): string | null {
  if (table.foreignKeys.length > 0) return "a partitioned table has no foreign keys";
  const keys = [...(table.primaryKey === null ? [] : [table.primaryKey]), ...table.uniques];
  const named = expression === null ? columns : namesIn(expression);
  if (keys.some((key) => !named.every((column) => key.columns.includes(column)))) {
    return "a unique key lacks a column of it";
  }
  if (method === "list" && partitions.some((one) => one.isDefault))
    return "MySQL has no default partition of a list";
  const kinds = new Map(table.columns.map((column) => [column.name, column.decision]));
  for (const column of columns) {
    const decision = kinds.get(column);
    if (decision === undefined) return "its key is an expression";
    if (spread.endsWith("HASH") && decision.type.kind !== "integer")
      return `${decision.sql} is no whole number, which ${spread} wants`;
    if (
      method !== "hash" &&
      !/^(tinyint|smallint|mediumint|int|bigint|date|datetime|char|varchar|binary|varbinary)\b/.test(
        decision.sql,
      )
    ) {
      return `${decision.sql} cannot be the key of partitions`;
    }
  }
  return null;
}

/** The columns that an expression names, also one in the servers' own words, in which all names are quoted. */
function namesIn(expression: Expression): readonly string[] {
  if (expression.kind !== "verbatim") return columnsOf(expression);
  return [...expression.text.matchAll(/`((?:[^`]|``)*)`/g)].map(([, name]) => name!.replaceAll("``", "`"));
}

function clauseOf({ method, columns, expression, spread, partitions }: Partitioning): string | null {
  if (method === "hash") {
    const count = spread === undefined ? `PARTITIONS ${partitions.length}` : spreadParts(partitions);
    if (columns.length > 0) return `PARTITION BY ${spread ?? "KEY"} (${nameList(columns)}) ${count}`;
    const text = expression === null ? null : printExpression(expression, "mysql");
    return text === null ? null : `PARTITION BY ${spread ?? "HASH"} (${text}) ${count}`;
  }
  const text = columns.length > 0 ? null : expression === null ? null : printExpression(expression, "mysql");
  if (columns.length === 0 && text === null) return null;
  const by =
    columns.length > 0
      ? `${method.toUpperCase()} COLUMNS (${nameList(columns)})`
      : `${method.toUpperCase()} (${text})`;
  const made = method === "range" ? ranges(partitions) : lists(partitions);
  return made === null ? null : `PARTITION BY ${by} (\n  ${made.join(",\n  ")}\n)`;
}

/** Their number, or their names where they are not those that the servers give. */
function spreadParts(partitions: readonly Partition[]): string {
  return partitions.every(({ name }, n) => name === `p${n}`)
    ? `PARTITIONS ${partitions.length}`
    : `(${partitions.map(({ name }) => `PARTITION ${traits.quote(name)}`).join(", ")})`;
}

/** In order, with what the source's default partition holds above them all. */
function ranges(partitions: readonly Partition[]): string[] | null {
  const bounded = partitions
    .filter((one) => one.upTo !== null)
    .toSorted((one, other) => compared(one.upTo!, other.upTo!));
  const rest = partitions.find((one) => one.isDefault);
  const hasEnd = bounded.at(-1)?.upTo?.every((bound) => /^maxvalue$/i.test(bound)) ?? false;
  const columns = bounded[0]?.upTo?.length ?? 1;
  return [
    ...bounded.map(
      ({ name, upTo }) => `PARTITION ${traits.quote(name)} VALUES LESS THAN (${upTo!.join(", ")})`,
    ),
    ...(rest === undefined || hasEnd
      ? []
      : [
          `PARTITION ${traits.quote(rest.name)} VALUES LESS THAN (${Array.from({ length: columns }, () => "MAXVALUE").join(", ")})`,
        ]),
  ];
}

function compared(one: readonly string[], other: readonly string[]): number {
  for (const [place, bound] of one.entries()) {
    const against = other[place]!;
    if (bound === against) continue;
    if (/^maxvalue$/i.test(bound)) return 1;
    if (/^maxvalue$/i.test(against)) return -1;
    if (/^-?\d+$/.test(bound) && /^-?\d+$/.test(against)) return BigInt(bound) < BigInt(against) ? -1 : 1;
    return bound < against ? -1 : 1;
  }
  return 0;
}

function lists(partitions: readonly Partition[]): string[] | null {
  return partitions.map(({ name, values }) => {
    const tuples = (values ?? []).map((tuple) => (tuple.length === 1 ? tuple[0]! : `(${tuple.join(", ")})`));
    return `PARTITION ${traits.quote(name)} VALUES IN (${tuples.join(", ")})`;
  });
}
