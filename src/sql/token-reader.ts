import type { ObjectName } from "../core/plan.ts";
import { symbol, type Token, tokenText } from "./tokenize.ts";

/** Reads a statement's tokens from the left, for dialects without a parser. */
export interface TokenReader {
  /** The symbol `ahead` of the next token: upper-case word, operator, or "". */
  peek(ahead?: number): string;
  /** Consumes the given words when they come next, all of them or none. */
  take(...wanted: readonly string[]): boolean;
  skip(count?: number): void;
  done(): boolean;
  /** The next token's text as written, without moving on. */
  raw(ahead?: number): string;
  /** Consumes a name with an optional schema before it, both unquoted; null when no name comes next. */
  name(kind: ObjectName["kind"]): ObjectName | null;
  /** Moves behind the next of these symbols outside parentheses; false, at the end, when there is none. */
  seek(...wanted: readonly string[]): boolean;
  rest(): readonly Token[];
}

export function tokenReader(text: string, all: readonly Token[]): TokenReader {
  const tokens = all.filter((token) => token.kind !== "executable");
  let at = 0;
  const peek = (ahead = 0): string => symbol(text, tokens[at + ahead]);
  const raw = (ahead = 0): string => {
    const token = tokens[at + ahead];
    return token === undefined ? "" : tokenText(text, token);
  };
  const part = (): string | null => {
    const token = tokens[at];
    if (token === undefined || token.kind === "operator" || token.kind === "terminator") return null;
    at++;
    return unquoted(tokenText(text, token));
  };
  return {
    peek,
    raw,
    take(...wanted) {
      const matches = wanted.every((word, index) => peek(index) === word);
      if (matches) at += wanted.length;
      return matches;
    },
    skip(count = 1) {
      at += count;
    },
    done: () => at >= tokens.length,
    name(kind) {
      const first = part();
      if (first === null) return null;
      let second: string | null = null;
      if (peek() === ".") {
        at++;
        second = part();
      } else if (tokens[at]?.kind === "number" && raw().startsWith(".")) {
        // `db.2024_log`: the dot and the digits are one number to the tokenizer.
        second = raw().slice(1);
        at++;
      }
      return second === null ? { kind, name: first } : { kind, schema: first, name: second };
    },
    seek(...wanted) {
      for (let parens = 0; at < tokens.length; at++) {
        const sign = peek();
        if (sign === "(") parens++;
        else if (sign === ")") parens--;
        else if (parens === 0 && wanted.includes(sign)) {
          at++;
          return true;
        }
      }
      return false;
    },
    rest: () => tokens.slice(at),
  };
}

/** A name without its quotes, doubled quotes made single. */
export function unquoted(written: string): string {
  const quote = written[0] ?? "";
  if (quote === "[") return written.slice(1, -1);
  if (!"`\"'".includes(quote)) return written;
  return written.slice(1, -1).replaceAll(quote + quote, quote);
}
