import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { quoteFor } from "../support/laboratory/quote-for.ts";
import { withPair } from "../support/laboratory/pair.ts";
import { allPairs, somePairs } from "../support/laboratory/pairs.ts";
import { familyOf, type Family } from "../support/laboratory/type-column.ts";

type Words = Readonly<Record<Family, string>>;

const same = (sql: string): Words => ({ postgres: sql, sqlite: sql, mysql: sql });

const bytes: Words = { postgres: "bytea", sqlite: "BLOB", mysql: "longblob" };
const text: Words = { postgres: "text", sqlite: "TEXT", mysql: "longtext" };
const double: Words = { postgres: "double precision", sqlite: "REAL", mysql: "double" };
const decimal: Words = same("decimal(12,2)");
const timestamp: Words = { postgres: "timestamp", sqlite: "DATETIME", mysql: "datetime(6)" };
const json: Words = { postgres: "json", sqlite: "JSON", mysql: "json" };
const hex = (digits: string): Words => ({
  postgres: `'\\x${digits}'`,
  sqlite: `x'${digits}'`,
  mysql: `x'${digits}'`,
});

interface Mutation {
  readonly name: string;
  readonly columns: (family: Family) => string;
  /** The rows of the source, as VALUES. */
  readonly rows: Words;
  /** What somebody does to the target; "T" is the table. */
  readonly change: Words | null;
  readonly differences: number;
  readonly withinTolerance?: number;
}

const keyed = (type: Words) => (family: Family) => `id int PRIMARY KEY, v ${type[family]}`;

const mutations: readonly Mutation[] = [
  { name: "nothing", columns: keyed(text), rows: same("(1, 'a'), (2, NULL)"), change: null, differences: 0 },
  {
    name: "a_bit",
    columns: keyed(bytes),
    rows: {
      postgres: "(1, '\\x00ff10'), (2, '\\x')",
      sqlite: "(1, x'00ff10'), (2, x'')",
      mysql: "(1, x'00ff10'), (2, x'')",
    },
    change: mapWords((family) => `UPDATE T SET v = ${hex("00ff11")[family]} WHERE id = 1`),
    differences: 1,
  },
  {
    name: "trailing_space",
    columns: keyed(text),
    rows: same("(1, 'a'), (2, 'b')"),
    change: same("UPDATE T SET v = 'a ' WHERE id = 1"),
    differences: 1,
  },
  {
    name: "upper_case",
    columns: keyed(text),
    rows: same("(1, 'a'), (2, 'b')"),
    change: same("UPDATE T SET v = 'A' WHERE id = 1"),
    differences: 1,
  },
  {
    name: "null_to_empty",
    columns: keyed(text),
    rows: same("(1, NULL), (2, 'b')"),
    change: same("UPDATE T SET v = '' WHERE id = 1"),
    differences: 1,
  },
  {
    name: "empty_to_null",
    columns: keyed(text),
    rows: same("(1, ''), (2, 'b')"),
    change: same("UPDATE T SET v = NULL WHERE id = 1"),
    differences: 1,
  },
  {
    name: "null_to_zero",
    columns: keyed(double),
    rows: same("(1, NULL), (2, 0.5)"),
    change: same("UPDATE T SET v = 0 WHERE id = 1"),
    differences: 1,
  },
  {
    name: "sign",
    columns: keyed(decimal),
    rows: same("(1, 12.25), (2, 0.5)"),
    change: same("UPDATE T SET v = -12.25 WHERE id = 1"),
    differences: 1,
  },
  {
    name: "swapped_rows",
    columns: (family) => `id int PRIMARY KEY, w ${text[family]}, v ${text[family]}`,
    rows: same("(1, 'same', 'a'), (2, 'same', 'b'), (3, 'same', 'c')"),
    change: same("UPDATE T SET v = CASE id WHEN 1 THEN 'b' ELSE 'a' END WHERE id < 3"),
    differences: 2,
  },
  {
    name: "swapped_columns",
    columns: (family) => `id int PRIMARY KEY, w ${text[family]}, v ${text[family]}`,
    rows: same("(1, 'ab', 'c')"),
    change: same("UPDATE T SET w = 'a', v = 'bc'"),
    differences: 1,
  },
  {
    name: "missing_row",
    columns: keyed(text),
    rows: same("(1, 'a'), (2, 'b')"),
    change: same("DELETE FROM T WHERE id = 2"),
    differences: 1,
  },
  {
    name: "extra_row",
    columns: keyed(text),
    rows: same("(1, 'a'), (2, 'b')"),
    change: same("INSERT INTO T VALUES (3, 'c')"),
    differences: 1,
  },
  {
    name: "other_key",
    columns: keyed(text),
    rows: same("(1, 'a'), (2, 'b')"),
    change: same("UPDATE T SET id = 7 WHERE id = 2"),
    differences: 2,
  },
  {
    name: "doubled_row",
    columns: (family) => `a int, v ${text[family]}`,
    rows: same("(1, 'a'), (1, 'a'), (2, NULL)"),
    change: same("INSERT INTO T VALUES (1, 'a')"),
    differences: 1,
  },
  {
    name: "two_doubled_rows",
    columns: (family) => `a int, v ${text[family]}`,
    rows: same("(1, 'a'), (1, 'a'), (2, 'b'), (2, 'b')"),
    change: same("INSERT INTO T VALUES (1, 'a'), (1, 'a')"),
    differences: 2,
  },
  {
    name: "keyless_json",
    columns: (family) => `a int, v ${json[family]}`,
    rows: same(`(1, '{"a":1}'), (1, '{"a":2}'), (1, '{"a":2}')`),
    change: same(`INSERT INTO T VALUES (2, '{"a":2}')`),
    differences: 1,
  },
  {
    name: "json_digit",
    columns: keyed(json),
    rows: same(`(1, '{"a":1,"b":[1,2]}'), (2, 'null')`),
    change: same(`UPDATE T SET v = '{"a":1,"b":[1,2.5]}' WHERE id = 1`),
    differences: 1,
  },
  {
    name: "json_null",
    columns: keyed(json),
    rows: same(`(1, '{"a":1}'), (2, 'null')`),
    change: same(`UPDATE T SET v = NULL WHERE id = 2`),
    differences: 1,
  },
  {
    name: "last_bit",
    columns: keyed(double),
    rows: same("(1, 0.1), (2, 1e300)"),
    change: same("UPDATE T SET v = 0.10000000000000002 WHERE id = 1"),
    differences: 0,
    withinTolerance: 1,
  },
  {
    name: "two_last_bits",
    columns: keyed(double),
    rows: same("(1, 0.1), (2, 1e300)"),
    change: same("UPDATE T SET v = 0.10000000000000003 WHERE id = 1"),
    differences: 1,
  },
  {
    name: "shifted_zone",
    columns: keyed(timestamp),
    rows: same("(1, '2024-03-31 02:30:00'), (2, NULL)"),
    change: same("UPDATE T SET v = '2024-03-31 01:30:00' WHERE id = 1"),
    differences: 1,
  },
  {
    name: "microsecond",
    columns: keyed(timestamp),
    rows: same("(1, '2024-03-31 02:30:00.5')"),
    change: same("UPDATE T SET v = '2024-03-31 02:30:00.500001' WHERE id = 1"),
    differences: 1,
  },
  {
    name: "composite_key",
    columns: () => "a varchar(20) NOT NULL, b int NOT NULL, v varchar(20), PRIMARY KEY (a, b)",
    rows: same("('a', 1, 'x'), ('a', 2, 'y'), ('b', 1, 'z')"),
    change: same("UPDATE T SET v = 'q' WHERE a = 'a' AND b = 2"),
    differences: 1,
  },
];

const some = new Set((await somePairs()).map(({ from, to }) => `${from.name} ${to.name}`));
/** Within one engine both sides are asked in other ways, such as by PostgreSQL's own hashes. */
const within: ReadonlySet<string> = new Set(["postgres postgres", "mariadb mariadb"]);
const pairs = (await allPairs()).filter(({ from, to }) => {
  const pair = `${from.name} ${to.name}`;
  return some.has(pair) || within.has(pair);
});

describe("verify finds", { concurrency: 2 }, () => {
  for (const { from, to, skip } of pairs) {
    test(`every change between ${from.name} and ${to.name}`, { skip }, () =>
      withPair(from.name, to.name, async (pair) => {
        const [source, target] = [familyOf(from.name), familyOf(to.name)];
        const quote = quoteFor(from.name);
        for (const { name, columns, rows } of mutations) {
          await pair.prepare([
            `CREATE TABLE ${quote(name)} (${columns(source)})`,
            `INSERT INTO ${quote(name)} VALUES ${rows[source]}`,
          ]);
        }
        await pair.copy();
        assert.equal((await pair.verify()).equal, true);
        for (const { name, change } of mutations) {
          if (change !== null) await pair.change([change[target].replace(/\bT\b/, name)]);
        }
        const report = await pair.verify();
        assert.equal(report.equal, false);
        const found = report.tables.map(({ source: key, differences, withinTolerance, listed }) => {
          return [key.replace(/^public\./, ""), differences, withinTolerance, listed.length] as const;
        });
        assert.deepEqual(
          found.toSorted(byName),
          mutations
            .map(
              ({ name, differences, withinTolerance = 0 }) =>
                [name, differences, withinTolerance, differences] as const,
            )
            .toSorted(byName),
        );
      }),
    );
  }
});

function byName(a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]): number {
  return a[0] < b[0] ? -1 : 1;
}

function mapWords(word: (family: Family) => string): Words {
  return { postgres: word("postgres"), sqlite: word("sqlite"), mysql: word("mysql") };
}
