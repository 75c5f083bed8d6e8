import assert from "node:assert/strict";
import { test } from "node:test";
import { type Lexicon, mysqlLexicon, postgresLexicon, sqliteLexicon } from "./lexicon.ts";
import { tokenize, tokenText } from "./tokenize.ts";

function texts(text: string, lexicon: Lexicon): string[] {
  return tokenize(text, lexicon).map((token) => `${token.kind} ${tokenText(text, token)}`);
}

function code(text: string, lexicon: Lexicon): string {
  return tokenize(text, lexicon)
    .filter((token) => token.kind !== "comment")
    .map((token) => tokenText(text, token))
    .join(" ⏐ ");
}

test("PostgreSQL strings, names and bodies", () => {
  assert.deepEqual(
    texts(`'a''b' E'\\'' e'\\\\' U&"x;" u&'\\0041' X'00' $$;'$$ $é$ $$ $é$`, postgresLexicon),
    [
      "string 'a''b'",
      "string E'\\''",
      "string e'\\\\'",
      'name U&"x;"',
      "string u&'\\0041'",
      "string X'00'",
      "string $$;'$$",
      "string $é$ $$ $é$",
    ],
  );
  assert.equal(code("'a\\' ; namee'x' $1 a$b$c", postgresLexicon), "'a\\' ⏐ ; ⏐ namee ⏐ 'x' ⏐ $1 ⏐ a$b$c");
});

test("an E string keeps its escapes on a later line, behind a comment as well", () => {
  assert.equal(code("E'a' -- c\n 'b\\'' ; x", postgresLexicon), "E'a' ⏐ 'b\\'' ⏐ ; ⏐ x");
  assert.equal(code("E'a' /* c\n */ 'b\\' ; x", postgresLexicon), "E'a' ⏐ 'b\\' ⏐ ; ⏐ x");
  assert.equal(code("'a'\n 'b\\' ; x", postgresLexicon), "'a' ⏐ 'b\\' ⏐ ; ⏐ x");
});

test("operators are cut as the servers cut them", () => {
  assert.equal(
    code("a=-1 @- b <-c a->>'b' x::int [1:2] a<>--c\n+/*x*/b", postgresLexicon),
    "a ⏐ = ⏐ - ⏐ 1 ⏐ @- ⏐ b ⏐ < ⏐ - ⏐ c ⏐ a ⏐ ->> ⏐ 'b' ⏐ x ⏐ :: ⏐ int ⏐ [ ⏐ 1 ⏐ : ⏐ 2 ⏐ ] ⏐ a ⏐ <> ⏐ + ⏐ b",
  );
  assert.equal(code("a<=>b:=1 a<-1", mysqlLexicon), "a ⏐ <=> ⏐ b ⏐ := ⏐ 1 ⏐ a ⏐ < ⏐ - ⏐ 1");
  assert.equal(
    code("1.5e-3 0x1e-3 1..10 .5 1_000", postgresLexicon),
    "1.5e-3 ⏐ 0x1e ⏐ - ⏐ 3 ⏐ 1 ⏐ .. ⏐ 10 ⏐ .5 ⏐ 1_000",
  );
});

test("comments of each dialect", () => {
  assert.deepEqual(texts("/* a /* b */ c */ -- x\n--y", postgresLexicon), [
    "comment /* a /* b */ c */",
    "comment -- x",
    "comment --y",
  ]);
  assert.equal(code("1--1 -- x\n# y\n/* a /* b */ c", mysqlLexicon), "1 ⏐ - ⏐ - ⏐ 1 ⏐ c");
  assert.equal(
    code("/*!50003 a */ /*M!100100 b*/ c", mysqlLexicon),
    "/*!50003 ⏐ a ⏐ */ ⏐ /*M!100100 ⏐ b ⏐ */ ⏐ c",
  );
});

test("MySQL strings and DELIMITER", () => {
  assert.equal(code("'a\\'b' \"c\\\"d\" `e``;` \\N", mysqlLexicon), "'a\\'b' ⏐ \"c\\\"d\" ⏐ `e``;` ⏐ \\N");
  assert.deepEqual(texts("DELIMITER $$\na; END$$\n delimiter ;\nb;", mysqlLexicon), [
    "delimiter DELIMITER $$",
    "word a",
    "operator ;",
    "word END",
    "terminator $$",
    "delimiter delimiter ;",
    "word b",
    "terminator ;",
  ]);
  assert.equal(code("select delimiter from t", mysqlLexicon), "select ⏐ delimiter ⏐ from ⏐ t");
});

test("SQLite names, and a byte order mark", () => {
  assert.deepEqual(texts('\uFEFF[a;b] `c` "d""e" x\'00\' $v', sqliteLexicon), [
    "name [a;b]",
    "name `c`",
    'name "d""e"',
    "string x'00'",
    "word $v",
  ]);
});

test("a megabyte of anything takes linear time", () => {
  const hostile = [
    "+",
    "=+",
    "$",
    "$a",
    "(",
    "`",
    "/*",
    "E'a'\n",
    "''",
    "..5",
    "--x ",
    "\\",
    "[",
    "delimiter a\n",
  ];
  for (const piece of hostile) {
    for (const lexicon of [postgresLexicon, mysqlLexicon, sqliteLexicon]) {
      const text = piece.repeat(Math.ceil(100_000 / piece.length));
      // Of this process alone: a busy machine makes it wait, but not work.
      const start = process.cpuUsage();
      tokenize(text, lexicon);
      // A quadratic pass would take some seconds for these 100 kB, a linear one takes some ten milliseconds.
      assert.ok(process.cpuUsage(start).user < 1_000_000, JSON.stringify(piece));
    }
  }
});
