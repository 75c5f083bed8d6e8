import type { PortableType } from "./portable.ts";
import type { OrderItem, Query, Window } from "./query.ts";
import type { EngineId } from "./target.ts";

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
  /** `of`: its table, or what stands for it; only in queries. */
  | { readonly kind: "column"; readonly name: string; readonly of?: string }
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
  | { readonly kind: "cast"; readonly operand: Expression; readonly to: PortableType }
  /** Words that only their own engine understands, for a copy within it. */
  | { readonly kind: "verbatim"; readonly dialect: EngineId; readonly text: string }
  | QueryExpression;

/** What stands in queries only. */
export type QueryExpression =
  | { readonly kind: "subquery"; readonly query: Query }
  | { readonly kind: "exists"; readonly query: Query }
  | {
      readonly kind: "in-query";
      readonly operand: Expression;
      readonly query: Query;
      readonly not: boolean;
    }
  /** An aggregate, or a window function. Without an argument, count is that of rows. */
  | {
      readonly kind: "aggregate";
      readonly name: string;
      readonly distinct: boolean;
      readonly arguments: readonly Expression[];
      readonly orderBy: readonly OrderItem[];
      readonly over: Window | null;
    };

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
