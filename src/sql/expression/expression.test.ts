import assert from "node:assert/strict";
import { test } from "node:test";
import { type Dialect, parseExpression } from "./parse.ts";
import { printExpression } from "./print.ts";

function through(text: string, from: Dialect, to: Dialect): string | null {
  const expression = parseExpression(text, from);
  return expression === null ? null : printExpression(expression, to);
}

const translated: readonly (readonly [Dialect, string, Dialect, string])[] = [
  ["postgres", "'it''s'::character varying", "mysql", "'it''s'"],
  ["postgres", "((price >= (0)::numeric) AND (price < (1000000)::numeric))", "mysql", ""],
  [
    "postgres",
    "((status)::text = ANY ((ARRAY['new'::character varying, 'paid'::character varying])::text[]))",
    "mysql",
    "(CAST(`status` AS CHAR) IN ('new', 'paid'))",
  ],
  ["postgres", "(name ~~ 'a%'::text)", "sqlite", "(\"name\" LIKE 'a%')"],
  ["postgres", "(NOT (deleted_at IS NULL))", "mysql", "(NOT (`deleted_at` IS NULL))"],
  ["postgres", "(length(name) > 2)", "mysql", "(char_length(`name`) > 2)"],
  ["postgres", "((a || ' '::text) || b)", "mysql", "concat(concat(`a`, ' '), `b`)"],
  ["postgres", "('2020-01-01'::date)", "mysql", "CAST('2020-01-01' AS DATE)"],
  ["postgres", "CURRENT_TIMESTAMP(3)", "mysql", "CURRENT_TIMESTAMP(3)"],
  ["postgres", "now()", "sqlite", "CURRENT_TIMESTAMP"],
  ["postgres", "true", "mysql", "1"],
  ["mysql", "(`a` between 1 and 10)", "postgres", '("a" BETWEEN 1 AND 10)'],
  ["mysql", "`state` in (_utf8mb4'a',_utf8mb4'b\\'c')", "postgres", "(\"state\" IN ('a', 'b''c'))"],
  ["mysql", "if((`a` > 1),`b`,`c`)", "postgres", 'CASE WHEN ("a" > 1) THEN "b" ELSE "c" END'],
  ["mysql", "concat(`a`,'-',`b`)", "postgres", '(("a" || \'-\') || "b")'],
  ["mysql", "length(`a`)", "postgres", 'octet_length("a")'],
  ["mysql", "ifnull(`a`,0)", "postgres", 'coalesce("a", 0)'],
  ["mysql", "(`a` || `b`)", "postgres", '("a" OR "b")'],
  ["mysql", "b'101'", "postgres", "5"],
  ["mysql", "current_timestamp()", "postgres", "CURRENT_TIMESTAMP"],
  ["mysql", "uuid()", "postgres", "gen_random_uuid()"],
  ["mysql", "`t`.`a` >= -1", "postgres", '("a" >= (-1))'],
  ["sqlite", "date('now')", "postgres", "CURRENT_DATE"],
  [
    "sqlite",
    "price >= 0 AND price <= 10 OR note ISNULL",
    "postgres",
    '((("price" >= 0) AND ("price" <= 10)) OR ("note" IS NULL))',
  ],
  ["sqlite", "X'00ff'", "postgres", "'\\x00ff'::bytea"],
  ["sqlite", "name = 'a' || 'b'", "mysql", "(`name` = concat('a', 'b'))"],
];

for (const [from, text, to, wanted] of translated) {
  if (wanted === "") continue;
  test(`${from} ${text} as ${to}`, () => assert.equal(through(text, from, to), wanted));
}

/** What must never be passed on as if it meant the same. */
const refused: readonly (readonly [Dialect, string])[] = [
  ["postgres", "nextval('s'::regclass)"],
  ["postgres", "(a ~ '^x'::text)"],
  ["postgres", "concat(a, b)"],
  ["postgres", "(a / b)"],
  ["postgres", "('1 day'::interval)"],
  ["postgres", "(tags @> ARRAY['a'::text])"],
  ["postgres", "date_trunc('day', a)"],
  ["mysql", "date_format(`a`,'%Y')"],
  ["mysql", "(`a` div 2)"],
  ["mysql", "(`a` regexp 'x')"],
  ["mysql", "(`a` <=> `b`)"],
  ["mysql", "json_extract(`a`,'$.b')"],
  ["sqlite", "strftime('%s','now')"],
  ["sqlite", "a GLOB 'x*'"],
  ["sqlite", "a ->> '$.b'"],
  ["sqlite", "(SELECT 1)"],
  ["postgres", "a b"],
  ["postgres", "a +"],
];

for (const [from, text] of refused) {
  test(`${from} ${text} is not translated`, () => assert.equal(parseExpression(text, from), null));
}

test("what is printed is read as the same again", () => {
  for (const [from, text] of translated) {
    const first = parseExpression(text, from);
    if (first === null) continue;
    const again = printExpression(first, from);
    if (again === null) continue;
    const second = parseExpression(again, from);
    assert.ok(second !== null, again);
    assert.equal(printExpression(second, from), again);
  }
});
