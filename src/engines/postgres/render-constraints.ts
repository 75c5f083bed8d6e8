import type { PortableForeignKey, TableName } from "../../core/portable.ts";
import { printExpression } from "../../sql/expression/print.ts";
import type { DdlStatement, TargetTable } from "../data-roles.ts";
import { objectName } from "./object-name.ts";
import { labelChecks } from "./render-keys.ts";
import { quoted, tableSql } from "./sql-text.ts";

/** Checks and foreign keys: first for new rows, then for those that are there, under a lock that lets writers go on. */
export function constraintDdl(table: TargetTable, isPartitioned: boolean, undone: string[]): DdlStatement[] {
  return [
    ...table.columns.flatMap((column) => {
      const check = labelChecks(column);
      if (check === null) return [];
      return added(table, objectName(`${table.name}_${column.name}_${check.suffix}`), `CHECK (${check.sql})`);
    }),
    ...table.checks.flatMap((check) => {
      const sql = check.expression === null ? null : printExpression(check.expression, "postgres");
      if (sql === null) {
        undone.push(`check ${check.name} of ${table.name}: ${check.text}`);
        return [];
      }
      return added(table, objectName(check.name), `CHECK (${sql})`);
    }),
    ...table.foreignKeys.flatMap((key) => foreignKeyDdl(table, key, !isPartitioned)),
  ];
}

/** `later`: false where the server takes no NOT VALID, as for the foreign keys of a partitioned table. */
export function foreignKeyDdl(table: TableName, key: PortableForeignKey, later = true): DdlStatement[] {
  const { references } = key;
  const parts = [
    `FOREIGN KEY (${key.columns.map(quoted).join(", ")})`,
    `REFERENCES ${tableSql(references)} (${references.columns.map(quoted).join(", ")})`,
    ...(key.match === "full" ? ["MATCH FULL"] : []),
    ...(key.onUpdate === "no action" ? [] : [`ON UPDATE ${key.onUpdate.toUpperCase()}`]),
    ...(key.onDelete === "no action" ? [] : [`ON DELETE ${key.onDelete.toUpperCase()}`]),
    ...(key.deferrable ? [`DEFERRABLE${key.initiallyDeferred ? " INITIALLY DEFERRED" : ""}`] : []),
  ];
  return added(table, objectName(key.name), parts.join(" "), later);
}

function added(table: TableName, name: string, sql: string, later = true): DdlStatement[] {
  const title = `constraint ${name}`;
  const add = `ALTER TABLE ${tableSql(table)} ADD CONSTRAINT ${quoted(name)} ${sql}`;
  if (!later) return [{ sql: add, title }];
  return [
    { sql: `${add} NOT VALID`, title },
    { sql: validateSql(table, name), title },
  ];
}

export function validateSql(table: TableName, name: string): string {
  return `ALTER TABLE ${tableSql(table)} VALIDATE CONSTRAINT ${quoted(name)}`;
}
