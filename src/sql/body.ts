import { compoundBody } from "./compound.ts";
import type { Lexicon } from "./lexicon.ts";

/**
 * Follows one statement that can hold others, and says whether a terminator belongs to it. Fed with each token's
 * symbol (upper-case word, operator, "" for strings, names and numbers), terminators included.
 */
export interface Body {
  feed(symbol: string): void;
  /** A terminator here does not end the statement. */
  open(): boolean;
}

/** The follower for a statement that begins with this word, or null where none is needed: nearly always. */
export function bodyOf(head: string, style: Lexicon["body"]): Body | null {
  if (style === "compound") return compoundBody(head);
  if (head !== "CREATE") return null;
  return style === "atomic" ? atomicBody() : triggerBody();
}

/**
 * PostgreSQL: CREATE [OR REPLACE] FUNCTION|PROCEDURE … BEGIN ATOMIC …; …; END. Only END directly after a
 * terminator (or after ATOMIC) closes it; that of a CASE, or a column called "end", stands elsewhere.
 */
function atomicBody(): Body {
  let head = true;
  let routine = false;
  let inside = false;
  let previous = "";
  return {
    feed(symbol) {
      if (head) {
        routine = symbol === "FUNCTION" || symbol === "PROCEDURE";
        head = symbol === "CREATE" || symbol === "OR" || symbol === "REPLACE";
      }
      if (routine) {
        if (symbol === "ATOMIC" && previous === "BEGIN") inside = true;
        else if (symbol === "END" && (previous === ";" || previous === "ATOMIC")) inside = false;
      }
      previous = symbol;
    },
    open: () => inside,
  };
}

/** SQLite, as its own shell does it: CREATE [TEMP] TRIGGER ends at the first `; END ;`. */
function triggerBody(): Body {
  let head = true;
  let trigger = false;
  let ended = false;
  let previous = "";
  return {
    feed(symbol) {
      if (head) {
        trigger = symbol === "TRIGGER";
        head = symbol === "CREATE" || symbol === "TEMP" || symbol === "TEMPORARY";
      }
      if (symbol !== ";") ended = symbol === "END" && previous === ";";
      previous = symbol;
    },
    open: () => trigger && !ended,
  };
}
