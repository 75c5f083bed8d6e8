import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Lexicon, mysqlLexicon, postgresLexicon, sqliteLexicon } from "./lexicon.ts";
import { semanticHash, semanticTokens } from "./semantic-hash.ts";
import { splitStatements } from "./split.ts";

interface Dialect {
  readonly lexicon: Lexicon;
  readonly tokens: readonly string[];
  readonly gaps: readonly string[];
}

const shared = ["SELECT", "a", "é😀", "1", "2.5", "(", ")", ",", "=", "'x;y'", "'it''s'", "'--'", "'/*'"];
const gaps = [" ", "\n", "\r\n\t", " /* ; ' */ ", " -- it's; \"\n", "/**/"];
const dialects: Readonly<Record<string, Dialect>> = {
  postgres: {
    lexicon: { ...postgresLexicon, parenthesesHold: false },
    tokens: [...shared, '"a;""b"', "$$;'$$", "$x$ $$ ; $x$", "E'\\';'", "<->", "::", "$1", "U&'x'"],
    gaps: [...gaps, " /* a /* ; */ ' */ "],
  },
  mysql: {
    lexicon: mysqlLexicon,
    tokens: [...shared, "`a;``b`", '"x\\";"', "'\\';'", ":=", "0x1F", "BEGIN", "END", "CASE"],
    gaps: [...gaps, " # it's;\n"],
  },
  sqlite: { lexicon: sqliteLexicon, tokens: [...shared, "[a;'b]", "`;`", '"a;""b"', "x'3b'", "||"], gaps },
};

for (const [name, { lexicon, tokens, gaps: between }] of Object.entries(dialects)) {
  // The first word is plain, so that no statement is a client command or begins a body.
  const statement = fc
    .array(fc.constantFrom(...tokens), { maxLength: 12 })
    .map((rest): readonly string[] => ["UPDATE"].concat(rest));
  const gap = fc.constantFrom(...between);
  const spelled = (parts: readonly string[], seams: readonly string[]) =>
    parts
      .map((part, index) => (index === 0 ? part : `${seams[index % seams.length] ?? " "}${part}`))
      .join("");
  const seams = fc.array(gap, { minLength: 1, maxLength: 9 });

  test(`${name}: joined statements come back whatever stands in and between them`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(statement, seams), { minLength: 1, maxLength: 6 }),
        seams,
        (all, outer) => {
          const written = all.map(([parts, inner]) => spelled(parts, inner));
          const text = written
            .map((sql, index) => `${outer[index % outer.length]}${sql}${outer[0]};`)
            .join(";");
          const found = splitStatements(text, lexicon, "f");
          assert.deepEqual(
            found.map((piece) => piece.text),
            written,
          );
          for (const piece of found) {
            assert.equal(text.slice(piece.offset, piece.offset + piece.text.length), piece.text);
            assert.equal(piece.line, text.slice(0, piece.offset).split("\n").length);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test(`${name}: the hash depends on the tokens and on nothing between them`, () => {
    const hashOf = (text: string) => semanticHash(semanticTokens(text, lexicon, "f"));
    fc.assert(
      fc.property(
        statement,
        seams,
        seams,
        fc.nat(),
        fc.constantFrom(...tokens),
        (parts, one, two, at, other) => {
          const hash = hashOf(spelled(parts, one));
          assert.equal(hashOf(`${two[0]}${spelled(parts, two)} ;`), hash);
          const index = at % parts.length;
          const changed = parts.with(index, other);
          if (parts[index] !== other && index > 0) assert.notEqual(hashOf(spelled(changed, two)), hash);
          assert.notEqual(hashOf(`UPDATE; ${spelled(parts, one)}`), hashOf(`UPDATE ${spelled(parts, one)}`));
        },
      ),
      { numRuns: 150 },
    );
  });

  test(`${name}: any text is split or refused with a code`, () => {
    const scraps = fc.constantFrom(
      ...tokens,
      ...between,
      "'",
      '"',
      "`",
      "$",
      "$$",
      "/*",
      "*/",
      "\\",
      ";",
      "[",
      ".",
      "CREATE",
      "TRIGGER",
      "DELIMITER x\n",
    );
    fc.assert(
      fc.property(fc.array(scraps, { maxLength: 30 }), (parts) => {
        const text = parts.join("");
        try {
          for (const piece of splitStatements(text, lexicon, "f")) assert.ok(piece.text.length > 0);
        } catch (error) {
          assert.match(String((error as { code?: unknown }).code), /^GW200[456]$/);
        }
      }),
      { numRuns: 300 },
    );
  });
}
