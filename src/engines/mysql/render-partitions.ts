import type { Partition, Partitioning } from "../../core/portable.ts";
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

function reasonAgainst(table: TargetTable, { method, columns, partitions }: Partitioning): string | null {
  if (table.foreignKeys.length > 0) return "a partitioned table has no foreign keys";
  const keys = [...(table.primaryKey === null ? [] : [table.primaryKey]), ...table.uniques];
  if (columns.length > 0 && keys.some((key) => !columns.every((column) => key.columns.includes(column)))) {
    return "a unique key lacks a column of it";
  }
  if (columns.length === 0 && keys.length > 0) return "whether its keys hold its expression is not known";
  if (method === "list" && partitions.some((one) => one.isDefault))
    return "MySQL has no default partition of a list";
  const kinds = new Map(table.columns.map((column) => [column.name, column.decision]));
  for (const column of columns) {
    const decision = kinds.get(column);
    if (decision === undefined) return "its key is an expression";
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

function clauseOf({ method, columns, expression, partitions }: Partitioning): string | null {
  if (method === "hash") {
    if (columns.length > 0) return `PARTITION BY KEY (${nameList(columns)}) PARTITIONS ${partitions.length}`;
    const text = expression === null ? null : printExpression(expression, "mysql");
    return text === null ? null : `PARTITION BY HASH (${text}) PARTITIONS ${partitions.length}`;
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
