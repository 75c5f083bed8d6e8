import type { Query } from "../../core/query.ts";
import type { Dialect } from "../expression/dialect.ts";
import { printExpression } from "../expression/print.ts";
import { printQueryIn } from "./words.ts";

/** Writes a query for an engine; null where it cannot say it. */
export function printQuery(query: Query, dialect: Dialect): string | null {
  return printQueryIn(query, { dialect, print: (part) => printExpression(part, dialect) });
}
