import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PortableType, Risk } from "../../src/core/portable.ts";
import { profile } from "../../src/engines/postgres/profile.ts";
import { target } from "../support/servers.ts";
import { bytes, integer, table, text, withPlace } from "./postgres-data.ts";

const { skip } = target("postgres");

describe("PostgreSQL: profile", { skip }, () => {
  it("finds the values that show a risk, and no others", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      for (const [declared, from, risk, shows, fits] of cases) {
        await session.execute(`CREATE TABLE one (id serial PRIMARY KEY, c ${declared})`);
        for (const value of [...fits, ...shows, "NULL"])
          await session.execute(`INSERT INTO one (c) VALUES (${value})`);
        const key = [{ name: "id", type: integer }];
        const [answer] = await profile.answers(session, table("one"), key, [{ column: "c", from, risk }]);
        const what = `${declared} ${JSON.stringify(risk)}`;
        if (risk.kind === "null") assert.equal(answer?.rows, 1n);
        else {
          assert.equal(answer?.rows, BigInt(shows.length), what);
          assert.deepEqual(
            answer?.examples.map((one) => one.key),
            shows.map((_, n) => [String(fits.length + n + 1)]),
            what,
          );
        }
        await session.execute("DROP TABLE one");
      }
    });
  });

  it("answers many questions in their order, with values for people", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute(
        "CREATE TABLE t (a text, b bytea); INSERT INTO t VALUES ('long one', '\\x00ff'), ('x', NULL)",
      );
      const found = await profile.answers(
        session,
        table("t"),
        [],
        [
          { column: "a", from: text, risk: { kind: "zero-date" } },
          { column: "a", from: text, risk: { kind: "length", limit: 3, unit: "characters" } },
          { column: "b", from: bytes, risk: { kind: "length", limit: 1, unit: "bytes" } },
          { column: "b", from: bytes, risk: { kind: "null" } },
        ],
      );
      assert.deepEqual(found, [
        { rows: 0n, examples: [] },
        { rows: 1n, examples: [{ key: [], value: "long one" }] },
        { rows: 1n, examples: [{ key: [], value: "\\x00ff" }] },
        { rows: 1n, examples: [{ key: [], value: "NULL" }] },
      ]);
    });
  });

  it("finds rows that are equal in some columns, at most so many", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute(
        "CREATE TABLE t (a integer, b text); INSERT INTO t VALUES (1, 'x'), (1, 'X'), (2, 'x'), (3, NULL), (3, NULL), (4, 'é '), (4, 'e'), (5, 'y'), (5, 'y')",
      );
      const found = (flags: readonly [boolean, boolean, boolean], limit = 10) =>
        profile.duplicates(session, table("t"), {
          columns: [
            { name: "a", equality: null },
            {
              name: "b",
              equality: { caseInsensitive: flags[0], accentInsensitive: flags[1], padSpace: flags[2] },
            },
          ],
          where: null,
          limit,
        });
      assert.deepEqual(await found([true, false, false]), [["1, X", "1, x"]]);
      assert.deepEqual(await found([false, true, true]), [["4, e", "4, é "]]);
      assert.deepEqual(await found([false, true, false]), []);
      assert.equal((await found([true, true, true], 1)).length, 1);
    });
  });
});

const decimal: PortableType = { kind: "decimal", precision: null, scale: null };
const float: PortableType = { kind: "float", bits: 64 };
const zoned: PortableType = { kind: "timestamp", precision: 6, zone: true };
const time: PortableType = { kind: "time", precision: 6, zone: false, signed: false };
const json: PortableType = { kind: "json", binary: false };
const jsonb: PortableType = { kind: "json", binary: true };
const format = (of: Extract<Risk, { kind: "format" }>["of"]): Risk => ({ kind: "format", of });

const cases: readonly (readonly [
  string,
  PortableType,
  Risk,
  shows: readonly string[],
  fits: readonly string[],
])[] = [
  ["integer", integer, { kind: "null" }, [], ["1"]],
  ["smallint", integer, { kind: "not-boolean" }, ["2", "-1"], ["0", "1"]],
  ["boolean", { kind: "boolean" }, { kind: "not-boolean" }, [], ["true"]],
  [
    "bigint",
    integer,
    { kind: "range", minimum: "0", maximum: "4294967295" },
    ["-1", "4294967296"],
    ["0", "4294967295"],
  ],
  [
    "numeric",
    decimal,
    { kind: "range", minimum: "-9.9", maximum: "9.9" },
    ["9.91", "'NaN'"],
    ["9.9", "-9.90"],
  ],
  ["text", text, { kind: "length", limit: 2, unit: "characters" }, ["'abc'"], ["'éé'", "''"]],
  ["text", text, { kind: "length", limit: 2, unit: "bytes" }, ["'éé'"], ["'ab'"]],
  ["bytea", bytes, { kind: "length", limit: 1, unit: "bytes" }, ["'\\x0000'"], ["'\\x00'"]],
  ["numeric", decimal, { kind: "scale", digits: 2 }, ["1.001"], ["1.010", "1"]],
  ["float8", float, { kind: "scale", digits: 1 }, ["0.25"], ["0.1", "'NaN'", "1e300"]],
  [
    "timestamptz",
    zoned,
    { kind: "precision", digits: 3 },
    ["'2020-01-01 0:0:0.0001'"],
    ["'2020-01-01 0:0:59.123'"],
  ],
  ["time", time, { kind: "precision", digits: 0 }, ["'0:0:0.5'"], ["'23:59:59'"]],
  ["float8", float, { kind: "not-a-number" }, ["'NaN'"], ["1", "'Infinity'"]],
  ["numeric", decimal, { kind: "not-a-number" }, ["'NaN'"], ["1"]],
  ["float8", float, { kind: "infinity" }, ["'Infinity'", "'-Infinity'"], ["'NaN'", "1"]],
  ["date", { kind: "date" }, { kind: "infinity" }, ["'infinity'"], ["'2020-01-01'"]],
  [
    "timestamptz",
    zoned,
    { kind: "year-range" },
    ["'0001-12-31 BC'", "'10000-01-01'"],
    ["'0001-01-01 00:00+00'", "'9999-12-31 23:59:59+00'", "'infinity'"],
  ],
  ["time", time, { kind: "time-range" }, ["'24:00'"], ["'23:59:59.999999'"]],
  ["interval", { kind: "interval" }, { kind: "time-range" }, ["'-1 s'", "'1 day'"], ["'23:59:59.9'"]],
  ["text", text, { kind: "empty-enum" }, ["''"], ["'a'"]],
  ["text", text, format("date"), ["'yesterday'", "'2020-13-01'"], ["'2020-12-01'"]],
  ["text", text, format("integer"), ["'1.0'", "''"], ["'-12'"]],
  ["text", text, format("number"), ["'.'", "'0x1'"], ["'1.5e3'", "'.5'"]],
  ["text", text, format("uuid"), ["'a'"], ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'"]],
  [
    "json",
    json,
    { kind: "json-lossy" },
    [`'{"a":1, "a" :2}'`, `'[{"b":{"x\\"":1,"x\\"":1}}]'`, `'"\\u0000"'`, `'0.12345678901234567'`, `'1e400'`],
    [`'{"a" : [1, 2], "b": {"a": "\\": 1"}}'`, `'1e5'`, `'0.1'`, `'"12345678901234567890"'`],
  ],
  ["json", json, { kind: "nul-character" }, [`'"a\\u0000"'`], [`'"\\\\u0000"'`]],
  [
    "jsonb",
    jsonb,
    { kind: "json-lossy" },
    [`'{"a":[12345678901234567890]}'`],
    [`'{"a":["12345678901234567890", 1.5]}'`],
  ],
  ["text", text, { kind: "zero-date" }, [], ["'0000-00-00'"]],
];
