import type { Expression } from "../../core/expression.ts";
import type { Dialect } from "../../sql/expression/dialect.ts";
import { lexemes } from "../../sql/expression/lexemes.ts";
import { Unknown } from "../../sql/expression/parser.ts";
import { printExpression } from "../../sql/expression/print.ts";
import { QueryParser } from "../../sql/query/parser.ts";

/** A column of the row that a trigger sees, and what becomes of it. */
export interface Assignment {
  readonly column: string;
  readonly value: string;
}

/**
 * The body of a trigger that does nothing but set columns of the new row, in another engine's words; null of any
 * other body.
 */
export function assignmentsOf(body: string, from: Dialect, to: Dialect): readonly Assignment[] | null {
  const found: Assignment[] = [];
  const inner = body
    .trim()
    .replace(/^BEGIN\b/i, "")
    .replace(/\bEND\s*;?$/i, "");
  const isBlock = inner !== body.trim();
  for (const statement of (isBlock ? inner : body).split(";").map((part) => part.trim())) {
    if (statement === "" || /^RETURN\s+NEW$/i.test(statement)) continue;
    const match = /^(?:SET\s+)?NEW\s*\.\s*([`"]?)(\w+)\1\s*:?=\s*([^]+)$/i.exec(statement);
    if (match === null) return null;
    const value = translated(match[3]!, from, to);
    if (value === null) return null;
    found.push({ column: match[2]!, value });
  }
  return found.length === 0 ? null : found;
}

/** NEW and OLD are names of rows in all of them, in whatever case. */
function translated(text: string, from: Dialect, to: Dialect): string | null {
  const tokens = lexemes(text, from);
  if (tokens === null) return null;
  const parser = new QueryParser(tokens, from);
  try {
    const expression = parser.expression(0);
    return parser.isAtEnd() && !hasQuery(expression) ? printExpression(lowerRows(expression), to) : null;
  } catch (error) {
    if (error instanceof Unknown) return null;
    throw error;
  }
}

function lowerRows(expression: Expression): Expression {
  return JSON.parse(JSON.stringify(expression), (_, part: unknown) => {
    const node = part as { kind?: unknown; of?: string } | null;
    return node?.kind === "column" && node.of !== undefined ? { ...node, of: node.of.toLowerCase() } : part;
  }) as Expression;
}

function hasQuery(expression: Expression): boolean {
  return JSON.stringify(expression).includes('"query":');
}
