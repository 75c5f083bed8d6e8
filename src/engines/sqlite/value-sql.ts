import { GodwitError } from "../../core/error.ts";
import type { Expression } from "../../core/expression.ts";
import { printExpression } from "../../sql/expression/print.ts";

/** An expression that a rule gave; the plan has asked before whether SQLite can say it. */
export function printed(expression: Expression): string {
  const sql = printExpression(expression, "sqlite");
  if (sql === null) {
    throw new GodwitError("GW9001", {
      message: `SQLite cannot say this expression (${expression.kind}); the plan should have refused it`,
    });
  }
  return sql;
}
