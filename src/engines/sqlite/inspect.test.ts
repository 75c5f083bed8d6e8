import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Session } from "../engine.ts";
import { readCreateTable } from "./create-table.ts";
import { health } from "./health.ts";
import { inspect } from "./inspect.ts";
import { probe } from "./probe.ts";
import { openFor, scratch } from "./scratch.fixture.ts";
import { store } from "./store.ts";

const statements = [
  `CREATE TABLE orders ( -- has customers
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    customer INTEGER NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
    total NUMERIC DEFAULT (1 + 2) CONSTRAINT positive CHECK (total >= 0 AND ')' <> "total"),
    tax REAL GENERATED ALWAYS AS (total * 0.2) STORED,
    note TEXT COLLATE NOCASE, -- a CHECK (in a comment)
    UNIQUE (customer, note), CHECK (id > 0)
  )`,
  "CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT NOT NULL) STRICT",
  "CREATE TABLE pair (a TEXT, b TEXT, PRIMARY KEY (b, a)) STRICT, WITHOUT ROWID",
  "CREATE VIRTUAL TABLE search USING fts5(body)",
  "CREATE INDEX by_total ON orders (total DESC, lower(note)) WHERE total > 10",
  "CREATE VIEW a_rich AS SELECT * FROM z_big",
  "CREATE VIEW z_big AS SELECT * FROM orders WHERE total > 100 -- many",
  // Only the ledger's exact names are its own.
  "CREATE TABLE godwit_notes (a)",
  "CREATE INDEX godwit_by_a ON godwit_notes (a)",
  "CREATE TRIGGER gone AFTER DELETE ON customer BEGIN DELETE FROM orders WHERE customer = OLD.id; END",
];

async function build(session: Session): Promise<void> {
  for (const statement of statements) await session.execute(statement);
  for (const statement of store.scripts[0] ?? []) await session.execute(statement);
  await session.execute("CREATE INDEX godwit_x ON godwit_run (kind)");
}

test("a dump makes an equal schema", async (t) => {
  const folder = scratch(t);
  const source = await openFor(t, join(folder, "a.db"));
  await build(source);
  const text = await inspect.dump(source);
  assert.doesNotMatch(text, /godwit_(?!notes|by_a)|sqlite_|search_/);
  assert.match(text, /CREATE TABLE godwit_notes[^]*CREATE INDEX godwit_by_a/);
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const copy = new DatabaseSync(join(folder, "b.db"));
  copy.exec(text);
  copy.close();
  const target = await openFor(t, join(folder, "b.db"));
  assert.equal(await inspect.dump(target), text);
  assert.deepEqual(await inspect.schema(target), await inspect.schema(source));
  await target.execute("ALTER TABLE orders ADD COLUMN late INTEGER");
  assert.notDeepEqual(await inspect.schema(target), await inspect.schema(source));
});

test("the model holds what the catalogue tells", async (t) => {
  const session = await openFor(t, ":memory:");
  await build(session);
  const { tables, objects } = await inspect.schema(session);
  assert.deepEqual(
    tables.map(({ name, options }) => [name, options]),
    [
      ["customer", "STRICT"],
      ["godwit_notes", ""],
      ["orders", ""],
      ["pair", "WITHOUT ROWID, STRICT"],
      ["search", "USING fts5(body)"],
    ],
  );
  assert.deepEqual(
    objects.map(({ name }) => name),
    ["a_rich", "z_big", "gone"],
  );
  const orders = tables[2]!;
  const [id, , total, tax, note] = orders.columns;
  assert.equal(id?.identity, "auto_increment");
  assert.equal(total?.default, "1 + 2");
  assert.deepEqual(tax?.generated, { expression: "total * 0.2", stored: true });
  assert.equal(note?.collation, "nocase");
  assert.deepEqual(
    orders.constraints.map(({ kind, name, definition }) => [kind, name, definition]),
    [
      ["check", "", "CHECK (id > 0)"],
      ["check", "positive", `CHECK (total >= 0 AND ')' <> "total")`],
      ["foreign key", "", 'FOREIGN KEY ("customer") REFERENCES "customer" ("id") ON DELETE CASCADE'],
      ["primary key", "", 'PRIMARY KEY ("id")'],
      ["unique", "", 'UNIQUE ("customer", "note")'],
    ],
  );
  assert.deepEqual(orders.indexes[0]?.keys, ["total DESC", "<expression>"]);
  assert.deepEqual(tables[3]?.constraints[0]?.columns, ["b", "a"]);
});

test("odd names in a CREATE TABLE are read as names", () => {
  const text = readCreateTable(
    'CREATE TABLE "check (" ([check] INT, "a,b" TEXT COLLATE "NOCASE", c AS ([check] + 1))',
  );
  assert.deepEqual([...text.collations], [["a,b", "NOCASE"]]);
  assert.deepEqual([...text.generated], [["c", "[check] + 1"]]);
  assert.deepEqual(text.checks, []);
});

test("the probe compares definitions", async (t) => {
  const session = await openFor(t, ":memory:");
  const effect = { type: "definition", objects: [{ kind: "table", name: "T" }] } as const;
  const before: unknown = JSON.parse(JSON.stringify(await probe.capture(session, effect)));
  assert.equal(await probe.settle(session, effect, before, () => {}), "not-done");
  await session.execute("CREATE TABLE t (a)");
  assert.equal(await probe.settle(session, effect, before, () => {}), "done");
  assert.equal(await probe.settle(session, { type: "repeatable" }, null, () => {}), "not-done");
  assert.equal(await probe.settle(session, { type: "opaque" }, null, () => {}), "unknown");
});

test("doctor finds what is wrong with a file", async (t) => {
  const path = join(scratch(t), "a.db");
  const session = await openFor(t, path);
  const status = async () =>
    Object.fromEntries((await health.findings(session)).map((finding) => [finding.check, finding.status]));
  assert.deepEqual(new Set(Object.values(await status())), new Set(["ok"]));
  await session.execute("CREATE TABLE p (id INTEGER PRIMARY KEY)");
  await session.execute("CREATE TABLE c (p REFERENCES p)");
  assert.deepEqual(new Set(Object.values(await status())), new Set(["ok"]));
  await session.execute("INSERT INTO c VALUES (1)");
  assert.equal((await status())["foreign keys"], "warning");
  assert.equal(readFileSync(path).subarray(0, 6).toString(), "SQLite");
});
