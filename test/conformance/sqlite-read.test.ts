import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import type { PortableType } from "../../src/core/portable.ts";
import { read } from "../../src/engines/sqlite/read.ts";
import { openFor, scratch } from "../../src/engines/sqlite/scratch.fixture.ts";
import { execute, gather, lines, readRequest, types } from "./sqlite-roles.ts";

const { integer, decimal, numeric, float, text, bytes, date, time, timestamp, uuid, json, boolean } = types;

/** The fields that the value of a column gives. */
async function fields(
  t: TestContext,
  declared: string,
  values: readonly string[],
  type: PortableType | readonly [PortableType, PortableType],
): Promise<string[]> {
  const path = join(scratch(t), "a.db");
  execute(
    path,
    `CREATE TABLE t (a ${declared}); ${values.map((value) => `INSERT INTO t VALUES (${value});`).join("")}`,
  );
  const session = await openFor(t, path);
  const request = readRequest("t", { a: type }, { bytesPrefix: "\\\\x" });
  return lines(read.rows(session, request));
}

test("numbers are written by their digits, mistyped values by their storage class", async (t) => {
  assert.deepEqual(
    await fields(
      t,
      "INTEGER",
      ["-9223372036854775808", "9223372036854775807", "NULL", "'x\ty'", "x'0aff'", "1.5"],
      integer,
    ),
    ["-9223372036854775808", "9223372036854775807", "\\N", "x\\ty", "\\\\x0aff", "1.5"],
  );
  assert.deepEqual(await fields(t, "BOOLEAN", ["1", "0", "2", "'yes'", "NULL"], boolean), [
    "1",
    "0",
    "2",
    "yes",
    "\\N",
  ]);
  assert.deepEqual(
    await fields(t, "DECIMAL(10,2)", ["19.99", "100.00", "0.07", "-0.00001", "1e20", "'abc'"], decimal),
    ["19.99", "100", "0.07", "-0.00001", "100000000000000000000", "abc"],
  );
  assert.deepEqual(await fields(t, "NUMERIC", ["1.0/3", "0.1+0.2", "1e-7", "123456789.123456"], numeric), [
    "0.3333333333333333",
    "0.30000000000000004",
    "0.0000001",
    "123456789.123456",
  ]);
  assert.deepEqual(await fields(t, "REAL", ["9e999", "-9e999", "5e-324", "1.0", "NULL", "'x'"], float), [
    "Infinity",
    "-Infinity",
    "5e-324",
    "1",
    "\\N",
    "x",
  ]);
});

test("dates and times are written in the wire form from texts, epoch numbers and julian days", async (t) => {
  assert.deepEqual(
    await fields(
      t,
      "DATETIME",
      [
        "'2024-02-29 12:34:56'",
        "'2024-02-29 12:34:56.123456'",
        "'2024-02-29T12:34:56Z'",
        "'2024-02-29T23:30:00.5-01:00'",
        "'2024-02-29'",
        "1709210096",
        "1709210096123",
        "1709210096123456",
        "2460370.0",
        "2460370.5",
        "'yesterday'",
        "'2024-02-30 00:00:00+01:00'",
      ],
      timestamp,
    ),
    [
      "2024-02-29 12:34:56",
      "2024-02-29 12:34:56.123456",
      "2024-02-29 12:34:56",
      "2024-03-01 00:30:00.5",
      "2024-02-29 00:00:00",
      "2024-02-29 12:34:56",
      "2024-02-29 12:34:56.123",
      "2024-02-29 12:34:56.123456",
      // A whole julian day is stored as an integer by the column's NUMERIC affinity: it cannot be told from seconds.
      "1970-01-29 11:26:10",
      "2024-03-01 00:00:00",
      "yesterday",
      "2024-02-30 00:00:00+01:00",
    ],
  );
  assert.deepEqual(
    await fields(t, "DATE", ["'2024-01-02'", "'2024-01-02 00:00:00'", "'2024-01-02 03:00:00'", "0"], date),
    ["2024-01-02", "2024-01-02", "2024-01-02 03:00:00", "1970-01-01"],
  );
  assert.deepEqual(await fields(t, "TIME", ["'12:34'", "'12:34:56.5'", "'12:34:56'"], time), [
    "12:34:00",
    "12:34:56.5",
    "12:34:56",
  ]);
});

test("uuids, JSON and bytes", async (t) => {
  const id = "01234567-89ab-cdef-0123-456789abcdef";
  assert.deepEqual(
    await fields(t, "UUID", [`'${id.toUpperCase()}'`, `x'${id.replaceAll("-", "")}'`, "x'00'"], uuid),
    [id, id, "\\\\x00"],
  );
  assert.deepEqual(await fields(t, "JSON", [`'{"a":\n1}'`, `jsonb('{"a":1}')`], json), [
    '{"a":\\n1}',
    '{"a":1}',
  ]);
  assert.deepEqual(await fields(t, "BLOB", ["x''", "x'00ff'", "'text'", "zeroblob(3)"], bytes), [
    "\\\\x",
    "\\\\x00ff",
    "\\\\x74657874",
    "\\\\x000000",
  ]);
});

test("text keeps U+0000, bytes that are no UTF-8, and is escaped in each piece that needs it", async (t) => {
  const path = join(scratch(t), "a.db");
  execute(
    path,
    `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
     INSERT INTO t VALUES (1, 'a' || char(0) || 'b'), (2, CAST(x'61ff62' AS TEXT)), (3, ''), (4, '\\N'), (5, NULL), (6, 'é😀')`,
  );
  const session = await openFor(t, path);
  const got = await gather(read.rows(session, readRequest("t", { id: integer, a: text })));
  const want = Buffer.concat([
    Buffer.from("1\ta\0b\n2\ta"),
    Buffer.from([0xff]),
    Buffer.from("b\n3\t\n4\t\\\\N\n5\t\\N\n6\té😀\n"),
  ]);
  assert.deepEqual(got.toString("hex"), want.toString("hex"));
});

for (const encoding of ["UTF-8", "UTF-16le", "UTF-16be"]) {
  test(`random rows come back by a reading of their own (${encoding})`, async (t) => {
    const folder = scratch(t);
    let run = 0;
    // SQLite stores U+FFFE and U+FFFF as U+FFFD where it turns UTF-8 into UTF-16 (utf.c, READ_UTF8).
    const stored = (text: string | null): string | null =>
      encoding === "UTF-8" ? text : (text?.replaceAll(/[\ufffe\uffff]/g, "\ufffd") ?? null);
    const row = fc.tuple(
      fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      fc.option(fc.double({ noNaN: true })),
      fc.option(fc.string({ unit: "binary" }).map((value) => value.replaceAll(/[\ud800-\udfff]/g, "😀"))),
      fc.option(fc.string({ unit: fc.constantFrom("\\", "\t", "\n", "\r", "N", "a", "\0") })),
      fc.option(fc.uint8Array()),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 120 }), async (rows) => {
        const path = join(folder, `${run++}.db`);
        const database = new DatabaseSync(path);
        database.exec(
          `PRAGMA encoding = '${encoding}'; CREATE TABLE t (i INTEGER, f REAL, s TEXT, e TEXT, b BLOB)`,
        );
        const insert = database.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)");
        database.exec("BEGIN");
        for (const values of rows) insert.run(...values);
        database.exec("COMMIT");
        database.close();
        const session = await openFor(t, path);
        const request = readRequest("t", { i: integer, f: float, s: text, e: text, b: bytes });
        const got = (await lines(read.rows(session, request))).map((line) => line.split("\t"));
        await session.close();
        assert.equal(got.length, rows.length);
        for (const [n, [i, f, s, e, b]] of rows.entries()) {
          const [gotI, gotF, gotS, gotE, gotB] = got[n]!.map((field) =>
            field === "\\N" ? null : unescape(field),
          );
          assert.equal(gotI, i === null ? null : String(i));
          assert.equal(gotF === null ? null : Number(gotF) + 0, f === null ? null : f + 0);
          assert.equal(gotS, stored(s));
          assert.equal(gotE, e);
          assert.equal(gotB, b === null ? null : Buffer.from(b).toString("hex"));
        }
      }),
      { numRuns: 100, examples: [[[[null, null, "\ufffe\uffff\u{1fffe}", null, null]]]] },
    );
  });
}

function unescape(field: string): string {
  const marks: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r" };
  return field.replaceAll(/\\(.)/g, (_, mark: string) => marks[mark] ?? mark);
}

test("wide rows stream, and a value that is too wide is refused by name", async (t) => {
  const path = join(scratch(t), "a.db");
  const width = 18_000_000;
  execute(
    path,
    `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB);
     INSERT INTO t SELECT value, 'x', x'00' FROM json_each('[1,2,3,4,5,6,7,8,9]');
     UPDATE t SET b = zeroblob(${width}), a = printf('%.*c', 3000000, 'y') || char(10) WHERE id IN (4, 6);
     UPDATE t SET b = zeroblob(3000000) WHERE id = 7`,
  );
  const session = await openFor(t, path);
  const request = readRequest("t", { id: integer, a: text, b: bytes });
  let bytesSeen = 0;
  let largest = 0;
  let newlines = 0;
  for await (const piece of read.rows(session, request)) {
    bytesSeen += piece.length;
    largest = Math.max(largest, piece.length);
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) newlines++;
  }
  assert.equal(newlines, 9);
  // Each row: id, two tabs and a newline; the texts, one escaped newline each of the two long ones; the digits.
  assert.equal(bytesSeen, 9 * 4 + 7 + 2 * 3_000_002 + 6 * 2 + 2 * 2 * width + 2 * 3_000_000);
  assert.ok(largest <= 8 * 1024 * 1024, `a piece of ${largest} bytes`);
  execute(path, "UPDATE t SET b = zeroblob(200000000) WHERE id = 5");
  const before = process.memoryUsage().rss;
  await assert.rejects(
    gather(read.rows(session, request)),
    /t\.b holds a value of 200000000 bytes in the row with the key 5/,
  );
  assert.ok(process.memoryUsage().rss - before < 200_000_000, "the value was loaded to be refused");
});
