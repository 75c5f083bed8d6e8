import type { Lexicon } from "./lexicon.ts";
import { symbol, type Token, tokenize, tokenText } from "./tokenize.ts";
import { unquoted } from "./token-reader.ts";

/** Cuts a statement at words that stand outside all parentheses. Places are numbers of tokens. */
export interface StatementCutter {
  readonly length: number;
  /** A comment that holds code stands in it, so its parts are not what they seem. */
  readonly isConditional: boolean;
  /** Places, outside of parentheses, of any of the words; `length` where there is none. */
  first(words: readonly string[], after?: number, before?: number): number;
  all(words: readonly string[], after: number, before: number): number[];
  symbol(place: number): string;
  /** A name without its quotes; null where the token is none. */
  name(place: number): string | null;
  isOuter(place: number): boolean;
  /** The text between two tokens. */
  between(after: number, before: number): string;
  /** The text from one token up to another one. */
  text(from: number, before: number): string;
}

export function cutStatement(text: string, lexicon: Lexicon): StatementCutter {
  const all = tokenize(text, lexicon);
  const tokens = all.filter(({ kind }) => kind !== "comment" && kind !== "terminator");
  const outer = outerPlaces(text, tokens);
  const known = new Set(outer);
  const symbolAt = (place: number) => symbol(text, tokens[place]);
  const find = (words: readonly string[], after: number, before: number) =>
    outer.filter((place) => place > after && place < before && words.includes(symbolAt(place)));
  const startOf = (place: number) => tokens[place]?.start ?? text.length;
  return {
    length: tokens.length,
    isConditional: all.some(({ kind }) => kind === "executable"),
    first: (words, after = -1, before = tokens.length) => find(words, after, before)[0] ?? tokens.length,
    all: find,
    symbol: symbolAt,
    name(place) {
      const token = tokens[place];
      return token?.kind === "word" || token?.kind === "name" ? unquoted(tokenText(text, token)) : null;
    },
    isOuter: (place) => known.has(place),
    between: (after, before) => text.slice(tokens[after]?.end ?? text.length, startOf(before)).trim(),
    text: (from, before) => text.slice(startOf(from), startOf(before)),
  };
}

function outerPlaces(text: string, tokens: readonly Token[]): number[] {
  const outer: number[] = [];
  let depth = 0;
  for (const [place, token] of tokens.entries()) {
    const sign = symbol(text, token);
    if (sign === "(" || sign === "[") depth++;
    else if (sign === ")" || sign === "]") depth--;
    else if (depth === 0) outer.push(place);
  }
  return outer;
}

/**
 * The columns behind SET, each with the table that stands before it: what is followed by `=` after SET or a comma, or
 * a list in parentheses that is.
 */
export function assignedColumns(
  cut: StatementCutter,
  set: number,
  end: number,
): readonly { readonly table: string | null; readonly column: string }[] {
  const found: { table: string | null; column: string }[] = [];
  const read = (from: number, isEnd: (place: number) => boolean): number => {
    const parts: string[] = [];
    let place = from;
    for (; !isEnd(place) && place < end; place++) {
      const name = cut.name(place);
      if (name !== null) parts.push(name);
      else if (cut.symbol(place) !== ".") break;
    }
    const column = parts.at(-1);
    if (isEnd(place) && column !== undefined) found.push({ table: parts.at(-2) ?? null, column });
    return place;
  };
  for (const start of [set, ...cut.all([","], set, end)]) {
    if (cut.symbol(start + 1) !== "(") {
      read(start + 1, (place) => cut.symbol(place) === "=" || cut.symbol(place) === ":=");
      continue;
    }
    for (let place = start + 2; place < end; place++) {
      place = read(place, (at) => cut.symbol(at) === "," || cut.symbol(at) === ")");
      if (cut.symbol(place) !== ",") break;
    }
  }
  return found;
}
