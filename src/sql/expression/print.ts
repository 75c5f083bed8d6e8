import type { Expression } from "../../core/expression.ts";
import type { Dialect } from "./parse.ts";

/** Writes an expression for an engine; null where it cannot say it with the same meaning. */
export function printExpression(expression: Expression, dialect: Dialect): string | null {
  switch (expression.kind) {
    case "null":
      return "NULL";
    case "number":
      return expression.value;
    case "string":
      return dialect === "mysql"
        ? `'${expression.value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
        : `'${expression.value.replaceAll("'", "''")}'`;
    case "boolean":
      return dialect === "postgres" ? String(expression.value) : expression.value ? "1" : "0";
    case "now":
      return `CURRENT_TIMESTAMP${expression.precision === null ? "" : `(${expression.precision})`}`;
    default:
      return null;
  }
}
