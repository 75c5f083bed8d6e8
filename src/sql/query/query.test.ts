import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dialect } from "../expression/dialect.ts";
import { parseQuery } from "./parse.ts";
import { printQuery } from "./print.ts";

function through(text: string, from: Dialect, to: Dialect): string | null {
  const parsed = parseQuery(text, from);
  return "query" in parsed ? printQuery(parsed.query, to) : null;
}

const translated: readonly (readonly [Dialect, string, Dialect, string])[] = [
  [
    "mysql",
    "select `c`.`name` AS `name`,count(0) AS `orders`,sum(`o`.`total`) AS `total` from (`customer` `c` left join `orders` `o` on((`o`.`customer_id` = `c`.`id`))) where (`c`.`active` = 1) group by `c`.`name` having (count(0) > 1) order by `c`.`name` desc limit 2,10",
    "postgres",
    'SELECT "c"."name" AS "name", count(0) AS "orders", sum("o"."total") AS "total" FROM "customer" AS "c" LEFT JOIN "orders" AS "o" ON ("o"."customer_id" = "c"."id") WHERE ("c"."active" = 1) GROUP BY "c"."name" HAVING (count(0) > 1) ORDER BY "c"."name" DESC NULLS LAST LIMIT 10 OFFSET 2',
  ],
  [
    "postgres",
    " SELECT t.id,\n    upper(t.name) AS name,\n    count(*) AS n\n   FROM (t\n     JOIN u USING (id))\n  WHERE (EXISTS ( SELECT 1\n           FROM w\n          WHERE (w.id = t.id)))\n  GROUP BY t.id\n  ORDER BY t.id",
    "mysql",
    "SELECT `t`.`id`, upper(`t`.`name`) AS `name`, count(*) AS `n` FROM `t` INNER JOIN `u` USING (`id`) WHERE (EXISTS (SELECT 1 FROM `w` WHERE (`w`.`id` = `t`.`id`))) GROUP BY `t`.`id` ORDER BY (`t`.`id` IS NULL), `t`.`id`",
  ],
  [
    "sqlite",
    "SELECT Name n, -- a comment\n (SELECT max(x) FROM u WHERE u.id = T.id) FROM T, U u2 WHERE x IN (SELECT y FROM z) UNION ALL SELECT a, b FROM c",
    "postgres",
    'SELECT "Name" AS "n", (SELECT max("x") FROM "u" WHERE ("u"."id" = "T"."id")) FROM "T", "U" AS "u2" WHERE ("x" IN (SELECT "y" FROM "z")) UNION ALL SELECT "a", "b" FROM "c"',
  ],
  [
    "mysql",
    "select group_concat(distinct `t`.`a` order by `t`.`a` ASC separator ', ') AS `l`, `t`.`a` / `t`.`b` AS `d`, date_format(`t`.`at`,'%Y-%m') AS `m` from `t`",
    "postgres",
    `SELECT string_agg(DISTINCT CAST("t"."a" AS text), ', ' ORDER BY "t"."a" NULLS FIRST) AS "l", (CAST("t"."a" AS numeric) / nullif("t"."b", 0)) AS "d", to_char(CAST("t"."at" AS timestamp), 'YYYY"-"MM') AS "m" FROM "t"`,
  ],
  [
    "postgres",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT (r.n + 1) FROM r WHERE (r.n < 5)) SELECT r.n, row_number() OVER (PARTITION BY r.n ORDER BY r.n DESC) AS k FROM r",
    "sqlite",
    'WITH RECURSIVE "r" ("n") AS (SELECT 1 UNION ALL SELECT ("r"."n" + 1) FROM "r" WHERE ("r"."n" < 5)) SELECT "r"."n", row_number() OVER (PARTITION BY "r"."n" ORDER BY "r"."n" DESC NULLS FIRST) AS "k" FROM "r"',
  ],
  ["postgres", "SELECT a.x FROM s.a a", "sqlite", 'SELECT "a"."x" FROM "s"."a" AS "a"'],
  [
    "sqlite",
    "SELECT * FROM t JOIN u LIMIT 3 OFFSET 1",
    "mysql",
    "SELECT * FROM `t` CROSS JOIN `u` LIMIT 3 OFFSET 1",
  ],
];

for (const [from, text, to, wanted] of translated) {
  test(`${from} ${text.slice(0, 60).replaceAll(/\s+/g, " ")} as ${to}`, () =>
    assert.equal(through(text, from, to), wanted));
}

/** What must never be passed on as if it meant the same, with what is told of it. */
const unknown: readonly (readonly [Dialect, string, RegExp])[] = [
  ["postgres", "SELECT date_trunc('day', t.a) FROM t", /date_trunc/],
  ["postgres", "SELECT generate_series.n FROM generate_series(1, 5)", /generate_series/],
  ["postgres", "SELECT DISTINCT ON (a) b FROM t", /on|ON/],
  ["postgres", "SELECT a FROM t FOR UPDATE", /FOR/],
  ["postgres", "SELECT sum(a) FILTER (WHERE b) FROM t", /filter/],
  ["postgres", "SELECT a FROM t LATERAL", /LATERAL/i],
  ["postgres", "SELECT a FROM t, LATERAL (SELECT 1) AS x", /\(/],
  ["postgres", "(SELECT a FROM t) UNION (SELECT a FROM u UNION ALL SELECT 1)", /compound/],
  ["postgres", "SELECT a FROM t INTERSECT SELECT a FROM u UNION SELECT 1", /intersect/],
  ["mysql", "select json_extract(`t`.`a`,'$.b') AS `x` from `t`", /json_extract/],
  ["mysql", "select `t`.`a` + interval 1 day AS `x` from `t`", /interval/],
  ["mysql", "select straight_join `t`.`a` from `t`", /./],
  ["mysql", "select `a` from `t` group by `a` with rollup", /with/],
  ["sqlite", "SELECT a FROM t NATURAL JOIN u", /NATURAL/],
  ["sqlite", "SELECT a FROM t WHERE b MATCH 'x'", /MATCH/],
  ["sqlite", "SELECT a FROM json_each(t.x)", /json_each/],
  ["sqlite", "VALUES (1)", /VALUES/],
];

for (const [from, text, told] of unknown) {
  test(`${from} ${text} is not translated`, () => {
    const parsed = parseQuery(text, from);
    assert.ok("unknown" in parsed, JSON.stringify(parsed));
    assert.match(parsed.unknown, told);
  });
}

test("what a dialect cannot say is not written", () => {
  assert.equal(through("SELECT a FROM t FULL JOIN u ON (t.x = u.x)", "postgres", "mysql"), null);
  assert.equal(through("SELECT (a / b) FROM t", "postgres", "mysql"), null);
  assert.equal(through("SELECT string_agg(DISTINCT a, '; ') FROM t", "postgres", "sqlite"), null);
});

test("what is printed is read as the same again", () => {
  for (const [from, text] of translated) {
    const again = through(text, from, from);
    assert.ok(again !== null, text);
    assert.equal(through(again, from, from), again);
  }
});
