import type { Expression } from "../../core/expression.ts";
import type { PortableColumn, PortableTable, PortableType } from "../../core/portable.ts";
import { tableKey } from "../../core/table-key.ts";
import { printExpression } from "../../sql/expression/print.ts";
import { changedName } from "./change-name.ts";
import { dmsTypeOf } from "./dms/data-type.ts";
import { isOneOfOne } from "./dms/contradictions.ts";
import { passedOver, type RulesContext } from "./context.ts";
import { columnsOf, mapExpression } from "../../sql/expression/map-expression.ts";
import { maskColumn } from "./mask-column.ts";
import type { Change, ChangeRule, RuleWarning } from "./model.ts";
import { matchesName } from "./pattern.ts";
import { refuse } from "./refuse.ts";
import type { RuledColumn } from "./ruled-table.ts";
import { factPrefix } from "./value-expression.ts";
import { plainColumn } from "../../core/plain-parts.ts";
import { valueType } from "./value-type.ts";

/** What becomes of a table's columns: those that stay, in order, then the new ones. */
export function ruledColumns(
  table: PortableTable,
  about: readonly ChangeRule[],
  context: RulesContext,
  warnings: RuleWarning[],
): RuledColumn[] {
  const keeping = about.filter(({ change }) => change.of === "kept-column");
  const kept = table.columns.flatMap((column): RuledColumn[] => {
    const rules = about.filter((rule) => isOfColumn(rule, column));
    if (keeping.length > 0 && !rules.some(({ change }) => change.of === "kept-column")) return [];
    const used = context.rules.oneChangeEach ? oneOfOne(rules, table, column, warnings) : rules;
    if (used.some(({ change }) => change.of === "dropped-column")) return [];
    return [ruledColumn(column, used, table, context, warnings)];
  });
  const added = new Map<string, RuledColumn>();
  for (const rule of about) {
    if (rule.change.of !== "new-column" || added.has(rule.change.column)) continue;
    added.set(rule.change.column, newColumn(rule, rule.change, table, context));
  }
  const columns = [...kept, ...added.values()];
  if (columns.length === 0) {
    const [rule = { rule: "", path: "" }] = keeping.length > 0 ? keeping : about;
    refuse(rule, `no column of ${tableKey(table)} is left`);
  }
  return columns;
}

function isOfColumn({ at, change }: ChangeRule, column: PortableColumn): boolean {
  if (at.column === null || change.of === "new-column" || !matchesName(at.column, column.name)) return false;
  // A type with a national twin is the same to us.
  return (
    at.dataType === null || at.dataType.replace(/^(w)(?=string)|^n(?=clob)/, "") === dmsTypeOf(column.type)
  );
}

/** DMS changes a column by one rule; masking does not count. */
function oneOfOne(
  rules: readonly ChangeRule[],
  table: PortableTable,
  column: PortableColumn,
  warnings: RuleWarning[],
): readonly ChangeRule[] {
  const [first, ...others] = rules.filter(({ change }) => isOneOfOne(change));
  const what = `${tableKey(table)}.${column.name}`;
  warnings.push(...others.map(({ rule }) => passedOver(rule, first!.rule, what)));
  return rules.filter((rule) => !others.includes(rule));
}

function ruledColumn(
  column: PortableColumn,
  rules: readonly ChangeRule[],
  table: PortableTable,
  { dialect }: RulesContext,
  warnings: RuleWarning[],
): RuledColumn {
  const of = <T extends Change>(isIt: (change: Change) => change is T) => {
    const rule = rules.find(({ change }) => isIt(change));
    return rule === undefined ? undefined : { ...rule, change: rule.change as T };
  };
  const naming = of((change) => change.of === "column-name");
  const typing = of((change) => change.of === "column-type");
  const masking = of((change) => change.of === "column-mask");
  const name = naming === undefined ? column.name : changedName(column.name, naming.change.name);
  const declared = typing === undefined ? null : { type: typing.change.type, rule: typing.rule };
  const plain = { column, name, value: null, isAdded: false, declared, incomparable: null };
  if (masking === undefined) return plain;
  const { value, type } = maskColumn(column, masking.change.mask, masking);
  if (printExpression(value, dialect) === null)
    refuse(masking, "the source's server cannot compute the mask");
  const what = `${tableKey(table)}.${column.name}`;
  const isKey = table.primaryKey?.columns.includes(column.name) === true;
  if (isKey && masking.change.mask.by !== "hash") {
    warnings.push({
      rule: masking.rule,
      message: `${what} is part of the key, and masked values can be equal`,
    });
  }
  return {
    ...plain,
    // A masked value is computed here, and is no longer what the source would have made.
    column: {
      ...column,
      type,
      advisory: false,
      default: column.type.kind === "text" ? column.default : null,
      identity: null,
      generated: null,
      onUpdateNow: false,
    },
    value,
    incomparable: masking.change.mask.by === "random" ? `${masking.rule} makes its digits by chance` : null,
  };
}

function newColumn(
  rule: ChangeRule,
  { column: name, value, type }: Extract<Change, { readonly of: "new-column" }>,
  table: PortableTable,
  { dialect, schemaNames }: RulesContext,
): RuledColumn {
  const types = new Map(table.columns.map((column) => [column.name, column.type]));
  const [schema = ""] = schemaNames(table);
  const facts: Readonly<Record<string, string>> = {
    AR_M_SOURCE_SCHEMA: schema,
    AR_M_SOURCE_TABLE_NAME: table.name,
    AR_M_SOURCE_COLUMN_NAME: name,
    AR_M_SOURCE_COLUMN_DATATYPE: type === null ? "string" : dmsTypeOf(type),
  };
  const known: Expression = mapExpression(value ?? { kind: "null" }, (part) =>
    part.kind === "column" && part.name.startsWith(factPrefix)
      ? { kind: "string", value: facts[part.name.slice(factPrefix.length)] ?? "" }
      : part,
  );
  for (const column of columnsOf(known)) {
    if (!types.has(column))
      refuse(rule, `the expression names ${column}, which is no column of ${tableKey(table)}`);
  }
  const given = valueType(known, (column) => types.get(column));
  const shaped = shapedAs(known, given, type);
  if (printExpression(shaped.value, dialect) === null) {
    refuse(rule, "the source's server cannot say the expression with this meaning");
  }
  return {
    column: plainColumn(name, shaped.type, { declared: "by a rule" }),
    name,
    value: shaped.value,
    isAdded: true,
    declared: type === null ? null : { type, rule: rule.rule },
    incomparable: isOfNow(known) ? `${rule.rule} gives it the time of the copy` : null,
  };
}

/** A value for a text column is made a text, so that it is written in one way. */
function shapedAs(
  value: Expression,
  given: PortableType | null,
  wanted: PortableType | null,
): { readonly value: Expression; readonly type: PortableType } {
  const isText = given?.kind === "text" || value.kind === "null";
  const text: PortableType = { kind: "text", length: null, fixed: false };
  if (isText || (given !== null && wanted?.kind !== "text")) return { value, type: given ?? wanted ?? text };
  if (wanted !== null && wanted.kind !== "text") return { value, type: wanted };
  return { value: { kind: "cast", operand: value, to: text }, type: text };
}

function isOfNow(value: Expression): boolean {
  let found = false;
  mapExpression(value, (part) => {
    found ||= part.kind === "now" || (part.kind === "call" && part.name === "gen_random_uuid");
    return part;
  });
  return found;
}
