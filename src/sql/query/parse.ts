import type { Query } from "../../core/query.ts";
import type { Dialect } from "../expression/dialect.ts";
import { lexemes } from "../expression/lexemes.ts";
import { Unknown } from "../expression/parser.ts";
import { QueryParser } from "./parser.ts";

/** A query, or the part of it that is not known to mean the same elsewhere. */
export type ParsedQuery = { readonly query: Query } | { readonly unknown: string };

/** Reads the SELECT of a view as its engine keeps it. */
export function parseQuery(text: string, dialect: Dialect): ParsedQuery {
  const found = lexemes(text, dialect, { comments: true });
  if (found === null || found.length === 0) return { unknown: "a text that is no query" };
  const parser = new QueryParser(found, dialect);
  try {
    const query = parser.query();
    return parser.isAtEnd() ? { query } : { unknown: parser.rest() };
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;
    return { unknown: error.message === "" ? parser.rest() : error.message };
  }
}
