import type { Expression } from "../../core/expression.ts";
import type { PortableTable } from "../../core/portable.ts";
import { tableKey } from "../../core/table-key.ts";
import { printExpression } from "../../sql/expression/print.ts";
import { isAbout, type RulesContext } from "./context.ts";
import { columnsOf } from "../../sql/expression/map-expression.ts";
import type { RuleWarning, SelectionRule } from "./model.ts";
import { refuse } from "./refuse.ts";
import { typedLiterals } from "./typed-literals.ts";

export interface Selected {
  readonly order: number;
  readonly where: Expression | null;
}

/** Whether a table is copied, and which of its rows; null where it is left out. */
export function applySelection(
  table: PortableTable,
  context: RulesContext,
  warnings: RuleWarning[],
): Selected | null {
  const { selections, oneChangeEach } = context.rules;
  const about = selections.filter((rule) => isAbout(rule, table, context));
  if (about.some(({ action }) => action === "exclude")) return null;
  const isChoosing = selections.some(({ action, selects }) => action === "include" && selects);
  if (isChoosing && !about.some(({ selects }) => selects)) return null;
  if (!oneChangeEach) {
    const filtering = about.find(({ filter }) => filter !== null);
    return {
      order: about.find(({ order }) => order !== null)?.order ?? 0,
      where: filtering === undefined ? null : conditionOf(filtering, table, context),
    };
  }
  const [first, ...others] = about;
  for (const { rule, filter, order } of others) {
    const lost = [filter === null ? [] : "its filters", order === null ? [] : "its load-order"].flat();
    if (lost.length === 0) continue;
    const message = `${first!.rule} selects ${tableKey(table)}, so ${lost.join(" and ")} mean nothing for it`;
    warnings.push({ rule, message });
  }
  return { order: first?.order ?? 0, where: first === undefined ? null : conditionOf(first, table, context) };
}

function conditionOf(
  rule: SelectionRule,
  table: PortableTable,
  { dialect }: RulesContext,
): Expression | null {
  if (rule.filter === null) return null;
  const types = new Map(table.columns.map(({ name, type }) => [name, type]));
  for (const name of columnsOf(rule.filter)) {
    if (!types.has(name)) refuse(rule, `the filter names ${name}, which is no column of ${tableKey(table)}`);
  }
  const typed = typedLiterals(rule.filter, (name) => types.get(name), rule);
  if (printExpression(typed, dialect) === null) refuse(rule, "the source's server cannot say the filter");
  return typed;
}
