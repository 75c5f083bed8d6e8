import type { Expression } from "../../core/expression.ts";
import type { PortableType } from "../../core/portable.ts";
import { mapExpression } from "../../sql/expression/map-expression.ts";
import { refuse, type RulePlace, shown } from "./refuse.ts";

const numeric: ReadonlySet<PortableType["kind"]> = new Set(["integer", "decimal", "float", "year"]);

/**
 * The condition with literals of its columns' kinds: '100' beside a number becomes 100. Servers compare a text with a
 * number in three ways, and two of them are wrong for large numbers.
 */
export function typedLiterals(
  condition: Expression,
  typeOf: (column: string) => PortableType | undefined,
  place: RulePlace,
): Expression {
  const typed = (side: Expression, value: Expression): Expression => {
    const type = side.kind === "column" ? typeOf(side.name) : undefined;
    if (type === undefined) return value;
    if (value.kind === "string" && numeric.has(type.kind)) {
      if (/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(value.value.trim())) {
        return { kind: "number", value: value.value.trim().replace(/^\+/, "") };
      }
      refuse(place, `${shown(value.value)} is no number, and is compared with one`);
    }
    if (type.kind === "boolean" && (value.kind === "string" || value.kind === "number")) {
      const word = value.value.toLowerCase();
      if (/^(1|true|t|yes|y)$/.test(word)) return { kind: "boolean", value: true };
      if (/^(0|false|f|no|n)$/.test(word)) return { kind: "boolean", value: false };
      refuse(place, `${shown(value.value)} is neither true nor false, and is compared with a boolean`);
    }
    if (value.kind === "number" && type.kind === "text") return { kind: "string", value: value.value };
    return value;
  };
  return mapExpression(condition, (part) => {
    switch (part.kind) {
      case "binary":
        if (!/^(=|<>|<=?|>=?)$/.test(part.operator)) return part;
        return { ...part, left: typed(part.right, part.left), right: typed(part.left, part.right) };
      case "between":
        return { ...part, low: typed(part.operand, part.low), high: typed(part.operand, part.high) };
      case "in":
        return { ...part, values: part.values.map((value) => typed(part.operand, value)) };
      default:
        return part;
    }
  });
}
