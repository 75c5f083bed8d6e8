import type { Expression } from "../../core/expression.ts";
import type { PortableType } from "../../core/portable.ts";
import { type Dialect, dialects } from "./dialect.ts";
import { printForm } from "./forms.ts";
import { functionNames } from "./functions.ts";
import { printQueryExpression } from "../query/words.ts";

/** Writes an expression for an engine; null where it cannot say it with the same meaning. */
export function printExpression(expression: Expression, dialect: Dialect): string | null {
  const facts = dialects[dialect];
  const each = (parts: readonly (Expression | null)[], make: (...texts: string[]) => string | null) => {
    const texts = parts.map((part) => (part === null ? "" : printExpression(part, dialect)));
    return texts.includes(null) ? null : make(...(texts as string[]));
  };
  const negated = (not: boolean, text: string) => (not ? `(NOT ${text})` : text);
  switch (expression.kind) {
    case "null":
      return "NULL";
    case "number":
      return expression.value.startsWith("-") ? `(${expression.value})` : expression.value;
    case "string":
      return quotedString(expression.value, dialect);
    case "boolean":
      return facts.booleans ? String(expression.value).toUpperCase() : expression.value ? "1" : "0";
    case "bytes":
      return facts.booleans ? `'\\x${expression.hex}'::bytea` : `X'${expression.hex}'`;
    case "column":
      return [...(expression.of === undefined ? [] : [expression.of]), expression.name]
        .map(
          (name) =>
            `${facts.nameQuote}${name.replaceAll(facts.nameQuote, facts.nameQuote.repeat(2))}${facts.nameQuote}`,
        )
        .join(".");
    case "now":
      return now(expression.what, expression.precision, dialect);
    case "unary":
      return each([expression.operand], (operand) =>
        expression.operator === "not" ? `(NOT ${operand})` : `(${expression.operator}${operand})`,
      );
    case "is":
      return each([expression.operand], (operand) => {
        return `(${operand} IS ${expression.not ? "NOT " : ""}${expression.what.toUpperCase()})`;
      });
    case "between":
      return each([expression.operand, expression.low, expression.high], (operand, low, high) =>
        negated(expression.not, `(${operand} BETWEEN ${low} AND ${high})`),
      );
    case "in":
      if (expression.values.length === 0) return null;
      return each(
        [expression.operand, ...expression.values],
        (operand, ...values) => `(${operand} ${expression.not ? "NOT " : ""}IN (${values.join(", ")}))`,
      );
    case "like":
      return each([expression.operand, expression.pattern], (operand, pattern) =>
        negated(
          expression.not,
          like(operand as string, pattern as string, expression.caseInsensitive, dialect) ?? "",
        ),
      );
    case "binary":
      return each([expression.left, expression.right], (left, right) => {
        if (expression.operator === "||" && !facts.pipesConcat) return `concat(${left}, ${right})`;
        // In MySQL a word, and elsewhere it would be a power, or nothing.
        if (expression.operator === "^" || expression.operator === "/") return null;
        return `(${left} ${expression.operator.toUpperCase()} ${right})`;
      });
    case "call": {
      const form = printForm(expression, dialect, (part) => printExpression(part, dialect));
      if (form !== undefined) return form;
      const name = functionNames[expression.name]?.[dialect];
      if (name === undefined) return null;
      return each(expression.arguments, (...values) => `${name}(${values.join(", ")})`);
    }
    case "case":
      return printCase(expression, dialect);
    case "cast": {
      // A date is a text there, which the function makes of a time.
      if (dialect === "sqlite" && expression.to.kind === "date" && !isLiteral(expression.operand))
        return each([expression.operand], (operand) => `date(${operand})`);
      const to = castType(expression.to, dialect);
      if (to === null)
        return isLiteral(expression.operand) ? printExpression(expression.operand, dialect) : null;
      return each([expression.operand], (operand) => `CAST(${operand} AS ${to})`);
    }
    case "verbatim":
      return expression.dialect === dialect ? expression.text : null;
    case "subquery":
    case "exists":
    case "in-query":
    case "aggregate":
      return printQueryExpression(expression, {
        dialect,
        print: (part) => printExpression(part, dialect),
      });
  }
}

function printCase(expression: Extract<Expression, { kind: "case" }>, dialect: Dialect): string | null {
  const parts: (string | null)[] = ["CASE"];
  if (expression.operand !== null) parts.push(printExpression(expression.operand, dialect));
  for (const { when, result } of expression.branches) {
    parts.push("WHEN", printExpression(when, dialect), "THEN", printExpression(result, dialect));
  }
  if (expression.otherwise !== null) parts.push("ELSE", printExpression(expression.otherwise, dialect));
  return parts.includes(null) ? null : [...parts, "END"].join(" ");
}

function like(operand: string, pattern: string, caseInsensitive: boolean, dialect: Dialect): string | null {
  if (dialect === "postgres") return `(${operand} ${caseInsensitive ? "ILIKE" : "LIKE"} ${pattern})`;
  // MySQL's follows the collation, SQLite's always ignores the case of ASCII letters: GLOB would need another pattern.
  return `(${operand} LIKE ${pattern})`;
}

function now(what: "timestamp" | "date" | "time", precision: number | null, dialect: Dialect): string {
  const digits = precision === null || dialect === "sqlite" ? "" : `(${precision})`;
  switch (what) {
    case "timestamp":
      return `CURRENT_TIMESTAMP${digits}`;
    case "date":
      // MySQL takes it as a default only in parentheses, which its render role adds to whatever is no literal.
      return "CURRENT_DATE";
    case "time":
      return `CURRENT_TIME${digits}`;
  }
}

/** Without a way to write U+0000, none has it. */
function quotedString(value: string, dialect: Dialect): string | null {
  if (value.includes("\0") && !dialects[dialect].backslash) return null;
  const text = value.replaceAll("'", "''");
  return dialects[dialect].backslash
    ? `'${text.replaceAll("\\", "\\\\").replaceAll("\0", "\\0")}'`
    : `'${text}'`;
}

function isLiteral({ kind }: Expression): boolean {
  return kind === "string" || kind === "number" || kind === "boolean" || kind === "null";
}

/** The type's name in a cast; null where the dialect casts to no such type. */
function castType(type: PortableType, dialect: Dialect): string | null {
  const names: Partial<Record<PortableType["kind"], Readonly<Record<Dialect, string | null>>>> = {
    text: { postgres: "text", mysql: "CHAR", sqlite: "TEXT" },
    boolean: { postgres: "boolean", mysql: null, sqlite: null },
    date: { postgres: "date", mysql: "DATE", sqlite: null },
    uuid: { postgres: "uuid", mysql: null, sqlite: null },
    json: { postgres: "jsonb", mysql: null, sqlite: null },
  };
  switch (type.kind) {
    case "integer":
      return { postgres: type.bits === 64 ? "bigint" : "integer", mysql: "SIGNED", sqlite: "INTEGER" }[
        dialect
      ];
    case "float":
      return { postgres: "double precision", mysql: "DOUBLE", sqlite: "REAL" }[dialect];
    case "decimal": {
      const size = type.precision === null ? "" : `(${type.precision}, ${type.scale ?? 0})`;
      if (dialect === "postgres") return `numeric${size}`;
      return dialect === "mysql" && size !== "" ? `DECIMAL${size}` : null;
    }
    case "timestamp":
      if (dialect === "postgres") return type.zone ? "timestamptz" : "timestamp";
      return dialect === "mysql" ? `DATETIME(${type.precision})` : null;
    default:
      return names[type.kind]?.[dialect] ?? null;
  }
}
