import type { RiskKind } from "../core/portable.ts";
import { acceptedOf, type Loss } from "./losses.ts";
import type { RuledTable } from "./rules/ruled-table.ts";
import type { TargetParts } from "./rules/target-parts.ts";

/** Losses that are made by a NULL. */
const emptying: ReadonlySet<RiskKind> = new Set([
  "zero-date",
  "not-a-number",
  "infinity",
  "empty-enum",
  "storage-class",
  "format",
]);

/**
 * The parts of the target's table in which columns take NULL where an accepted loss becomes one; told, since the
 * source's do not. A column of the primary key stays as it is, and refuses it.
 */
export function withEmptiedColumns(
  parts: TargetParts,
  { source, columns }: RuledTable,
  losses: readonly Loss[],
  allow: readonly string[],
  tell: (text: string) => void,
): TargetParts {
  const key = new Set(parts.parts.primaryKey?.columns);
  return {
    ...parts,
    columns: parts.columns.map((column, index) => {
      const accepted = acceptedOf(losses, columns[index]!.column.name, allow);
      const isEmptied = accepted.some((kind) => emptying.has(kind));
      if (!isEmptied || column.nullable || key.has(column.name)) return column;
      tell(`NOT NULL of ${source.name}.${column.name}: values whose loss was accepted become NULL`);
      return { ...column, nullable: true };
    }),
  };
}
