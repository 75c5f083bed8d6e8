import type { PortableTable } from "../../core/portable.ts";
import type { Dialect } from "../../sql/expression/parse.ts";
import type { MappingRules, RuleWarning, SelectionRule } from "./model.ts";
import { matchesName } from "./pattern.ts";

/** What rules are carried out with. */
export interface RulesContext {
  readonly rules: MappingRules;
  /** The names under which a rule may speak of a schema: its own, or the database's where that is the only one. */
  readonly schemaNames: (table: PortableTable) => readonly string[];
  /** Whose server computes values and filters. */
  readonly dialect: Dialect;
}

/** Whether a locator means a table. */
export function isAbout(
  at: Pick<SelectionRule, "schema" | "table">,
  table: PortableTable,
  { schemaNames }: RulesContext,
): boolean {
  return matchesName(at.table, table.name) && schemaNames(table).some((name) => matchesName(at.schema, name));
}

export function passedOver(rule: string, by: string, what: string): RuleWarning {
  return {
    rule,
    message: `not used for ${what}, which ${by} changes: one rule changes one thing, the first one`,
  };
}
