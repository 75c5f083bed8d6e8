import type { TargetColumn, TargetTable } from "../data-roles.ts";

/** The column that becomes AUTO_INCREMENT: a table has one. */
export function counterColumn(table: TargetTable): TargetColumn | null {
  return (
    table.columns.find(({ identity, decision }) => identity !== null && decision.type.kind === "integer") ??
    null
  );
}
