import type { Pattern, RuleWarning, SelectionRule } from "../model.ts";
import { dmsPattern, exactly } from "../pattern.ts";
import { readFilters } from "./filters.ts";
import { neededObject } from "./locator.ts";
import { failAt, has, type Members, neededText, neededWord, wholeAt, wordAt } from "./members.ts";

export const selectionKeys = ["object-locator", "rule-action", "load-order", "filters"];

/** A selection rule; null where it speaks of what is never copied as a table. */
export function readSelection(rule: Members, warnings: RuleWarning[]): SelectionRule | null {
  const action = neededWord(rule, "rule-action", ["include", "exclude", "explicit"]);
  const locator = neededObject(rule, ["schema-name", "table-name", "table-type"]);
  const type = wordAt(locator, "table-type", ["table", "view", "all"]);
  const isExclude = action === "exclude";
  if (isExclude && has(rule, "filters") && (rule.value.filters as unknown[]).length > 0) {
    failAt(rule, "filters", "a rule that excludes takes no filters");
  }
  const order = wholeAt(rule, "load-order", 0, 2_147_483_647);
  const filter = readFilters(rule, warnings);
  const name = (key: string): Pattern => {
    const written = neededText(locator, key);
    if (action !== "explicit") return dmsPattern(written);
    if (written.includes("%")) failAt(locator, key, "explicit names one table, so % cannot stand in it");
    return exactly(written);
  };
  const [schema, table] = [name("schema-name"), name("table-name")];
  const warn = (message: string) => warnings.push({ rule: rule.rule, message });
  if (isExclude && order !== null) warn("load-order means nothing where tables are left out");
  if (type === "view" || type === "all") {
    warn("table-type: the rows of views are not copied; a view is made by its text, or reported");
    if (type === "view") return null;
  }
  return {
    rule: rule.rule,
    path: rule.path,
    action: isExclude ? "exclude" : "include",
    schema,
    table,
    order: isExclude ? null : order,
    filter,
    selects: true,
  };
}
