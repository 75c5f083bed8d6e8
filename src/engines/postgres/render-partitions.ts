import type { DdlStatement, TargetTable } from "../data-roles.ts";
import { besideTable, ownName } from "./object-name.ts";
import { quoted, tableSql } from "./sql-text.ts";

/** The PARTITION BY clause; null where there is none, or where PostgreSQL has no such partitions. */
export function partitionKeySql(table: TargetTable, undone: string[]): string | null {
  const { partitioning } = table;
  if (partitioning === null) return null;
  const names = new Set(table.columns.map((column) => column.name));
  const keys = [...(table.primaryKey === null ? [] : [table.primaryKey]), ...table.uniques];
  const isOfColumns =
    partitioning.columns.length > 0 && partitioning.columns.every((column) => names.has(column));
  const reason = !isOfColumns
    ? "its key is an expression"
    : keys.some((key) => !partitioning.columns.every((column) => key.columns.includes(column)))
      ? "a unique key lacks a column of it"
      : partitioning.method === "list" && partitioning.columns.length > 1
        ? "a list has one column"
        : null;
  if (reason !== null) {
    undone.push(`partitioning of ${table.name} by ${partitioning.method} (${partitioning.text}): ${reason}`);
    return null;
  }
  const { spread = "" } = partitioning;
  // Another hash function spreads rows otherwise as well, and as evenly; a linear one does not, and an old one was asked for.
  if (/^LINEAR | ALGORITHM /.test(spread))
    undone.push(`${spread} of the partitions of ${table.name}: rows are spread by PostgreSQL's own hash`);
  return ` PARTITION BY ${partitioning.method.toUpperCase()} (${partitioning.columns.map(quoted).join(", ")})`;
}

export function partitionsDdl(table: TargetTable): DdlStatement[] {
  const { partitioning } = table;
  if (partitioning === null) return [];
  const lowest = partitioning.columns.map(() => "MINVALUE");
  return partitioning.partitions.map((partition, n) => {
    const before = partitioning.partitions[n - 1]?.upTo ?? lowest;
    const bounds = partition.isDefault
      ? "DEFAULT"
      : partition.modulus !== null
        ? `FOR VALUES WITH (MODULUS ${partition.modulus.of}, REMAINDER ${partition.modulus.remainder})`
        : partition.values !== null
          ? `FOR VALUES IN (${partition.values.map((value) => value.join(", ")).join(", ")})`
          : `FOR VALUES FROM (${(partition.from ?? before).join(", ")}) TO (${(partition.upTo ?? []).join(", ")})`;
    const name = ownName(table, partition.name);
    return {
      sql: `CREATE TABLE ${besideTable(table, name)} PARTITION OF ${tableSql(table)} ${bounds}`,
      title: `partition ${name}`,
    };
  });
}
