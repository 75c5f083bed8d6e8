import assert from "node:assert/strict";
import { test } from "node:test";
import { directivesOf } from "./directives.ts";
import { mysqlLexicon, postgresLexicon } from "./lexicon.ts";

test("directives stand in comments of any style, with their lines", () => {
  const text =
    "-- godwit: no-transaction\r\n/* godwit: lock-timeout\n 5s */\nSELECT 1;\n# Godwit:  a  b\n--godwit:x";
  assert.deepEqual(directivesOf(text, mysqlLexicon), [
    { words: ["no-transaction"], line: 1 },
    { words: ["lock-timeout", "5s"], line: 2 },
    { words: ["a", "b"], line: 5 },
  ]);
  assert.deepEqual(directivesOf("--godwit: x\nSELECT 1 -- godwit:\n", postgresLexicon), [
    { words: ["x"], line: 1 },
    { words: [], line: 2 },
  ]);
});

test("other comments, strings and bodies hold none", () => {
  const text = "-- see godwit: x\nSELECT '-- godwit: x', $$\n-- godwit: y\n$$; /* a\n-- godwit: z */";
  assert.deepEqual(directivesOf(text, postgresLexicon), []);
});
