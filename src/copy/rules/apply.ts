import type { PortableTable } from "../../core/portable.ts";
import { tableKey } from "../../core/table-key.ts";
import { changedName } from "./change-name.ts";
import { ruledColumns } from "./apply-columns.ts";
import { applySelection } from "./apply-selection.ts";
import { isAbout, passedOver, type RulesContext } from "./context.ts";
import type { ChangeRule, MappingRules, RuleWarning, SelectionRule } from "./model.ts";
import { isWild, matchesName } from "./pattern.ts";
import { refuse } from "./refuse.ts";
import type { RuledKey, RuledTable } from "./ruled-table.ts";

export interface RuledTables {
  readonly tables: readonly RuledTable[];
  readonly warnings: readonly RuleWarning[];
}

/** The one place where rules are carried out: which tables are copied, and what becomes of each. Throws GW7008. */
export function applyRules(tables: readonly PortableTable[], context: RulesContext): RuledTables {
  const { rules } = context;
  const warnings: RuleWarning[] = [...rules.warnings];
  const found = tables.flatMap((table): RuledTable[] => {
    const chosen = applySelection(table, context, warnings);
    if (chosen === null) return [];
    const about = rules.changes.filter(({ at }) => isAbout(at, table, context));
    const columns = ruledColumns(table, about, context, warnings);
    const key = keyOf(table, about, "primary-key", columns);
    return [
      {
        source: table,
        schema: schemaOf(table, about, context, warnings),
        name: nameOf(table, about, rules, warnings),
        order: chosen.order,
        where: chosen.where,
        columns,
        key,
        unique: keyOf(table, about, "unique-index", columns),
      },
    ];
  });
  warnings.push(...unusedRules(tables, context), ...filteredParents(found));
  return { tables: found, warnings };
}

function nameOf(
  table: PortableTable,
  about: readonly ChangeRule[],
  rules: MappingRules,
  warnings: RuleWarning[],
): string {
  const [first, ...others] = about.filter(({ change }) => change.of === "table-name");
  if (rules.oneChangeEach) {
    warnings.push(...others.map(({ rule }) => passedOver(rule, first!.rule, tableKey(table))));
  }
  return first?.change.of === "table-name" ? changedName(table.name, first.change.name) : table.name;
}

function schemaOf(
  table: PortableTable,
  about: readonly ChangeRule[],
  { rules, schemaNames }: RulesContext,
  warnings: RuleWarning[],
): string | null {
  const [first, ...others] = about.filter(({ change }) => change.of === "schema-name");
  if (first?.change.of !== "schema-name") return null;
  const name = schemaNames(table).find((each) => matchesName(first.at.schema, each)) ?? "";
  if (rules.oneChangeEach) {
    for (const { rule } of others) {
      const warning = passedOver(rule, first.rule, `the schema ${name}`);
      if (!warnings.some(({ message, rule: told }) => told === rule && message === warning.message)) {
        warnings.push(warning);
      }
    }
  }
  const changed = changedName(name, first.change.name);
  return changed === name ? null : changed;
}

function keyOf(
  table: PortableTable,
  about: readonly ChangeRule[],
  unique: "primary-key" | "unique-index",
  columns: RuledTable["columns"],
): RuledKey | null {
  const found = about.find(({ change }) => change.of === "key" && change.unique === unique);
  if (found?.change.of !== "key") return null;
  // Named as the target has them; the source's names are understood, too.
  const names = found.change.columns.map((wanted) => {
    const column =
      columns.find(({ name }) => name === wanted) ??
      columns.find(({ column: { name }, isAdded }) => !isAdded && name === wanted);
    return column?.name ?? refuse(found, `${tableKey(table)} has no column ${wanted} in the target`);
  });
  const name =
    found.change.name ??
    (unique === "primary-key" ? (table.primaryKey?.name ?? `${table.name}_pkey`) : `${table.name}_key`);
  return { rule: found.rule, name, columns: names };
}

/** A rule that no table or column is meant by is misspelt, most likely; one that should have masked must not pass. */
function unusedRules(tables: readonly PortableTable[], context: RulesContext): RuleWarning[] {
  const { rules } = context;
  const warnings: RuleWarning[] = [];
  const judge = (rule: ChangeRule | SelectionRule, isNeeded: boolean, what: string) => {
    const why = `no ${what} of the source is meant by it`;
    if (isNeeded) refuse(rule, why);
    warnings.push({ rule: rule.rule, message: why });
  };
  for (const rule of rules.selections) {
    if (tables.some((table) => isAbout(rule, table, context))) continue;
    judge(rule, !rules.oneChangeEach && !isWild(rule.table), "table");
  }
  for (const rule of rules.changes) {
    const { at, change } = rule;
    const meant = tables.filter((table) => isAbout(at, table, context));
    const { column } = at;
    const isUsed =
      column === null || change.of === "new-column"
        ? meant.length > 0
        : meant.some((table) => table.columns.some(({ name }) => matchesName(column, name)));
    if (isUsed) continue;
    const isNamed = !isWild(at.table) && (column === null || !isWild(column));
    judge(
      rule,
      change.of === "column-mask" || (!rules.oneChangeEach && isNamed),
      column === null || meant.length === 0 ? "table" : "column",
    );
  }
  return warnings;
}

/** A foreign key cannot hold where rows that it refers to are filtered away. */
function filteredParents(tables: readonly RuledTable[]): RuleWarning[] {
  const filtered = new Set(
    tables.filter(({ where }) => where !== null).map(({ source }) => tableKey(source)),
  );
  return tables.flatMap(({ source }) =>
    source.foreignKeys
      .filter(
        ({ references }) => filtered.has(tableKey(references)) && tableKey(references) !== tableKey(source),
      )
      .map(({ name, references }) => ({
        rule: "filters",
        message: `foreign key ${name} of ${tableKey(source)} refers to ${tableKey(references)}, of which not all rows are copied; it fails if one is missing`,
      })),
  );
}
