import { tokenReader } from "../../sql/token-reader.ts";
import type { Token } from "../../sql/tokenize.ts";

/**
 * Whether a statement is about one account, table or server object: refused, it did nothing. With a list of them
 * MariaDB goes from one to the next, and is refused in the middle: DROP USER missing, present drops the second.
 */
export function concernsOne(text: string, tokens: readonly Token[]): boolean {
  const reader = tokenReader(text, tokens);
  const verb = reader.peek();
  reader.skip();
  if (verb === "GRANT" || verb === "REVOKE") {
    // A list of privileges is written at once, a list of roles is not.
    const head = tokenReader(text, reader.rest());
    const isPrivilege = reader.seek("ON");
    if (isPrivilege) return reader.seek("TO", "FROM") && !reader.seek(",");
    return !head.seek(",");
  }
  if (verb === "SET") return ["PASSWORD", "DEFAULT"].includes(reader.peek()) && !reader.seek(",");
  // A tablespace that could not be imported can be half in place.
  if (verb === "ALTER" && tokenReader(text, reader.rest()).seek("TABLESPACE")) return false;
  return verbs.has(verb) && !reader.seek(",");
}

const verbs = new Set(
  "CREATE ALTER DROP RENAME ANALYZE OPTIMIZE CHECK REPAIR CACHE LOAD FLUSH INSTALL UNINSTALL".split(" "),
);
