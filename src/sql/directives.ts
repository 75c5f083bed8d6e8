import { locate } from "./file-error.ts";
import type { Lexicon } from "./lexicon.ts";
import { tokenize, tokenText } from "./tokenize.ts";

export interface Directive {
  readonly words: readonly string[];
  /** From 1. */
  readonly line: number;
  /** In UTF-16 units into the text. */
  readonly offset: number;
}

/**
 * Comments of the form `-- godwit: word …`, also in the other comment styles of the dialect, in their order.
 * The word "godwit" counts in any case, so that a capital letter does not turn a setting into a remark.
 */
export function directivesOf(text: string, lexicon: Lexicon): Directive[] {
  // Most files have none, and need no second pass.
  if (!/godwit:/i.test(text)) return [];
  return tokenize(text, lexicon)
    .filter((token) => token.kind === "comment")
    .flatMap((token) => {
      const found = /^(?:--|#|\/\*)\s*godwit:([\s\S]*)$/i.exec(tokenText(text, token));
      if (found?.[1] === undefined) return [];
      const words = found[1].replace(/\*\/$/, "").trim().split(/\s+/).filter(Boolean);
      return [{ words, line: locate(text, token.start).line, offset: token.start }];
    });
}
