import { createHash } from "node:crypto";
import type { Lexicon } from "./lexicon.ts";
import { splitStatements } from "./split.ts";
import { tokenText } from "./tokenize.ts";

/**
 * SHA-256, lower-case hex, over the texts of a file's tokens, each with its length before it: white space and
 * comments never count, token boundaries do. Case counts, because names may be quoted.
 */
export function semanticHash(tokens: readonly string[]): string {
  const hash = createHash("sha256");
  let pending = "";
  for (const token of tokens) {
    pending += `${token.length}:${token}`;
    // Few large updates: each call costs more than the bytes of a token.
    if (pending.length > 65_536) {
      hash.update(pending);
      pending = "";
    }
  }
  return hash.update(pending).digest("hex");
}

/**
 * The token texts that count, each statement closed by ";" whatever terminator the file uses. Windows line ends
 * inside strings and bodies read as \n: a checkout on Windows must not look like an edit. Throws as
 * {@link splitStatements}.
 */
export function semanticTokens(text: string, lexicon: Lexicon, file: string): string[] {
  const texts: string[] = [];
  const windows = text.includes("\r\n");
  for (const piece of splitStatements(text, lexicon, file)) {
    for (const token of piece.tokens) {
      const written = tokenText(text, token);
      texts.push(windows ? written.replaceAll("\r\n", "\n") : written);
    }
    texts.push(";");
  }
  return texts;
}
