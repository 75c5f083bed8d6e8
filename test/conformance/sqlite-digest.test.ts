import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import type { PortableType } from "../../src/core/portable.ts";
import type { DigestColumn, DigestForm, DigestRequest } from "../../src/engines/data-roles.ts";
import type { Session } from "../../src/engines/engine.ts";
import { digest } from "../../src/engines/sqlite/digest.ts";
import { openFor, scratch } from "../../src/engines/sqlite/scratch.fixture.ts";
import { sessionOf } from "../../src/engines/sqlite/session.ts";
import { execute, types } from "./sqlite-roles.ts";

const md5 = (text: string | Buffer) => createHash("md5").update(text).digest("hex");
const first60 = (hash: string) => BigInt(`0x${hash.slice(0, 15)}`);

function column(name: string, type: PortableType, form: DigestForm): DigestColumn {
  return { name, value: null, type, form };
}

const id = column("id", types.integer, { kind: "integer" });

function request(columns: readonly DigestColumn[], key: readonly DigestColumn[] = [id]): DigestRequest {
  return { table: { schema: "", name: "t" }, columns, key, where: null };
}

async function opened(t: TestContext, sql: string): Promise<Session> {
  const path = join(scratch(t), "a.db");
  execute(path, sql);
  return openFor(t, path);
}

/** The forms that values of one column get. */
async function forms(
  t: TestContext,
  declared: string,
  values: readonly string[],
  type: PortableType,
  form: DigestForm,
) {
  const session = await opened(
    t,
    `CREATE TABLE t (id INTEGER PRIMARY KEY, a ${declared}); ${values.map((value) => `INSERT INTO t (a) VALUES (${value});`).join("")}`,
  );
  const wanted = values.map((_, i) => ({ key: [String(i + 1)], hash: "" }));
  const rows = await digest.values(session, request([column("a", type, form)]), wanted);
  return rows.map((row) => row.values[0]);
}

test("each form has one spelling for one value", async (t) => {
  const { integer, numeric, float, timestamp, time, date, bytes, text, uuid, boolean } = types;
  assert.deepEqual(
    await forms(
      t,
      "NUMERIC",
      ["1.50", "-0.0", "'-00012.3400'", "'.5'", "1e20", "100", "'0.00'", "'x'", "NULL"],
      numeric,
      { kind: "decimal" },
    ),
    ["1.5", "0", "-12.34", "0.5", "100000000000000000000", "100", "0", "x", null],
  );
  assert.deepEqual(
    await forms(t, "TEXT", ["'18446744073709551615'", "'007'", "'-0'"], integer, { kind: "integer" }),
    ["18446744073709551615", "7", "0"],
  );
  assert.deepEqual(
    await forms(t, "REAL", ["1500", "0.1", "1e22", "-5e-324", "9e999", "0.0", "1.0/3"], float, {
      kind: "float",
      bits: 64,
    }),
    ["1500", "0.1", "1e22", "-5e-324", "Infinity", "0", "0.3333333333333333"],
  );
  assert.deepEqual(
    await forms(
      t,
      "REAL",
      ["0.10000000149011612", "16777216"],
      { kind: "float", bits: 32 },
      { kind: "float", bits: 32 },
    ),
    ["1e-1", "1.6777216e7"],
  );
  assert.deepEqual(
    await forms(
      t,
      "DATETIME",
      ["'2024-01-02 03:04:05'", "'2024-01-02T03:04:05.120Z'", "1704164645"],
      timestamp,
      { kind: "timestamp" },
    ),
    ["2024-01-02 03:04:05", "2024-01-02 03:04:05.12", "2024-01-02 03:04:05"],
  );
  assert.deepEqual(
    await forms(t, "TEXT", ["'03:04:00'", "'03:04:05.50'", "'03:04:05.00'"], time, { kind: "time" }),
    ["03:04:00", "03:04:05.5", "03:04:05"],
  );
  assert.deepEqual(await forms(t, "DATE", ["'2024-01-02'"], date, { kind: "date" }), ["2024-01-02"]);
  assert.deepEqual(await forms(t, "BLOB", ["x'00FF'", "x''"], bytes, { kind: "bytes" }), ["00ff", ""]);
  assert.deepEqual(
    await forms(t, "TEXT", ["'a\tb  '", "''", "'\\'"], text, { kind: "text", trimmed: true }),
    ["a\tb", "", "\\"],
  );
  assert.deepEqual(await forms(t, "TEXT", ["'a  '"], text, { kind: "text", trimmed: false }), ["a  "]);
  assert.deepEqual(
    await forms(t, "TEXT", ["'ABCDEF00-0000-0000-0000-000000000000'"], uuid, { kind: "uuid" }),
    ["abcdef00-0000-0000-0000-000000000000"],
  );
  assert.deepEqual(await forms(t, "INT", ["1", "0"], boolean, { kind: "boolean" }), ["1", "0"]);
  assert.deepEqual(
    await forms(t, "TEXT", ["'b,a,B'"], { kind: "set", labels: ["b", "a", "B"] }, { kind: "set" }),
    ["B,a,b"],
  );
});

test("sums, buckets, bounds, slices and hashes are those of the rows' texts", async (t) => {
  const session = await opened(
    t,
    `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB, j TEXT);
     WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 3000)
     INSERT INTO t SELECT i * 2 - 10, CASE WHEN i % 5 THEN 'é' || char(10) || i END, zeroblob(i % 3), '{}' FROM g`,
  );
  const wanted = request([
    id,
    column("a", types.text, { kind: "text", trimmed: false }),
    column("b", types.bytes, { kind: "bytes" }),
    column("j", types.json, { kind: "json" }),
  ]);
  const rows = Array.from({ length: 3000 }, (_, n) => {
    const i = n + 1;
    const key = String(i * 2 - 10);
    const keyText = `${key};`;
    const a = i % 5 ? `${Buffer.byteLength(`é\n${i}`)}:é\n${i};` : ":;";
    const b = `${(i % 3) * 2}:${"00".repeat(i % 3)};`;
    return { key, hash: md5(keyText + a + b), bucket: Number.parseInt(md5(keyText).slice(0, 8), 16) % 7 };
  });
  const sumOf = (some: typeof rows) => ({
    rows: String(some.length),
    sum: String(some.reduce((sum, { hash }) => sum + first60(hash), 0n)),
  });
  assert.deepEqual(await digest.slice(session, wanted, { by: "all" }), sumOf(rows));
  assert.deepEqual(
    await digest.slice(session, wanted, { by: "key", after: "0", upTo: "100" }),
    sumOf(rows.filter(({ key }) => Number(key) > 0 && Number(key) <= 100)),
  );
  assert.deepEqual(
    await digest.slice(session, wanted, { by: "bucket", bucket: 3, of: 7 }),
    sumOf(rows.filter(({ bucket }) => bucket === 3)),
  );
  const buckets = await digest.buckets(session, wanted, 7);
  assert.deepEqual(
    [...buckets],
    [0, 1, 2, 3, 4, 5, 6].map((n) => [n, sumOf(rows.filter(({ bucket }) => bucket === n))]),
  );
  assert.deepEqual(await digest.bounds(session, wanted), { least: "-8", greatest: "5990" });
  const hashes = [];
  for await (const row of digest.hashes(session, wanted, { by: "all" })) hashes.push(row);
  assert.deepEqual(
    hashes,
    rows.map(({ key, hash }) => ({ key: [key], hash })),
  );
  const keyless = request(wanted.columns, []);
  const last = rows.at(-1)!;
  assert.deepEqual(await digest.values(session, keyless, [{ key: [], hash: last.hash }]), [
    { key: [], values: ["5990", null, "", "{}"] },
  ]);
  await session.execute("DELETE FROM t");
  assert.equal(await digest.bounds(session, wanted), null);
  assert.deepEqual(await digest.slice(session, wanted, { by: "all" }), { rows: "0", sum: "0" });
});

test("no text in a column of numbers makes a row look like another one", async (t) => {
  const session = await opened(
    t,
    `CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT);
     INSERT INTO t VALUES (1, 1, 'abc;:'), (2, '1;5:abc', NULL), (3, NULL, 'x'), (4, '', 'x'), (5, '?0:', 'x'), (6, ';', 'x')`,
  );
  const columns = [
    column("a", types.integer, { kind: "integer" }),
    column("b", types.text, { kind: "text", trimmed: false }),
  ];
  const hashes = new Set<string>();
  for await (const row of digest.hashes(session, request(columns), { by: "all" })) hashes.add(row.hash);
  assert.equal(hashes.size, 6);
});

const mixed: readonly (readonly [string, PortableType, DigestForm])[] = [
  ["INTEGER", types.integer, { kind: "integer" }],
  ["BOOLEAN", types.boolean, { kind: "boolean" }],
  ["DECIMAL(10,2)", types.decimal, { kind: "decimal" }],
  ["DOUBLE", types.float, { kind: "float", bits: 64 }],
  ["REAL", types.float, { kind: "float", bits: 64 }],
  ["TEXT", types.text, { kind: "text", trimmed: false }],
  ["VARCHAR(9)", types.text, { kind: "text", trimmed: true }],
  ["BLOB", types.bytes, { kind: "bytes" }],
  ["DATETIME", types.timestamp, { kind: "timestamp" }],
  ["DATE", types.date, { kind: "date" }],
  ["TIME", types.time, { kind: "time" }],
];
const usual: readonly (readonly unknown[])[] = [
  [0n, 1n, -5n, 2n ** 53n],
  [0n, 1n],
  [1.5, 2n, 0.1, -99.99, 1022.6, 0n],
  [
    347.83639,
    0.1,
    -0.5,
    5,
    1e15,
    1e14 + 0.5,
    1e-5,
    1 / 3,
    0.00012,
    123456789012345.6,
    1e300,
    0.05,
    0.001,
    -0,
  ],
  [0.5, 7, 1e22],
  ["", "a", "é;:", "tab\t", "line\nend", "\\N", "a\0b", " x "],
  ["", "a  ", "  ", "b"],
  [new Uint8Array(0), new Uint8Array([0, 255]), new Uint8Array([254])],
  [
    "2024-01-02 03:04:05",
    "2024-01-02 03:04:05.120000",
    "2024-01-02 03:04:00.5",
    "2024-01-02 03:04:05.000000",
  ],
  ["2024-01-02", "0001-01-01"],
  ["03:04:05", "03:04:00"],
];
const unusual: readonly unknown[] = [
  "",
  "?",
  "1;2",
  "x",
  1.25,
  7n,
  Infinity,
  "2024-01-02T03:04:05Z",
  ";;;;-;;-;;",
  "2024-01-02 03:04:05.1x",
  "2024-01-02 03:04:05.1234567",
  "2024-01-02\0",
  new Uint8Array([0xff]),
];

test("what SQLite makes of rows to be hashed is what the program makes of them one by one", async (t) => {
  const names = mixed.map((_, n) => `c${n}`);
  const columns = mixed.map(([, type, form], n) => column(names[n]!, type, form));
  const row = fc.tuple(
    ...usual.map((values) =>
      fc.oneof(
        { weight: 40, arbitrary: fc.constantFrom(...values) },
        { weight: 4, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.constantFrom(...unusual) },
      ),
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 4 }), async (rows) => {
      const session = await openFor(t, ":memory:");
      const database = sessionOf(session).handle();
      database.exec(
        `CREATE TABLE t (id INTEGER PRIMARY KEY, ${mixed.map(([declared], n) => `c${n} ${declared}`).join(", ")})`,
      );
      const insert = database.prepare(
        `INSERT INTO t (${names.join()}) VALUES (${names.map(() => "?").join()})`,
      );
      for (const values of rows) insert.run(...(values as (string | null)[]));
      for (const key of [[id], [], [column("c5", types.text, { kind: "text", trimmed: false })]]) {
        const wanted = request(columns, key);
        let sum = 0n;
        // Hashes come with the keys, which the program takes out of the rows itself.
        for await (const { hash } of digest.hashes(session, wanted, { by: "all" })) sum += first60(hash);
        const expected = { rows: String(rows.length), sum: String(sum) };
        assert.deepEqual(await digest.slice(session, wanted, { by: "all" }), expected);
        const parts = [0, 1, 2].map((bucket) =>
          digest.slice(session, wanted, { by: "bucket", bucket, of: 3 }),
        );
        const sums = (await Promise.all(parts)).reduce((total, part) => total + BigInt(part.sum), 0n);
        assert.equal(sums, sum);
        const buckets = [...(await digest.buckets(session, wanted, 3)).values()];
        assert.equal(
          buckets.reduce((total, part) => total + BigInt(part.sum), 0n),
          sum,
        );
      }
      await session.close();
    }),
    { numRuns: 80 },
  );
});

test("texts that are no UTF-8 do not pass for the end of a row or of a key in a digest", async (t) => {
  for (const hex of ["fd", "ff", "fe", "41fd", "fffe", "fefd", "41fdff42", "fdfe"]) {
    const session = await opened(
      t,
      `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b DOUBLE, c TEXT);
       INSERT INTO t VALUES (1, 'x', 1.5, NULL), (2, CAST(x'${hex}' AS TEXT), 2.5, CAST(x'${hex}' AS TEXT)), (3, NULL, NULL, 'y')`,
    );
    const wanted = request([
      column("a", types.text, { kind: "text", trimmed: false }),
      column("b", types.float, { kind: "float", bits: 64 }),
      column("c", types.text, { kind: "text", trimmed: false }),
    ]);
    const all: string[] = [];
    for await (const { hash } of digest.hashes(session, wanted, { by: "all" })) all.push(hash);
    const sum = String(all.reduce((total, hash) => total + first60(hash), 0n));
    assert.deepEqual(await digest.slice(session, wanted, { by: "all" }), { rows: "3", sum }, hex);
    await session.close();
  }
});
