import { tokenize } from "../tokenize.ts";
import { type Dialect, dialects } from "./dialect.ts";

/** A token as the expression parser sees it. */
export type Lexeme =
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "bytes"; readonly hex: string }
  /** Binary digits of b'…'. */
  | { readonly kind: "bits"; readonly digits: string }
  | { readonly kind: "number"; readonly value: string }
  /** A quoted name: never a keyword. */
  | { readonly kind: "name"; readonly value: string }
  /** Lower case. */
  | { readonly kind: "word"; readonly value: string; readonly written: string }
  | { readonly kind: "operator"; readonly value: string };

/**
 * Cuts an expression into lexemes; null where something in it cannot stand in one. Comments can stand in a query that
 * somebody wrote, and its engine kept.
 */
export function lexemes(text: string, dialect: Dialect, { comments = false } = {}): Lexeme[] | null {
  const { lexicon, backslash } = dialects[dialect];
  const found: Lexeme[] = [];
  for (const token of tokenize(text, lexicon)) {
    if (comments && token.kind === "comment") continue;
    const written = text.slice(token.start, token.end);
    const lexeme = read(token.kind, written, backslash);
    if (lexeme === null) return null;
    // An introducer (_utf8mb4'…') says how the bytes of the text were written; the server has decoded them.
    const last = found.at(-1);
    if (
      lexeme.kind === "string" &&
      last?.kind === "word" &&
      /^_(utf8\w*|ascii|latin1|binary)$/.test(last.value)
    ) {
      if (last.value === "_binary") return null;
      found.pop();
    }
    found.push(lexeme);
  }
  return found;
}

function read(kind: string, written: string, backslash: boolean): Lexeme | null {
  switch (kind) {
    case "word":
      return { kind: "word", value: written.toLowerCase(), written };
    case "name":
      return { kind: "name", value: nameOf(written) };
    case "number":
      return /^0x[0-9a-f]+$/i.test(written)
        ? { kind: "bytes", hex: written.slice(2).toLowerCase() }
        : { kind: "number", value: written };
    case "string":
      return stringOf(written, backslash);
    case "operator":
      return { kind: "operator", value: written };
    default:
      return null;
  }
}

function nameOf(written: string): string {
  const quote = written[0] ?? "";
  if (quote === "[") return written.slice(1, -1);
  return written.slice(1, -1).replaceAll(quote + quote, quote);
}

function stringOf(written: string, backslash: boolean): Lexeme | null {
  const [, prefix = "", quote = "'", body = ""] = /^([a-z&]*)(['"])(.*)\2$/isu.exec(written) ?? [];
  const isEscaped = backslash || prefix.toLowerCase() === "e";
  switch (prefix.toLowerCase()) {
    case "x":
      return { kind: "bytes", hex: body.toLowerCase() };
    case "b":
      return { kind: "bits", digits: body };
    case "":
    case "n":
    case "e": {
      const value = isEscaped ? unescaped(body, quote) : body.replaceAll(quote + quote, quote);
      return value === null ? null : { kind: "string", value };
    }
    default:
      return null;
  }
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  "0": "\0",
  Z: "\u001a",
};

function unescaped(body: string, quote: string): string | null {
  let isSure = true;
  const value = body.replaceAll(/\\(.)|''|""/gsu, (all: string, character: string | undefined) => {
    if (character === undefined) return all === quote + quote ? quote : all;
    // In PostgreSQL's E'…' a digit or an x begins a code: not seen in catalogues.
    if (/[1-9xuU]/.test(character)) isSure = false;
    return escapes[character] ?? character;
  });
  return isSure ? value : null;
}
