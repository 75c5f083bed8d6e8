import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import type { PortableType, Risk } from "../../src/core/portable.ts";
import { quickQuestions } from "../../src/engines/sqlite/profile-quick.ts";
import { riskSql } from "../../src/engines/sqlite/profile-risk.ts";
import { profile } from "../../src/engines/sqlite/profile.ts";
import { openFor, scratch } from "../../src/engines/sqlite/scratch.fixture.ts";
import { sessionOf } from "../../src/engines/sqlite/session.ts";
import { readShape } from "../../src/engines/sqlite/table-shape.ts";
import { areUsualRows } from "../../src/engines/sqlite/usual-rows.ts";
import { execute, types } from "./sqlite-roles.ts";

/** Which of the values show the risk, by their places from 1. */
async function found(
  t: TestContext,
  declared: string,
  from: PortableType,
  risk: Risk,
  values: readonly string[],
) {
  const path = join(scratch(t), "a.db");
  execute(
    path,
    `CREATE TABLE t (id INTEGER PRIMARY KEY, a ${declared}); ${values.map((value) => `INSERT INTO t (a) VALUES (${value});`).join("")}`,
  );
  const session = await openFor(t, path);
  const key = [{ name: "id", type: types.integer }];
  const [answer] = await profile.answers(session, { schema: "", name: "t" }, key, [
    { column: "a", from, risk },
  ]);
  const places = answer!.examples.map((example) => Number(example.key[0]));
  assert.equal(answer!.rows, BigInt(places.length));
  return places;
}

const { boolean, integer, decimal, text, timestamp, time, date, uuid, json, float } = types;

const cases: readonly (readonly [string, PortableType, Risk, readonly string[], readonly number[]])[] = [
  ["BOOLEAN", boolean, { kind: "not-boolean" }, ["0", "1", "NULL", "2", "'t'", "x'01'"], [4, 5, 6]],
  [
    "INT",
    integer,
    { kind: "range", minimum: "-128", maximum: "127" },
    ["-128", "127", "-129", "128", "127.5", "'x'"],
    [3, 4, 5],
  ],
  [
    "TEXT",
    decimal,
    { kind: "range", minimum: "0", maximum: "18446744073709551615" },
    ["'18446744073709551615'", "'18446744073709551616'", "'-1'", "'18446744073709551615.5'", "'0.5'"],
    [2, 3, 4],
  ],
  [
    "TEXT",
    text,
    { kind: "length", limit: 2, unit: "characters" },
    ["'é😀'", "'abc'", "'a' || char(0) || 'bc'", "NULL"],
    [2, 3],
  ],
  ["TEXT", text, { kind: "length", limit: 2, unit: "bytes" }, ["'é'", "'é1'", "''"], [2]],
  [
    "DECIMAL(10,2)",
    decimal,
    { kind: "scale", digits: 2 },
    ["1.25", "1.125", "100", "0.1 + 0.2", "'1.2300'"],
    [2, 4],
  ],
  [
    "DATETIME",
    timestamp,
    { kind: "scale", digits: 3 },
    ["'2024-01-01 00:00:00.1234'", "'2024-01-01 00:00:00.1230'", "1709210096123456"],
    [1, 3],
  ],
  [
    "TEXT",
    decimal,
    { kind: "precision", digits: 5 },
    ["'123.45'", "'123.456'", "'0.0001'", "'123456'"],
    [2, 4],
  ],
  ["TEXT", text, { kind: "nul-character" }, ["'a' || char(0)", "'a'", "x'00'"], [1]],
  ["TEXT", text, { kind: "invalid-encoding" }, ["CAST(x'ff' AS TEXT)", "'é'", "x'ff'"], [1]],
  [
    "TEXT",
    date,
    { kind: "zero-date" },
    ["'0000-00-00'", "'2024-00-10'", "'2024-01-00'", "'2024-01-01'"],
    [1, 2, 3],
  ],
  ["REAL", float, { kind: "infinity" }, ["9e999", "-9e999", "1e308", "'inf'"], [1, 2, 4]],
  ["TEXT", float, { kind: "not-a-number" }, ["'NaN'", "'1'", "NULL"], [1]],
  [
    "DATETIME",
    timestamp,
    { kind: "year-range" },
    ["'0000-01-01'", "'12024-01-01 00:00:00'", "'2024-01-01'", "999999999999999999"],
    [1, 2, 4],
  ],
  ["TEXT", time, { kind: "time-range" }, ["'23:59:59'", "'24:00:00'", "'-01:00:00'"], [2, 3]],
  [
    "INT",
    integer,
    { kind: "storage-class", expected: ["integer"] },
    ["1", "'x'", "1.5", "x''", "NULL"],
    [2, 3, 4],
  ],
  [
    "DATE",
    date,
    { kind: "format", of: "date" },
    ["'2024-02-29'", "'2023-02-29'", "'yesterday'", "'2024-01-01 10:00:00'", "0", "NULL"],
    [2, 3, 4],
  ],
  [
    "DATETIME",
    timestamp,
    { kind: "format", of: "timestamp" },
    ["'2024-01-01T10:00:00Z'", "'2024-01-01 25:00:00'", "'x'", "1704164645"],
    [2, 3],
  ],
  ["TEXT", time, { kind: "format", of: "time" }, ["'10:00'", "'10:61:00'", "'x'"], [2, 3]],
  ["NUMERIC", decimal, { kind: "format", of: "number" }, ["1", "'1,5'", "'abc'", "x'00'"], [2, 3, 4]],
  ["INT", integer, { kind: "format", of: "integer" }, ["1", "1.5", "'abc'", "'12'"], [2, 3]],
  [
    "TEXT",
    uuid,
    { kind: "format", of: "uuid" },
    ["'01234567-89ab-cdef-0123-456789ABCDEF'", "'0123'", "x'00000000000000000000000000000000'"],
    [2],
  ],
  ["TEXT", json, { kind: "format", of: "json" }, [`'{"a":1}'`, "'{a:1}'", "jsonb('[1]')", "''"], [2, 4]],
  [
    "TEXT",
    json,
    { kind: "json-lossy" },
    [
      `'{"a":1,"b":{"a":2}}'`,
      `'{"a":1,"a":2}'`,
      "'[0.1]'",
      "'[0.12345678901234567890]'",
      "'[9223372036854775807]'",
      "'[9223372036854775809]'",
      `'["a\\": b",1e2]'`,
    ],
    [2, 4, 6],
  ],
  ["TEXT", text, { kind: "empty-enum" }, ["''", "'a'", "NULL"], [1]],
  ["TEXT", text, { kind: "null" }, ["''", "NULL"], [2]],
];

for (const [declared, from, risk, values, places] of cases) {
  const of = "of" in risk ? ` ${risk.of}` : "unit" in risk ? ` ${risk.unit}` : "";
  test(`${risk.kind}${of} in ${declared} for ${from.kind}`, async (t) => {
    assert.deepEqual(await found(t, declared, from, risk, values), places);
  });
}

test("many questions are counted in one scan over all pieces, with examples by key", async (t) => {
  const path = join(scratch(t), "a.db");
  execute(
    path,
    `CREATE TABLE t (k TEXT PRIMARY KEY, a INT);
     WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 50001)
     INSERT INTO t SELECT 'k' || i, CASE WHEN i % 10000 = 1 THEN x'00ff' ELSE i END FROM g`,
  );
  const session = await openFor(t, path);
  const key = [{ name: "k", type: text }];
  const questions = [
    { column: "a", from: integer, risk: { kind: "storage-class", expected: ["integer"] } },
    { column: "a", from: integer, risk: { kind: "range", minimum: "0", maximum: "40000" } },
    { column: "a", from: integer, risk: { kind: "null" } },
  ] as const;
  const answers = await profile.answers(session, { schema: "", name: "t" }, key, questions);
  assert.deepEqual(
    answers.map(({ rows }) => rows),
    [6n, 9999n, 0n],
  );
  assert.deepEqual(answers[0]!.examples[0], { key: ["k1"], value: "\\x00ff" });
  assert.deepEqual(answers[1]!.examples[0], { key: ["k40002"], value: "40002" });
  assert.equal(answers[1]!.examples.length, 5);
});

test("the quick form of the questions finds what the exact one does, of ordinary and of odd values", async (t) => {
  const declared = [
    "INT",
    "BOOLEAN",
    "DECIMAL(10,2)",
    "REAL",
    "TEXT",
    "",
    "BLOB",
    "DATETIME",
    "TEXT COLLATE RTRIM",
  ];
  const kinds = [integer, boolean, decimal, float, text, text, types.bytes, timestamp, date];
  const risks: readonly Risk[] = [
    { kind: "not-boolean" },
    { kind: "range", minimum: "-128", maximum: "127" },
    { kind: "range", minimum: "-9999999999.99", maximum: "9999999999.99" },
    { kind: "range", minimum: "-9223372036854775808", maximum: "9223372036854775807" },
    { kind: "length", limit: 3, unit: "characters" },
    { kind: "length", limit: 3, unit: "bytes" },
    { kind: "scale", digits: 2 },
    { kind: "precision", digits: 4 },
    { kind: "nul-character" },
    { kind: "invalid-encoding" },
    { kind: "zero-date" },
    { kind: "not-a-number" },
    { kind: "infinity" },
    { kind: "year-range" },
    ...([["integer"], ["real"], ["integer", "real"], ["text"], ["blob"], ["text", "blob"]] as const).map(
      (expected): Risk => ({ kind: "storage-class", expected }),
    ),
    ...(["date", "time", "timestamp", "number", "integer", "uuid", "json"] as const).map((of): Risk => ({
      kind: "format",
      of,
    })),
    { kind: "empty-enum" },
    { kind: "null" },
  ];
  const value = fc.constantFrom<string>(
    "NULL",
    "0",
    "1",
    "2",
    "-129",
    "1.0",
    "0.5",
    "1.25",
    "1.255",
    "123456789.125",
    "2459000.5",
    "1e300",
    "-9300000000000000000",
    "9e999",
    "'9300000000000000000'",
    "''",
    "'1'",
    "'abc'",
    "'abcd'",
    "'nan'",
    "'-inf'",
    "'żółć'",
    "'a' || char(0)",
    "CAST(x'41ff' AS TEXT)",
    "CAST(x'c5' AS TEXT)",
    "CAST(x'bc41' AS TEXT)",
    "x''",
    "x'00'",
    "x'32303234'",
    "'2024-02-29'",
    "'2023-02-29'",
    "'2024-00-10'",
    "'0000-01-01'",
    "'0001-01-01'",
    "'2024-01-02 '",
    "'2024-01-02 03:04:05'",
    "'2024-01-02 24:00:00'",
    "'2024-01-02 03:04:05.5'",
    "'03:04:05'",
    "'2024-01-02 03:04:05.123456'",
    "'2024-01-02 03:04:05.1234567'",
    "'2024-02-30 03:04:05.123456'",
    "'2024-01-02 24:04:05.123456'",
    "'2024-01-02 03:04:05.12345x'",
    "'2024-01-02 03:04:05' || char(0) || '.12345'",
    "'2024-01-02 03:04:05.'",
    "'2024-01-02T03:04:05'",
    "'2024-01-02 03:04:05.5' || char(0) || 'x'",
    "'2024-01-02 03:04:05Z'",
    "'25:00:00'",
    "'now'",
    "'-0001-01-01'",
    "'[1]'",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(declared.length - 1), value), { minLength: 1, maxLength: 2 }),
      fc.uniqueArray(fc.constantFrom(...risks), { minLength: 1, maxLength: 3 }),
      async (cells, chosen) => {
        const session = await openFor(t, ":memory:");
        const columns = declared.map((type, i) => `c${i} ${type}`).join(", ");
        await session.execute(`CREATE TABLE t (id INTEGER PRIMARY KEY, ${columns})`);
        for (const [column, sql] of cells)
          await session.execute(`INSERT INTO t (c${column}) VALUES (${sql})`);
        const questions = cells.flatMap(([column]) =>
          chosen.map((risk) => ({ column: `c${column}`, from: kinds[column]!, risk })),
        );
        const answers = await profile.answers(session, { schema: "", name: "t" }, [], questions);
        for (const [i, question] of questions.entries()) {
          const [row] = await session.query(
            `SELECT count(*) AS n FROM t WHERE (${riskSql(`"${question.column}"`, question)}) IS TRUE`,
          );
          assert.equal(answers[i]!.rows, row!.n, JSON.stringify([question, cells]));
        }
      },
    ),
    { numRuns: 1_500 },
  );
});

test("digits behind the point are told of any number", async (t) => {
  const session = await openFor(t, ":memory:");
  await session.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a DECIMAL)");
  const whole = fc.oneof(
    fc.integer({ min: -1000, max: 1000 }),
    fc.integer({ min: -(10 ** 15), max: 10 ** 15 }),
  );
  const value = fc.oneof(
    fc.tuple(whole, fc.nat(9)).map(([digits, scale]) => digits / 10 ** scale),
    // A double beside one with few digits.
    fc.tuple(whole, fc.nat(4)).map(([digits, scale]) => (digits / 10 ** scale) * (1 + 2 ** -52)),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  await fc.assert(
    fc.asyncProperty(value, fc.nat(7), async (number, digits) => {
      await session.execute("DELETE FROM t");
      await session.run("INSERT INTO t (a) VALUES (?)", [number]);
      const risk = { kind: "scale", digits } as const;
      const question = { column: "a", from: decimal, risk };
      const [answer] = await profile.answers(session, { schema: "", name: "t" }, [], [question]);
      assert.equal(answer!.rows, scaleOf(number) > digits ? 1n : 0n, `${number} of ${digits}`);
    }),
    { numRuns: 2_000 },
  );
});

test("ordinary values are settled by the quick form alone", async (t) => {
  const ordinary: readonly (readonly [string, PortableType, readonly string[], readonly Risk[]])[] = [
    ["INT", integer, ["0", "-7", "NULL"], [{ kind: "storage-class", expected: ["integer"] }]],
    ["BOOLEAN", boolean, ["0", "1", "NULL"], [{ kind: "not-boolean" }]],
    [
      "DECIMAL(10,2)",
      decimal,
      ["1.15", "-1.15", "0.29", "-999999999.99", "999999999.99", "7", "NULL"],
      [
        { kind: "scale", digits: 2 },
        { kind: "format", of: "number" },
      ],
    ],
    [
      "VARCHAR(9)",
      text,
      ["''", "'größe'", "'a;b' || char(10)", "NULL"],
      [
        { kind: "nul-character" },
        { kind: "invalid-encoding" },
        { kind: "storage-class", expected: ["text"] },
        { kind: "length", limit: 9, unit: "characters" },
      ],
    ],
    ["", types.any, ["'a'", "x'00ff'", "1", "NULL"], [{ kind: "nul-character" }]],
    ["DATE", date, ["'2024-02-29'", "NULL"], [{ kind: "zero-date" }, { kind: "format", of: "date" }]],
    ["TIME", time, ["'23:59:59'", "NULL"], [{ kind: "format", of: "time" }]],
    [
      "DATETIME",
      timestamp,
      ["'2024-02-29 23:59:59'", "'2024-02-29 23:59:59.123'", "NULL"],
      [
        { kind: "format", of: "timestamp" },
        { kind: "precision", digits: 3 },
      ],
    ],
  ];
  for (const [declared, from, values, risks] of ordinary) {
    const session = await openFor(t, ":memory:");
    await session.execute(`CREATE TABLE t (a ${declared})`);
    for (const value of values) await session.execute(`INSERT INTO t VALUES (${value})`);
    const database = sessionOf(session).handle();
    const questions = risks.map((risk) => ({ column: "a", from, risk }));
    const { row, fields } = quickQuestions(questions, readShape(database, "t"))!;
    const { r } = database.prepare(`SELECT CAST(group_concat(${row}, '') AS BLOB) AS r FROM t`).get()!;
    assert.equal(areUsualRows(r as Uint8Array, values.length, fields), true, declared);
  }
});

/** How many digits a number's shortest ones have behind the point. */
function scaleOf(number: number): number {
  const [mantissa = "", exponent = "0"] = number.toExponential().split("e");
  const digits = mantissa.replace(/[-.]/g, "").replace(/0+$/, "");
  return digits.length - 1 - Number(exponent);
}
