import type { Expression } from "../../core/expression.ts";

/** The expression with each part replaced, from the leaves up. */
export function mapExpression(expression: Expression, change: (part: Expression) => Expression): Expression {
  const map = (part: Expression) => mapExpression(part, change);
  switch (expression.kind) {
    case "call":
      return change({ ...expression, arguments: expression.arguments.map(map) });
    case "binary":
      return change({ ...expression, left: map(expression.left), right: map(expression.right) });
    case "unary":
    case "is":
    case "cast":
      return change({ ...expression, operand: map(expression.operand) });
    case "between":
      return change({
        ...expression,
        operand: map(expression.operand),
        low: map(expression.low),
        high: map(expression.high),
      });
    case "in":
      return change({ ...expression, operand: map(expression.operand), values: expression.values.map(map) });
    case "like":
      return change({ ...expression, operand: map(expression.operand), pattern: map(expression.pattern) });
    case "case":
      return change({
        ...expression,
        operand: expression.operand === null ? null : map(expression.operand),
        branches: expression.branches.map(({ when, result }) => ({ when: map(when), result: map(result) })),
        otherwise: expression.otherwise === null ? null : map(expression.otherwise),
      });
    default:
      return change(expression);
  }
}

/** The columns that an expression names. */
export function columnsOf(expression: Expression): readonly string[] {
  const names = new Set<string>();
  mapExpression(expression, (part) => {
    if (part.kind === "column") names.add(part.name);
    return part;
  });
  return [...names];
}
