import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { syntaxErrorPosition } from "./error-position.ts";

const message = (near: string, line: number) => `… the right syntax to use near '${near}' at line ${line}`;

test("finds the text in its line", () => {
  const sql = "CREATE TABLE t (\n  a int,\n  b itn\n)";
  assert.equal(syntaxErrorPosition(sql, message("itn\n)", 3)), sql.indexOf("itn"));
  assert.equal(syntaxErrorPosition(sql, message("", 4)), sql.length);
  assert.equal(syntaxErrorPosition(sql, "no such words"), undefined);
  assert.equal(syntaxErrorPosition(sql, message("elsewhere", 2)), undefined);
  assert.equal(syntaxErrorPosition(sql, message("a", 9)), undefined);
});

test("counts code points", () => {
  const duck = String.fromCodePoint(0x1f986);
  assert.equal(syntaxErrorPosition(`'${duck}' FORM`, message("FORM", 1)), 4);
});

test("the rest of a statement, cut at 80 characters, is found again", () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,6}[ \n]$/), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(words, fc.nat(), (parts, seed) => {
      const sql = parts.join("");
      const start = parts.slice(0, seed % parts.length).join("").length;
      const line = sql.slice(0, start).split("\n").length;
      const found = syntaxErrorPosition(sql, message(sql.slice(start, start + 80), line));
      // Where the text repeats itself no place is told, and never a wrong line.
      if (found !== undefined) assert.equal(sql.slice(0, found).split("\n").length, line);
      if (sql.length - start <= 80 && sql.indexOf(sql.slice(start)) === start) assert.equal(found, start);
    }),
  );
});
