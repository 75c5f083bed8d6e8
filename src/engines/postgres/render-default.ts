import type { Expression } from "../../core/expression.ts";
import type { PortableType } from "../../core/portable.ts";
import { columnsOf } from "../../sql/expression/map-expression.ts";
import { printExpression } from "../../sql/expression/print.ts";
import { literal } from "./sql-text.ts";

/** A default as the target's type takes it; null where it cannot be said. */
export function defaultSql(expression: Expression | null, type: PortableType): string | null {
  // A default names no other column here.
  if (expression === null || columnsOf(expression).length > 0) return null;
  if (expression.kind === "number" || expression.kind === "string") {
    const { value } = expression;
    switch (type.kind) {
      case "boolean":
        return /^0+$/.test(value) ? "false" : /^0*1$/.test(value) ? "true" : null;
      case "bits":
        return /^[01]+$/.test(value)
          ? `B${literal(value.padStart(type.varying ? 0 : type.length, "0"))}`
          : null;
      case "date":
      case "timestamp":
        // 0000-00-00 and its like are no dates.
        return expression.kind === "number" || /^0000-|-00(-| |$)/.test(value) ? null : literal(value);
      case "bytes":
        return literal(`\\x${Buffer.from(value).toString("hex")}`);
      case "array":
        return expression.kind === "string" ? arrayDefault(value) : null;
      case "text":
        // No text here holds U+0000.
        return value.includes("\0") ? null : literal(value);
    }
  }
  if (expression.kind === "boolean" && type.kind === "integer") return expression.value ? "1" : "0";
  return printExpression(expression, "postgres");
}

/** Of a set, written with commas; of an array of this engine as it is. */
function arrayDefault(value: string): string {
  if (value.startsWith("{")) return literal(value);
  const labels = value === "" ? [] : value.split(",");
  return literal(`{${labels.map((label) => `"${label.replaceAll(/["\\]/g, "\\$&")}"`).join(",")}}`);
}
