import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { KeyColumn } from "../../src/engines/data-roles.ts";
import { chunk } from "../../src/engines/sqlite/chunk.ts";
import { read } from "../../src/engines/sqlite/read.ts";
import { openFor, scratch } from "../../src/engines/sqlite/scratch.fixture.ts";
import { execute, lines, readRequest, select, types } from "./sqlite-roles.ts";

const { integer, text } = types;
const series = (n: number) =>
  `WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < ${n})`;

const tables: readonly {
  readonly title: string;
  readonly sql: string;
  readonly key: readonly KeyColumn[];
  readonly by: "key" | "page" | "all";
}[] = [
  {
    title: "INTEGER PRIMARY KEY",
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); ${series(5000)} INSERT INTO t SELECT i - 2500, i FROM g`,
    key: [{ name: "ID", type: integer }],
    by: "key",
  },
  {
    title: "keys that lie far apart",
    sql: `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); ${series(5000)} INSERT INTO t SELECT i, i FROM g;
          INSERT INTO t VALUES (9223372036854775807, 'z'), (-9223372036854775808, 'a')`,
    key: [{ name: "id", type: integer }],
    by: "key",
  },
  {
    title: "a rowid without a name, beside a key of text",
    sql: `CREATE TABLE t (id TEXT PRIMARY KEY, v TEXT, rowid TEXT); ${series(5000)} INSERT INTO t SELECT 'k' || i, i, NULL FROM g;
          DELETE FROM t WHERE v % 3 = 0`,
    key: [{ name: "id", type: text }],
    by: "page",
  },
  {
    title: "WITHOUT ROWID, with a key that ignores case",
    sql: `CREATE TABLE t (id TEXT COLLATE NOCASE, n INT, v TEXT, PRIMARY KEY (id, n DESC)) WITHOUT ROWID;
          ${series(5000)} INSERT INTO t SELECT CASE i % 3 WHEN 0 THEN 'abc' WHEN 1 THEN 'ABD' ELSE 'b''' || i END, i, i FROM g`,
    key: [
      { name: "id", type: text },
      { name: "n", type: integer },
    ],
    by: "key",
  },
  {
    title: "WITHOUT ROWID, with mistyped keys",
    sql: `CREATE TABLE t (id INT PRIMARY KEY, v TEXT) WITHOUT ROWID; ${series(500)} INSERT INTO t SELECT 'k' || i, i FROM g`,
    key: [{ name: "id", type: integer }],
    by: "all",
  },
  {
    title: "WITHOUT ROWID, with decimals beyond all integers",
    sql: `CREATE TABLE t (id DECIMAL(40, 2) PRIMARY KEY, v TEXT) WITHOUT ROWID; ${series(500)} INSERT INTO t SELECT i * 1e27, i FROM g`,
    key: [{ name: "id", type: { kind: "decimal", precision: 40, scale: 2 } }],
    by: "key",
  },
  { title: "an empty table", sql: "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)", key: [], by: "all" },
];

for (const { title, sql, key, by } of tables) {
  test(`all ranges together hold each row once: ${title}`, async (t) => {
    const path = join(scratch(t), "a.db");
    execute(path, sql);
    const session = await openFor(t, path);
    const ranges = await chunk.split(session, {
      table: { schema: "", name: "t" },
      key,
      estimate: { rows: 5000, bytes: 100_000 },
      chunkBytes: 10_000,
    });
    assert.deepEqual([...new Set(ranges.map((range) => range.by))], [by]);
    if (by !== "all") assert.ok(ranges.length >= 8 && ranges.length <= 12, `${ranges.length} ranges`);
    const found: string[] = [];
    let most = 0;
    for (const range of ranges) {
      const rows = await lines(read.rows(session, readRequest("t", { v: text }, { key, range })));
      most = Math.max(most, rows.length);
      found.push(...rows);
    }
    const want = select(path, "SELECT v FROM t").map(([v]) => String(v));
    assert.deepEqual(found.toSorted(), want.toSorted());
    if (by !== "all") assert.ok(most <= want.length / 4, `${most} rows in one range`);
  });
}
