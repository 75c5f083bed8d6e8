import type { Expression } from "../../core/expression.ts";
import type { Dialect } from "./dialect.ts";
import { lexemes } from "./lexemes.ts";
import { ExpressionParser, Unknown } from "./parser.ts";

export type { Dialect } from "./dialect.ts";

/**
 * Reads a scalar expression as a catalogue prints it. Null where anything in it is not known to mean the same
 * everywhere: then it is reported, and never passed through.
 */
export function parseExpression(text: string, dialect: Dialect): Expression | null {
  const found = lexemes(text, dialect);
  if (found === null || found.length === 0) return null;
  const parser = new ExpressionParser(found, dialect);
  try {
    const expression = parser.expression(0);
    return parser.isAtEnd() ? expression : null;
  } catch (error) {
    if (error instanceof Unknown) return null;
    throw error;
  }
}
