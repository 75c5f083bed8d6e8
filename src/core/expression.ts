import type { PortableType } from "./portable.ts";

/**
 * A scalar expression of SQL without a dialect: defaults, checks, generated columns, index expressions, filters.
 * Function names are lower case and are those of PostgreSQL where it has the function; `print` of a dialect either
 * writes the same meaning or says that it can't.
 */
export type Expression =
  | { readonly kind: "string"; readonly value: string }
  /** Digits as written; never a JavaScript number. */
  | { readonly kind: "number"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" }
  /** Lower-case hexadecimal digits. */
  | { readonly kind: "bytes"; readonly hex: string }
  | { readonly kind: "column"; readonly name: string }
  | { readonly kind: "call"; readonly name: string; readonly arguments: readonly Expression[] }
  /** now(), with digits of a second where given: CURRENT_TIMESTAMP(3). */
  | { readonly kind: "now"; readonly what: "timestamp" | "date" | "time"; readonly precision: number | null }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "unary"; readonly operator: "-" | "+" | "not" | "~"; readonly operand: Expression }
  | {
      readonly kind: "is";
      readonly operand: Expression;
      readonly what: "null" | "true" | "false";
      readonly not: boolean;
    }
  | {
      readonly kind: "between";
      readonly operand: Expression;
      readonly low: Expression;
      readonly high: Expression;
      readonly not: boolean;
    }
  | {
      readonly kind: "in";
      readonly operand: Expression;
      readonly values: readonly Expression[];
      readonly not: boolean;
    }
  | {
      readonly kind: "like";
      readonly operand: Expression;
      readonly pattern: Expression;
      readonly not: boolean;
      readonly caseInsensitive: boolean;
    }
  | {
      readonly kind: "case";
      readonly operand: Expression | null;
      readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
      readonly otherwise: Expression | null;
    }
  | { readonly kind: "cast"; readonly operand: Expression; readonly to: PortableType };

export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "||"
  | "="
  | "<>"
  | "<"
  | "<="
  | ">"
  | ">="
  | "and"
  | "or"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>";
