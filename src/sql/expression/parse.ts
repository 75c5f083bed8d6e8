import type { Expression } from "../../core/expression.ts";

/** Whose spelling a text has. MariaDB counts as mysql. */
export type Dialect = "postgres" | "mysql" | "sqlite";

/**
 * Reads a scalar expression as a catalogue prints it. Null where anything in it is not known to mean the same
 * everywhere: then it is reported, and never passed through.
 */
export function parseExpression(text: string, dialect: Dialect): Expression | null {
  const trimmed = text.trim();
  if (/^null$/i.test(trimmed)) return { kind: "null" };
  if (/^[+-]?\d+(\.\d+)?$/.test(trimmed)) return { kind: "number", value: trimmed };
  const quoted = /^'((?:[^'\\]|'')*)'$/.exec(trimmed);
  if (quoted) return { kind: "string", value: quoted[1]!.replaceAll("''", "'") };
  if (dialect !== "mysql" && /^true$/i.test(trimmed)) return { kind: "boolean", value: true };
  if (dialect !== "mysql" && /^false$/i.test(trimmed)) return { kind: "boolean", value: false };
  if (/^current_timestamp(\(\))?$/i.test(trimmed)) return { kind: "now", what: "timestamp", precision: null };
  return null;
}
