import type { PortableTable } from "../core/portable.ts";
import type { CopyProject } from "./project.ts";
import { applyRules, type RuledTables } from "./rules/apply.ts";
import { unruled } from "./rules/ruled-table.ts";

/** The source's tables by the project's rules, of which `chosen` are wanted; without rules, those as they are. */
export function ruledTables(
  { source, rules, emit }: CopyProject,
  tables: readonly PortableTable[],
  chosen: readonly PortableTable[],
): RuledTables {
  if (rules === undefined) return { tables: chosen.map(unruled), warnings: [] };
  // A rule is judged by all tables: one that speaks of a table which is not wanted today is not misspelt.
  const ruled = applyRules(tables, {
    rules,
    dialect: source.engine.id,
    schemaNames: (table) => (table.schema === "" ? databaseNames(source.target) : [table.schema]),
  });
  for (const { rule, message } of ruled.warnings) {
    emit({ type: "warning:raised", code: "GW7008", message: `${rule}: ${message}` });
  }
  const wanted = new Set(chosen);
  return { ...ruled, tables: ruled.tables.filter((table) => wanted.has(table.source)) };
}

/** A database that is the only schema goes by its own name; a file by the name that its engine gives it, too. */
function databaseNames({ database, host }: CopyProject["source"]["target"]): readonly string[] {
  return host === "" ? ["main", database] : [database];
}
