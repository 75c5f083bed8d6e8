import assert from "node:assert/strict";
import { test } from "node:test";
import { directivesOf } from "./directives.ts";
import { mysqlLexicon, postgresLexicon } from "./lexicon.ts";

test("directives stand in comments of any style, with their places", () => {
  const text =
    "-- godwit: no-transaction\r\n/* godwit: lock-timeout\n 5s */\nSELECT 1;\n# Godwit:  a  b\n--godwit:x";
  assert.deepEqual(directivesOf(text, mysqlLexicon), [
    { words: ["no-transaction"], line: 1, offset: 0 },
    { words: ["lock-timeout", "5s"], line: 2, offset: 27 },
    { words: ["a", "b"], line: 5, offset: 68 },
  ]);
  assert.deepEqual(directivesOf("--godwit: x\nSELECT 1 -- godwit:\n", postgresLexicon), [
    { words: ["x"], line: 1, offset: 0 },
    { words: [], line: 2, offset: 21 },
  ]);
});

test("other comments, strings and bodies hold none", () => {
  const text = "-- see godwit: x\nSELECT '-- godwit: x', $$\n-- godwit: y\n$$; /* a\n-- godwit: z */";
  assert.deepEqual(directivesOf(text, postgresLexicon), []);
});
