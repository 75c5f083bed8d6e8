import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import { loadModule, scanSync } from "libpg-query";
import { postgresLexicon } from "../../sql/lexicon.ts";
import { tokenize, tokenText } from "../../sql/tokenize.ts";

before(() => loadModule());

const quoted = [
  "'x'",
  "'it''s'",
  "E'\\''",
  "e'\\\\'",
  "U&'x'",
  'U&"y"',
  '"q""r"',
  "$$;$$",
  "$t$ $$ $t$",
  "B'1' ",
  "X'ff' ",
];
const words = ["a", "é", "😀b", "1", "2.5", "1e5", "1e-5", ".5", "0x1F", "1_000", "a$b", "$1"];
const signs = [..."+-*/<>=~!@#%^&|`?()[],.;:", "::", ":=", "..", "=>", "<=", "!="];
const gaps = [" ", "\n", "-- '\n", "/* ' */", "/* /* ' */ */"];

test("tokens are cut where the server's own scanner cuts them", () => {
  const piece = fc.constantFrom(...quoted, ...words, ...signs, ...gaps);
  const parts = fc.array(fc.tuple(piece, fc.constantFrom("", " ")), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(parts, (all) => {
      const text = all.flat().join("");
      const theirs = scan(text);
      // What the scanner refuses never reaches a server.
      // A string that goes on in a later line is one token there, and one for each line here.
      fc.pre(theirs !== null && !theirs.some((token) => token.includes("\n")));
      const ours = tokenize(text, postgresLexicon).filter((token) => token.kind !== "comment");
      // The scanner reads a stray backslash as a token; here it is a client command, and the end.
      fc.pre(ours.every((token) => token.kind !== "client-command"));
      assert.deepEqual(
        ours.map((token) => tokenText(text, token)),
        theirs,
      );
    }),
    { numRuns: 2000 },
  );
});

function scan(text: string): string[] | null {
  try {
    return scanSync(text)
      .tokens.filter((token) => !token.tokenName.includes("COMMENT"))
      .map((token) => token.text);
  } catch {
    return null;
  }
}
