import type { BinaryOperator, Expression } from "../../../core/expression.ts";
import type { RuleWarning } from "../model.ts";
import { failAt, has, listAt, type Members, neededText, neededWord, objectOf } from "./members.ts";

const operators = ["ste", "lte", "gte", "eq", "noteq", "between", "notbetween", "null", "notnull"] as const;
type Operator = (typeof operators)[number];

const comparisons: Partial<Readonly<Record<Operator, BinaryOperator>>> = {
  ste: "<=",
  lte: "<=",
  gte: ">=",
  eq: "=",
  noteq: "<>",
};
const negative: ReadonlySet<Operator> = new Set(["noteq", "notbetween", "notnull"]);

/** The filters of a selection rule: all of them must hold, and of each one any of its conditions. */
export function readFilters(rule: Members, warnings: RuleWarning[]): Expression | null {
  const filters = listAt(rule, "filters").map((value, index) =>
    readFilter(
      objectOf(rule.rule, `${rule.path}.filters[${index}]`, value, [
        "filter-type",
        "column-name",
        "filter-conditions",
      ]),
      warnings,
    ),
  );
  return joined("and", filters);
}

function readFilter(filter: Members, warnings: RuleWarning[]): Expression {
  neededWord(filter, "filter-type", ["source"]);
  const column: Expression = { kind: "column", name: neededText(filter, "column-name") };
  const conditions = listAt(filter, "filter-conditions").map((value, index) => {
    const path = `${filter.path}.filter-conditions[${index}]`;
    const condition = objectOf(filter.rule, path, value, [
      "filter-operator",
      "value",
      "start-value",
      "end-value",
    ]);
    const operator = neededWord(condition, "filter-operator", operators);
    return { operator, expression: readCondition(condition, operator, column) };
  });
  if (conditions.length === 0) failAt(filter, "filter-conditions", "it has no condition");
  const used = conditions.map(({ operator }) => operator);
  if (used.filter((operator) => negative.has(operator)).length > 1) {
    failAt(
      filter,
      "filter-conditions",
      "only one of a filter's conditions may be negative: one of two always holds",
    );
  }
  const warn = (message: string) =>
    warnings.push({ rule: filter.rule, message: `${filter.path}: ${message}` });
  if (used.includes("gte") && used.some((operator) => operator === "ste" || operator === "lte")) {
    warn(
      "conditions of one filter are alternatives, so gte and ste in it let every row pass that one of them lets pass; between, or two filters, mean a range",
    );
  } else if (used.length > 1 && used.some((operator) => negative.has(operator))) {
    warn(
      "conditions of one filter are alternatives: a negative one lets pass what the others were to hold back",
    );
  }
  return joined(
    "or",
    conditions.map(({ expression }) => expression),
  )!;
}

function readCondition(condition: Members, operator: Operator, column: Expression): Expression {
  const takes = operator.endsWith("between")
    ? ["start-value", "end-value"]
    : operator.endsWith("null")
      ? []
      : ["value"];
  for (const key of ["value", "start-value", "end-value"]) {
    if (has(condition, key) && !takes.includes(key)) failAt(condition, key, `${operator} does not take it`);
  }
  const [first, second] = takes.map((key): Expression => {
    return { kind: "string", value: neededText(condition, key) };
  });
  const comparison = comparisons[operator];
  if (comparison !== undefined) return { kind: "binary", operator: comparison, left: column, right: first! };
  if (operator === "null" || operator === "notnull") {
    return { kind: "is", operand: column, what: "null", not: operator === "notnull" };
  }
  return { kind: "between", operand: column, low: first!, high: second!, not: operator === "notbetween" };
}

function joined(operator: "and" | "or", parts: readonly Expression[]): Expression | null {
  return parts.length === 0
    ? null
    : parts.reduce((left, right) => ({ kind: "binary", operator, left, right }));
}
