import type { Expression } from "../core/expression.ts";
import type { CopyTable } from "../core/plan.ts";
import { tableKey } from "../core/table-key.ts";
import { type Dialect, dialects } from "../sql/expression/dialect.ts";
import { printExpression } from "../sql/expression/print.ts";

/** What rules make of tables that are copied: which rows go along, and which columns get other values. One line each. */
export function copyChoices(tables: readonly CopyTable[]): string[] {
  return tables.flatMap(({ target, where, columns }) => {
    const name = tableKey(target);
    return [
      ...(where === null ? [] : [`${name}: only rows where ${textOf(where)}`]),
      ...columns.flatMap((column) =>
        column.value === null ? [] : [`${name}.${column.target}: ${textOf(column.value)}`],
      ),
    ];
  });
}

/** In the first dialect that can say it; a rule is shown in any case, because somebody approves it. */
function textOf(expression: Expression): string {
  for (const dialect of Object.keys(dialects) as Dialect[]) {
    const text = printExpression(expression, dialect);
    if (text !== null) return text;
  }
  return JSON.stringify(expression);
}
