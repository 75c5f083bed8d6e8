import type { Expression } from "./expression.ts";

/** A SELECT without a dialect: what a view says. */
export interface Query {
  readonly with: readonly CommonTable[];
  readonly recursive: boolean;
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  readonly limit: Expression | null;
  readonly offset: Expression | null;
}

export interface CommonTable {
  readonly name: string;
  /** Names of its columns; [] where they are those of its query. */
  readonly columns: readonly string[];
  readonly query: Query;
}

export type QueryBody =
  | Select
  | {
      readonly kind: "compound";
      readonly operator: "union" | "union all" | "except" | "intersect";
      readonly left: QueryBody;
      readonly right: Select;
    };

export interface Select {
  readonly kind: "select";
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  /** One after another, with commas. */
  readonly from: readonly FromItem[];
  readonly where: Expression | null;
  readonly groupBy: readonly Expression[];
  readonly having: Expression | null;
}

export type SelectItem =
  | { readonly kind: "value"; readonly value: Expression; readonly alias: string | null }
  /** `*`, or that of one table. */
  | { readonly kind: "all"; readonly of: string | null };

export type FromItem =
  | { readonly kind: "table"; readonly schema: string; readonly name: string; readonly alias: string | null }
  | { readonly kind: "query"; readonly query: Query; readonly alias: string }
  | {
      readonly kind: "join";
      readonly how: "inner" | "left" | "right" | "full" | "cross";
      readonly left: FromItem;
      readonly right: FromItem;
      readonly on: Expression | null;
      readonly using: readonly string[];
    };

export interface OrderItem {
  readonly value: Expression;
  readonly descending: boolean;
  /** Where NULLs stand: said, since each engine has a way of its own. */
  readonly nulls: "first" | "last";
}

/** What an aggregate or a window function looks at: OVER (…). */
export interface Window {
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
}
