import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dialect } from "../../sql/expression/parse.ts";
import { printExpression } from "../../sql/expression/print.ts";
import { readValueExpression } from "./value-expression.ts";

const said: readonly (readonly [text: string, dialect: Dialect, sql: string])[] = [
  ["lower($A) || upper(${b c})", "postgres", '(lower("A") || upper("b c"))'],
  ["ltrim(rtrim(trim($a)))", "postgres", 'ltrim(rtrim(btrim("a")))'],
  ["replace(substr($a, 1, 3), 'x', 'y')", "mysql", "replace(substr(`a`, 1, 3), 'x', 'y')"],
  ["abs($n)", "sqlite", 'abs("n")'],
  ["coalesce(nullif($a, ''), ifnull($b, 'c'))", "postgres", `coalesce(nullif("a", ''), coalesce("b", 'c'))`],
  ["max($a, $b)", "mysql", "greatest(`a`, `b`)"],
  ["min($a, $b)", "postgres", 'CASE WHEN "a" IS NULL OR "b" IS NULL THEN NULL ELSE least("a", "b") END'],
  ["date($d)", "postgres", 'CAST("d" AS date)'],
  ["time($d)", "mysql", "CAST(`d` AS TIME)"],
  ["datetime($d)", "sqlite", 'datetime("d")'],
  ["date('now')", "postgres", "CURRENT_DATE"],
  ["strftime('%Y-%m', $d)", "postgres", `to_char(CAST("d" AS timestamp), 'YYYY"-"MM')`],
  ["strftime('%d.%m.%Y %H:%M:%S', $d)", "mysql", "date_format(`d`, '%d.%m.%Y %H:%i:%s')"],
  ["strftime('%Y', $d)", "sqlite", `strftime('%Y', "d")`],
  ["hash_sha256($e)", "mysql", "sha2(CONVERT(`e` USING utf8mb4), 256)"],
  ["hash_sha256($e)", "sqlite", 'godwit_sha256("e")'],
  ["replaceChars($a, 'ab', 'xy')", "postgres", `translate("a", 'ab', 'xy')`],
  ["replaceChars($a, 'ab', 'bc')", "mysql", "replace(replace(`a`, 'b', 'c'), 'a', 'b')"],
  [
    "CASE WHEN $n > 5 THEN 'many' WHEN $n IS NULL THEN NULL ELSE 'few' END",
    "postgres",
    `CASE WHEN ("n" > 5) THEN 'many' WHEN ("n" IS NULL) THEN NULL ELSE 'few' END`,
  ],
  ["'it''s $5'", "postgres", "'it''s $5'"],
  ['"a""b" || [c]', "postgres", '("a""b" || "c")'],
];

for (const [text, dialect, sql] of said) {
  test(`${text} as ${dialect}`, () => {
    const read = readValueExpression(text);
    assert.ok("expression" in read, "problem" in read ? read.problem : "");
    assert.equal(printExpression(read.expression, dialect), sql);
  });
}

test("characters that are exchanged can't be replaced one after the other", () => {
  const read = readValueExpression("replaceChars($a, 'ab', 'ba')");
  assert.ok("expression" in read);
  assert.equal(printExpression(read.expression, "postgres"), `translate("a", 'ab', 'ba')`);
  assert.equal(printExpression(read.expression, "mysql"), null);
});

const refused: readonly (readonly [text: string, names: RegExp])[] = [
  ["random()", /random is not in the subset: what is made by chance/],
  ["randomblob(4)", /randomblob/],
  ["zeroblob(4)", /zeroblob/],
  ["hex($a)", /hex/],
  ["round($a, 2)", /round/],
  ["julianday($a)", /julianday/],
  ["operation_indicator('D', 'U', 'I')", /operation_indicator .*stream of changes/],
  ["load_extension('x')", /the function load_extension is not in the subset/],
  ["godwit_sha256_hex($a)", /godwit_sha256_hex is not in the subset/],
  ["$AR_H_TIMESTAMP", /AR_H_TIMESTAMP/],
  ["$AR_M_WHAT", /AR_M_WHAT is not known/],
  ["$ + 1", /stands before no name/],
  ["${}", /names no column/],
  ["(SELECT 1)", /no expression/],
  ["$a; DROP TABLE t", /no expression/],
  ["$a / 2", /no expression/],
  ["", /no expression/],
  ["'open", /no expression/],
  [`${"(".repeat(60)}1${")".repeat(60)}`, /nested too deeply/],
  [`1${" + 1".repeat(3000)}`, /longer than|no expression/],
];

for (const [text, names] of refused) {
  test(`${text.slice(0, 40)} is refused by name`, () => {
    const read = readValueExpression(text);
    assert.ok("problem" in read);
    assert.match(read.problem, names);
  });
}
