import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import type { PortableType } from "../../src/core/portable.ts";
import type { Session } from "../../src/engines/engine.ts";
import { read } from "../../src/engines/sqlite/read.ts";
import { openFor, scratch } from "../../src/engines/sqlite/scratch.fixture.ts";
import { write } from "../../src/engines/sqlite/write.ts";
import { execute, gather, readRequest, select, types } from "./sqlite-roles.ts";

const { integer, decimal, float, text, bytes, timestamp, any } = types;

async function loaded(
  session: Session,
  columns: Readonly<Record<string, PortableType>>,
  pieces: readonly (string | Uint8Array)[],
  upsertBy: readonly string[] | null = null,
): Promise<bigint> {
  await session.begin();
  const request = {
    table: { schema: "", name: "t" },
    columns: Object.entries(columns).map(([name, type]) => ({ name, type, sql: "" })),
    upsertBy,
  };
  try {
    const rows = await write.load(session, request, stream(pieces));
    await session.commit();
    return rows;
  } catch (error) {
    await session.rollback();
    throw error;
  }
}

async function* stream(pieces: readonly (string | Uint8Array)[]): AsyncIterable<Uint8Array> {
  for (const piece of pieces) yield typeof piece === "string" ? Buffer.from(piece) : piece;
}

async function fresh(t: TestContext, sql: string): Promise<{ session: Session; path: string }> {
  const path = join(scratch(t), "a.db");
  execute(path, sql);
  return { session: await openFor(t, path), path };
}

test("values arrive exactly, wherever the pieces are cut", async (t) => {
  const { session, path } = await fresh(
    t,
    "CREATE TABLE t (i INTEGER, f REAL, s TEXT, b BLOB, d TEXT) STRICT",
  );
  const copy = Buffer.concat([
    Buffer.from("-9223372036854775808\t5e-324\ta\\\\b\\tc\\nd\\re\t00ff\t1.10\n\\N\t\\N\t\\N\t\\N\t\\N\n"),
    Buffer.from(
      "9223372036854775807\t-Infinity\t\t\t0.0\n123456789012345678\t1.7976931348623157e308\t\\\\N\t0a\t-5\n1\t0.1\tA\0",
    ),
    Buffer.from([0xff]),
    Buffer.from("é😀\t09\t1\n"),
  ]);
  const columns = { i: integer, f: float, s: text, b: bytes, d: decimal };
  for (const size of [1, 2, 3, 7, 64, copy.length]) {
    execute(path, "DELETE FROM t");
    const pieces = [];
    for (let at = 0; at < copy.length; at += size) pieces.push(copy.subarray(at, at + size));
    assert.equal(await loaded(session, columns, pieces), 5n);
    assert.deepEqual(select(path, "SELECT i, f, hex(s), typeof(s), hex(b), typeof(b), d FROM t"), [
      [-9223372036854775808n, 5e-324, "615C6209630A640D65", "text", "00FF", "blob", "1.10"],
      [null, null, "", "null", "", "null", null],
      [9223372036854775807n, -Infinity, "", "text", "", "blob", "0.0"],
      [123456789012345678n, 1.7976931348623157e308, "5C4E", "text", "0A", "blob", "-5"],
      [1n, 0.1, "4100FFC3A9F09F9880", "text", "09", "blob", "1"],
    ]);
  }
});

test("what SQLite would change is refused with its column", async (t) => {
  const refused = async (
    sql: string,
    type: PortableType,
    value: string,
    reason: RegExp,
    column: string | null = "a",
  ) => {
    const { session, path } = await fresh(t, sql);
    const error: unknown = await loaded(session, { a: type }, [`${value}\n`]).then(
      () => assert.fail(`${value} was taken: ${String(select(path, "SELECT a, typeof(a) FROM t"))}`),
      (found: unknown) => found,
    );
    const { column: named, reason: why } = write.blame(error);
    assert.match(why, reason);
    assert.equal(named, column);
    assert.deepEqual(select(path, "SELECT * FROM t"), []);
  };
  await refused("CREATE TABLE t (a INTEGER) STRICT", integer, "9223372036854775808", /more than 64 bits/);
  await refused("CREATE TABLE t (a INTEGER) STRICT", integer, "1.0", /no integer/);
  await refused("CREATE TABLE t (a INTEGER) STRICT", integer, "", /no integer/);
  await refused("CREATE TABLE t (a INTEGER) STRICT", text, "12", /turn the text into a number/);
  await refused("CREATE TABLE t (a INTEGER) STRICT", text, "x", /cannot store TEXT value in INTEGER column/);
  await refused("CREATE TABLE t (a REAL) STRICT", float, "NaN", /no NaN/);
  await refused("CREATE TABLE t (a REAL) STRICT", float, "1e400", /beyond a double/);
  await refused("CREATE TABLE t (a NUMERIC)", text, " 1e3", /turn the text into a number/);
  await refused("CREATE TABLE t (a DECIMAL(20,2))", decimal, "12345678901234567.89", /round/);
  await refused("CREATE TABLE t (a BLOB) STRICT", bytes, "0g", /not hexadecimal/);
  await refused("CREATE TABLE t (a TEXT NOT NULL) STRICT", text, "\\N", /NOT NULL constraint failed/);
  await refused(
    "CREATE TABLE t (a TEXT CHECK (a <> 'x')) STRICT",
    text,
    "x",
    /CHECK constraint failed/,
    null,
  );
  await refused("CREATE TABLE t (a TEXT UNIQUE) STRICT", text, "x\nx", /UNIQUE constraint failed/);
  await refused("CREATE TABLE t (a TEXT) STRICT", text, "x\ty", /another number of fields/, null);
});

test("rows that end in the middle of one are refused", async (t) => {
  const { session, path } = await fresh(t, "CREATE TABLE t (a TEXT) STRICT");
  await assert.rejects(loaded(session, { a: text }, ["x\ny"]), /end in the middle/);
  assert.deepEqual(select(path, "SELECT * FROM t"), []);
});

test("existing columns that hold decimals as numbers take those that they keep", async (t) => {
  const { session, path } = await fresh(t, "CREATE TABLE t (a DECIMAL(20,2), b DATETIME)");
  const rows = "19.99\t2024-01-01 00:00:00\n100.00\t\\N\n9223372036854775807\t\\N\n-0.50\t\\N\n";
  assert.equal(await loaded(session, { a: decimal, b: timestamp }, [rows]), 4n);
  assert.deepEqual(select(path, "SELECT a, b FROM t"), [
    [19.99, "2024-01-01 00:00:00"],
    [100n, null],
    [9223372036854775807n, null],
    [-0.5, null],
  ]);
});

test("upserts replace by the key and count each row", async (t) => {
  const { session, path } = await fresh(
    t,
    "CREATE TABLE t (k INTEGER, l TEXT, v TEXT, PRIMARY KEY (k, l)) STRICT; INSERT INTO t VALUES (1, 'a', 'old')",
  );
  const columns = { k: integer, l: text, v: text };
  assert.equal(await loaded(session, columns, ["1\ta\tnew\n2\tb\tx\n1\ta\tnewest\n"], ["k", "l"]), 3n);
  assert.deepEqual(select(path, "SELECT * FROM t ORDER BY k"), [
    [1n, "a", "newest"],
    [2n, "b", "x"],
  ]);
});

test("many ordinary rows, in the quick form, and back", async (t) => {
  const { session: source, path } = await fresh(
    t,
    `CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, price DECIMAL(10,2), r REAL, d DATETIME, s TEXT, b BLOB);
     WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < 20000)
     INSERT INTO t SELECT i * 3, random(), i / 100.0, random() / 7.0e12, datetime(i * 1000, 'unixepoch'),
       CASE WHEN i % 7 THEN 'text ' || i WHEN i % 1001 = 0 THEN 'a' || char(10) || i END, randomblob(i % 40) FROM g`,
  );
  const { session, path: copied } = await fresh(
    t,
    "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, price TEXT, r REAL, d TEXT, s TEXT, b BLOB) STRICT",
  );
  const columns = { id: integer, n: integer, price: decimal, r: float, d: timestamp, s: text, b: bytes };
  const pieces = [await gather(read.rows(source, readRequest("t", columns)))];
  assert.equal(await loaded(session, columns, pieces), 20000n);
  const all = "SELECT id, n, CAST(price AS REAL), r, d, s, hex(b) FROM t ORDER BY id";
  assert.deepEqual(select(copied, all), select(path, all));
});

test("the native form keeps each value's storage class, of random values", async (t) => {
  const value = fc.oneof(
    fc.constant(null),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double({ noNaN: true }),
    fc.constantFrom(-0, 0, 1.5, Infinity, "", "1", "1.0", "\\N", "a\0b", "\t", "é😀"),
    fc.string(),
    fc.uint8Array(),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 100 }), async (rows) => {
      const source = await openFor(t, ":memory:");
      const target = await openFor(t, ":memory:");
      await source.execute("CREATE TABLE t (a, b)");
      await target.execute("CREATE TABLE t (a ANY, b ANY) STRICT");
      // Numbers as they are: the session's own calls would make whole ones integers.
      for (const row of rows) await bindRaw(source, row);
      await target.begin();
      const columns = ["a", "b"].map((name) => ({ name, type: any, sql: "ANY" }));
      const request = { table: { schema: "", name: "t" }, columns, upsertBy: null };
      const pieces = read.native!(source, readRequest("t", { a: any, b: any }));
      assert.equal(await write.loadNative!(target, request, pieces), BigInt(rows.length));
      await target.commit();
      const all = "SELECT a, typeof(a) AS ta, b, typeof(b) AS tb FROM t";
      const [want, got] = [await source.query(all), await target.query(all)];
      assert.deepEqual(got, want);
      // deepEqual of the strict kind tells -0 from 0.
      await source.close();
      await target.close();
    }),
    { numRuns: 150 },
  );
});

async function bindRaw(session: Session, row: readonly unknown[]): Promise<void> {
  const { sessionOf } = await import("../../src/engines/sqlite/session.ts");
  sessionOf(session)
    .handle()
    .prepare("INSERT INTO t VALUES (?, ?)")
    .run(...(row as [string, string]));
}
