import type { Expression } from "../../core/expression.ts";
import type { PortableType } from "../../core/portable.ts";

const text: PortableType = { kind: "text", length: null, fixed: false };
const whole: PortableType = { kind: "integer", bits: 64, unsigned: false };

const calls: Readonly<Record<string, PortableType>> = {
  lower: text,
  upper: text,
  btrim: text,
  ltrim: text,
  rtrim: text,
  substr: text,
  replace: text,
  translate: text,
  random_digits: text,
  sha256_hex: { kind: "text", length: 64, fixed: false },
  strftime: text,
  length: whole,
  octet_length: whole,
  date_of: { kind: "date" },
  time_of: { kind: "time", precision: 0, zone: false, signed: false },
  datetime_of: { kind: "timestamp", precision: 0, zone: false },
};

/** What an expression gives, as far as it tells; null where that depends on the server. */
export function valueType(
  expression: Expression,
  typeOf: (column: string) => PortableType | undefined,
): PortableType | null {
  const inner = (part: Expression) => valueType(part, typeOf);
  const common = (parts: readonly Expression[]) => {
    const types = parts.filter(({ kind }) => kind !== "null").map(inner);
    const [first = null] = types;
    if (first === null) return null;
    if (types.every((type) => JSON.stringify(type) === JSON.stringify(first))) return first;
    return types.every((type) => type?.kind === "text") ? text : null;
  };
  switch (expression.kind) {
    case "string":
      return text;
    case "number":
      return /^-?\d{1,18}$/.test(expression.value)
        ? whole
        : { kind: "decimal", precision: null, scale: null };
    case "boolean":
    case "is":
    case "between":
    case "in":
    case "like":
      return { kind: "boolean" };
    case "bytes":
      return { kind: "bytes", length: null, fixed: false };
    case "column":
      return typeOf(expression.name) ?? null;
    case "now":
      return expression.what === "timestamp"
        ? { kind: "timestamp", precision: 6, zone: true }
        : expression.what === "date"
          ? { kind: "date" }
          : { kind: "time", precision: 6, zone: false, signed: false };
    case "cast":
      return expression.to;
    case "binary":
      if (expression.operator === "||") return text;
      if (/^(=|<>|<=?|>=?|and|or)$/.test(expression.operator)) return { kind: "boolean" };
      return null;
    case "unary":
      return expression.operator === "not" ? { kind: "boolean" } : inner(expression.operand);
    case "case":
      return common([
        ...expression.branches.map(({ result }) => result),
        ...(expression.otherwise === null ? [] : [expression.otherwise]),
      ]);
    case "call":
      if (expression.name === "abs") return inner(expression.arguments[0] ?? expression);
      if (/^(coalesce|nullif|strict_greatest|strict_least)$/.test(expression.name)) {
        return common(expression.name === "nullif" ? expression.arguments.slice(0, 1) : expression.arguments);
      }
      return calls[expression.name] ?? null;
    case "null":
    case "verbatim":
    case "subquery":
    case "exists":
    case "in-query":
    case "aggregate":
      return null;
  }
}
