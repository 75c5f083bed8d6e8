import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PortableType } from "../../src/core/portable.ts";
import { copyText } from "../../src/engines/sqlite/raw-rows.ts";
import { read } from "../../src/engines/sqlite/read.ts";
import { rowSql } from "../../src/engines/sqlite/row-sql.ts";
import { openFor } from "../../src/engines/sqlite/scratch.fixture.ts";
import { sessionOf } from "../../src/engines/sqlite/session.ts";
import { readShape } from "../../src/engines/sqlite/table-shape.ts";
import { registerWireFunctions } from "../../src/engines/sqlite/wire-functions.ts";
import { trimFractions } from "../../src/engines/sqlite/trim-fractions.ts";
import { seeded } from "../faults/seeded.ts";
import { lines, readRequest, types } from "./sqlite-roles.ts";

const columns: readonly (readonly [string, PortableType])[] = [
  ["INT", types.integer],
  ["BOOLEAN", types.boolean],
  ["DECIMAL(10,2)", types.decimal],
  ["NUMERIC", types.numeric],
  ["TEXT", types.numeric],
  ["TEXT", types.text],
  ["VARCHAR(9)", types.json],
  ["", types.text],
  ["BLOB", types.bytes],
  ["DATETIME", types.timestamp],
  ["TEXT", types.timestamp],
  ["DATE", types.date],
  ["TIME", types.time],
  ["TEXT", types.uuid],
  ["UUID", types.uuid],
];

const odd = fc.constantFrom<string | number | bigint | null | Uint8Array>(
  null,
  0n,
  -5n,
  2n ** 63n - 1n,
  1704164645n,
  0.1,
  1 / 3,
  1e20,
  1e-7,
  Infinity,
  0.1 + 0.2,
  -1234567.123456789,
  123456789012.34567,
  "",
  "1",
  "abc",
  "a\tb",
  "2024-01-02",
  "2024-01-02 03:04:05",
  "2024-01-02T03:04:05",
  "2024-01-02 03:04:05.5",
  "2024-01-02 03:04:05.5Z",
  "2024-01-02 03:04 +01:00",
  "2024-01-02 03:04:05+01",
  "2024-01-02 03:04:05\0x",
  "03:04:05",
  "03:04",
  "ABCDEF00-0000-0000-0000-000000000000",
  new Uint8Array([0, 255]),
  new Uint8Array(16),
  new Uint8Array(),
);

test("the quick form is the exact form, of ordinary and of odd values", async (t) => {
  const names = columns.map((_, i) => `c${i}`);
  const request = readRequest("t", Object.fromEntries(columns.map(([, type], i) => [`c${i}`, type])));
  const row = fc.tuple(...columns.map(() => fc.option(odd, { freq: 3 })));
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 3 }),
      fc.nat(columns.length),
      async (rows, only) => {
        const session = await openFor(t, ":memory:");
        const database = sessionOf(session).handle();
        database.exec(`CREATE TABLE t (${columns.map(([declared], i) => `c${i} ${declared}`).join(", ")})`);
        const insert = database.prepare(`INSERT INTO t VALUES (${names.map(() => "?").join(", ")})`);
        // Mostly one column alone is odd, so that no other one makes the piece an exact one.
        for (const values of rows) {
          insert.run(
            ...values.map((value, i) =>
              only === columns.length || i === only ? (value as string | null) : null,
            ),
          );
        }
        registerWireFunctions(database);
        const exact = rowSql(request, readShape(database, "t"), false).exact;
        const want = database
          .prepare(`SELECT CAST(${exact} AS BLOB) AS r FROM t`)
          .all()
          .map(({ r }) =>
            Buffer.from(r as Uint8Array)
              .toString()
              .slice(0, -1),
          );
        assert.deepEqual(await lines(read.rows(session, request)), want);
        await session.close();
      },
    ),
    { numRuns: 800 },
  );
});

test("texts that are no UTF-8 do not pass for an end or a NULL", async (t) => {
  const texts = [
    "fd",
    "ff",
    "fe",
    "41fd",
    "fdfd",
    "fffe",
    "fefd",
    "41fdff42",
    "5cfd09",
    "fdfe",
    "fd4e",
    "fd4eff",
  ];
  const request = readRequest("t", { a: types.text, b: types.text });
  for (const left of texts) {
    for (const right of texts) {
      const session = await openFor(t, ":memory:");
      const database = sessionOf(session).handle();
      const sql = `CAST(x'${left}' AS TEXT), CAST(x'${right}' AS TEXT)`;
      database.exec(
        `CREATE TABLE t (a TEXT, b TEXT); INSERT INTO t VALUES ('x', NULL), (${sql}), (NULL, 'y')`,
      );
      registerWireFunctions(database);
      const { exact } = rowSql(request, readShape(database, "t"), false);
      const want = database.prepare(`SELECT CAST(group_concat(${exact}, '') AS BLOB) AS r FROM t`).get()!.r;
      const pieces: Uint8Array[] = [];
      for await (const piece of read.rows(session, request)) pieces.push(piece);
      assert.equal(Buffer.concat(pieces).toString("hex"), Buffer.from(want as Uint8Array).toString("hex"));
      await session.close();
    }
  }
});

test("many values to be escaped, cut and marked come in their order", async (t) => {
  const session = await openFor(t, ":memory:");
  const database = sessionOf(session).handle();
  database.exec(
    `CREATE TABLE t (id INTEGER PRIMARY KEY, n DECIMAL(10,2), a TEXT, b BLOB);
     WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 3000)
     INSERT INTO t SELECT i, i / 7.0,
            CASE WHEN i % 5 > 0 THEN printf('%.*c', i % 90, 'x') || char(9, 10, 13, 92) || i || char(92) END,
            CASE WHEN i % 3 > 0 THEN CAST('z' || i AS BLOB) END FROM g`,
  );
  registerWireFunctions(database);
  const columns = { id: types.integer, n: types.decimal, a: types.text, b: types.bytes };
  const request = readRequest("t", columns, { bytesPrefix: "\\\\x" });
  const { exact } = rowSql(request, readShape(database, "t"), false);
  const want = database.prepare(`SELECT CAST(${exact} AS BLOB) AS r FROM t ORDER BY id`).all();
  assert.deepEqual(
    await lines(read.rows(session, request)),
    want.map(({ r }) =>
      Buffer.from(r as Uint8Array)
        .toString()
        .slice(0, -1),
    ),
  );
});

test("ordinary values need no exact form", async (t) => {
  const id = "01234567-89ab-cdef-0123-456789abcdef";
  const ordinary: readonly (readonly [string, PortableType, string, string])[] = [
    ["INT", types.integer, "-12", "-12"],
    ["BOOLEAN", types.boolean, "1", "1"],
    ["DECIMAL(10,2)", types.decimal, "-19.99", "-19.99"],
    ["NUMERIC", types.numeric, "0.1 + 0.2", "0.30000000000000004"],
    ["NUMERIC", types.numeric, "1 / 3.0", "0.3333333333333333"],
    ["REAL", types.float, "-1.5e300", "-1.5e+300"],
    ["TEXT", types.text, "'a' || char(92, 9) || 'größe'", "a\\\\\\tgröße"],
    ["", types.text, "'a'", "a"],
    ["BLOB", types.bytes, "x'0aff'", "\\\\x0aff"],
    ["DATE", types.date, "'2024-02-29'", "2024-02-29"],
    ["TIME", types.time, "'03:04:05'", "03:04:05"],
    ["DATETIME", types.timestamp, "'2024-02-29 03:04:05'", "2024-02-29 03:04:05"],
    ["DATETIME", types.timestamp, "'2024-02-29 03:04:05.12'", "2024-02-29 03:04:05.12"],
    ["TEXT", types.uuid, `'${id.toUpperCase()}'`, id],
  ];
  for (const [declared, type, sql, want] of ordinary) {
    const session = await openFor(t, ":memory:");
    const database = sessionOf(session).handle();
    database.exec(`CREATE TABLE t (a ${declared}); INSERT INTO t VALUES (NULL), (${sql}), (NULL)`);
    const request = readRequest("t", { a: type }, { bytesPrefix: "\\\\x" });
    const { quick, fields, prefixBytes } = rowSql(request, readShape(database, "t"), false);
    const { r } = database.prepare(`SELECT CAST(group_concat(${quick}, '') AS BLOB) AS r FROM t`).get()!;
    const text = copyText(r as Uint8Array, { rows: 3, fields, prefixBytes, trimmed: [] });
    assert.ok(text, `${declared} ${sql}`);
    assert.equal(Buffer.from(text).toString(), `\\N\n${want}\n\\N\n`);
  }
});

test("both forms leave the same zeros out at the ends of fractions", async (t) => {
  const session = await openFor(t, ":memory:");
  const database = sessionOf(session).handle();
  registerWireFunctions(database);
  database.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n DECIMAL(20,6), f REAL, m DATETIME, x TEXT)");
  const random = seeded();
  t.diagnostic(`seed ${random.seed}`);
  const insert = database.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)");
  for (let id = 0; id < 3_000; id++) {
    const scale = 10 ** random.below(7);
    // From a thousandth on SQLite prints numbers without an exponent, which the quick form leaves to the exact one.
    const number = ((random.below(1_000_000) + 1_000) * (random.below(2) === 0 ? -1 : 1)) / scale;
    const digits = String(random.below(1_000_000)).padStart(6, "0");
    const zeros = digits.slice(0, random.below(7)).padEnd(6, "0");
    insert.run(id, number, number, `2024-01-10 10:20:30.${zeros}`, `${number}.50`);
  }
  const columns = { id: types.integer, n: types.decimal, f: types.float, m: types.timestamp, x: types.text };
  const plain = readRequest("t", columns, { bytesPrefix: "\\\\x" });
  const trimmed = [false, true, true, true, false];
  const request = {
    ...plain,
    columns: plain.columns.map((one, n) => Object.assign({}, one, { trimmed: trimmed[n]! })),
  };
  const row = rowSql(request, readShape(database, "t"), false);
  const { q, e } = database
    .prepare(
      `SELECT CAST(group_concat(q, '') AS BLOB) AS q, CAST(group_concat(e, '') AS BLOB) AS e
         FROM (SELECT ${row.quick} AS q, ${row.exact} AS e FROM t ORDER BY id)`,
    )
    .get() as Record<string, Uint8Array>;
  const quick = copyText(q!, { ...row, rows: 3_000 });
  const exact = trimFractions(trimmed)(e!);
  assert.ok(quick);
  assert.deepEqual(Buffer.from(quick).toString().split("\n"), Buffer.from(exact).toString().split("\n"));
  assert.equal(
    /^\d+\t-?\d+(\.\d*[1-9])?\t[^\t]*\t2024-01-10 10:20:30(\.\d*[1-9])?\t-?[\d.]+50$/m.test(quick.toString()),
    true,
  );
  assert.deepEqual(
    await lines(read.rows(session, request)),
    Buffer.from(exact).toString().trimEnd().split("\n"),
  );
});
