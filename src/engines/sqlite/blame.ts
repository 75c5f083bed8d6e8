import { isSqliteError } from "./driver.ts";
import { ValueError } from "./value-error.ts";

/** Which column a rejected row failed on. SQLite's English messages are fixed, and name it in most cases. */
export function blame(error: unknown): { readonly column: string | null; readonly reason: string } {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof ValueError) return { column: error.column, reason };
  if (!isSqliteError(error)) return { column: null, reason };
  // "cannot store TEXT value in INTEGER column t.a", of a STRICT table
  const mistyped = /^cannot store \w+ value in \w+ column (.*)$/s.exec(reason);
  if (mistyped !== null) return { column: lastName(mistyped[1]!), reason };
  // "NOT NULL constraint failed: t.a", "UNIQUE constraint failed: t.a, t.b" (of several none is to blame alone)
  const failed = /^(?:NOT NULL|UNIQUE) constraint failed: (.*)$/s.exec(reason);
  if (failed === null || failed[1]!.includes(", ") || failed[1]!.startsWith("index '"))
    return { column: null, reason };
  return { column: lastName(failed[1]!), reason };
}

function lastName(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}
