import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ErrorKind, Session } from "../engine.ts";
import { connect } from "./connect.ts";
import { errors } from "./errors.ts";
import { child, openAt, openFor, scratch } from "./scratch.fixture.ts";
import { store } from "./store.ts";

async function kindOf(work: Promise<unknown>): Promise<ErrorKind> {
  try {
    await work;
  } catch (error) {
    return errors.classify(error).kind;
  }
  throw new Error("nothing was thrown");
}

async function shop(t: TestContext): Promise<Session> {
  const session = await openFor(t, join(scratch(t), "shop.db"));
  await session.execute("CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT)");
  await session.execute(
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer ON DELETE CASCADE)",
  );
  await session.execute("INSERT INTO customer VALUES (1, 'Ann'), (2, 'Ben')");
  await session.execute("INSERT INTO orders VALUES (10, 1), (11, 1), (12, 2)");
  return session;
}

async function inTransaction(session: Session, ...statements: string[]): Promise<void> {
  await session.begin();
  for (const statement of statements) await session.execute(statement);
  await session.commit();
}

test("a missing file is made by the first write, not by a look", async (t) => {
  const path = join(scratch(t), "a.db");
  const session = await openFor(t, path);
  assert.equal(await store.version(session), null);
  await session.reset();
  await session.query("SELECT 1");
  assert.equal(existsSync(path), false);
  const other = await openFor(t, path);
  await other.execute("CREATE TABLE t (a)");
  assert.deepEqual(await session.query("SELECT name FROM sqlite_schema"), [{ name: "t" }]);
});

test("integers of 64 bits are exact, both ways", async (t) => {
  const session = await openFor(t, ":memory:");
  await session.execute("CREATE TABLE t (a INTEGER, b ANY) STRICT");
  const values = [9223372036854775807n, -9223372036854775808n, 9007199254740993n, 1n];
  for (const value of values)
    assert.equal(await session.run("INSERT INTO t VALUES (?, ?)", [value, value]), 1);
  await session.run("INSERT INTO t VALUES (?, ?)", [7, true]);
  assert.deepEqual(await session.query("SELECT a, b, typeof(b) AS type FROM t"), [
    ...values.map((value) => ({ a: value, b: value, type: "integer" })),
    { a: 7n, b: 1n, type: "integer" },
  ]);
  const bytes = new Uint8Array([0, 255]);
  assert.deepEqual(await session.query("SELECT ? AS a, ? AS b, ? AS c", [bytes, null, 1.5]), [
    { a: bytes, b: null, c: 1.5 },
  ]);
});

test("the rows affected are told for changes only", async (t) => {
  const session = await openFor(t, ":memory:");
  assert.equal(await session.execute("CREATE TABLE t (a)"), null);
  assert.equal(await session.execute("INSERT INTO t VALUES (1), (2)"), 2);
  assert.equal(await session.execute("CREATE TABLE u (a)"), null);
  assert.equal(await session.execute("UPDATE t SET a = 3 RETURNING a"), 2);
  assert.equal(await session.execute("DELETE FROM t WHERE a = 9"), 0);
});

test("a second statement in one text is refused, not dropped", async (t) => {
  const session = await openFor(t, ":memory:");
  await session.execute("CREATE TABLE t (a); -- the end\n /* really */");
  await assert.rejects(session.execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"), {
    code: "GW9001",
  });
  assert.deepEqual(await session.query("SELECT * FROM t"), []);
});

test("a busy database is waited for within the bound, and the process stays awake", async (t) => {
  const path = join(scratch(t), "a.db");
  const session = await openFor(t, path);
  await session.execute("CREATE TABLE t (a)");
  const other = child(t, path, `await session.begin(); await say("locked"); await hear();`);
  assert.equal(await other.line(), "locked");
  await session.limit({ lockTimeoutMs: 300, statementTimeoutMs: 0 });
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 10);
  const start = performance.now();
  assert.equal(await kindOf(session.begin()), "lock-timeout");
  const waitedMs = performance.now() - start;
  assert.ok(waitedMs >= 300 && waitedMs < 3_000, `waited ${waitedMs} ms`);
  assert.ok(ticks >= 5, `${ticks} ticks`);
  clearInterval(ticking);
  assert.equal(await kindOf(session.execute("INSERT INTO t VALUES (1)")), "lock-timeout");

  await session.limit({ lockTimeoutMs: 0, statementTimeoutMs: 0 });
  const waiting = kindOf(session.begin());
  await session.cancel();
  assert.equal(await waiting, "cancelled");
  const patient = session.begin();
  await other.kill();
  await patient;
  await session.commit();
  const closing = kindOf(Promise.all([session.close(), session.query("SELECT 1")]));
  assert.equal(await closing, "connection-lost");
});

test("the rebuild of a parent table keeps its children", async (t) => {
  const session = await shop(t);
  await inTransaction(
    session,
    "CREATE TABLE customer_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "INSERT INTO customer_new SELECT * FROM customer",
    "DROP TABLE customer",
    "ALTER TABLE customer_new RENAME TO customer",
  );
  assert.deepEqual(
    await session.query("SELECT count(*) AS n FROM orders JOIN customer c ON c.id = customer"),
    [{ n: 3n }],
  );
});

test("a newly broken reference is refused and rolled back", async (t) => {
  const session = await shop(t);
  await assert.rejects(inTransaction(session, "DELETE FROM customer WHERE id = 2"), {
    code: "GW6004",
    details: { violations: [{ table: "orders", rowid: "12", parent: "customer" }], count: 1 },
  });
  assert.deepEqual(await session.query("SELECT count(*) AS n FROM customer"), [{ n: 2n }]);
  await assert.rejects(inTransaction(session, "DROP TABLE customer"), { code: "GW6004" });
  await session.begin();
  await session.run("UPDATE orders SET customer = ? WHERE id = 10", [99]);
  await assert.rejects(session.commit(), { code: "GW6004" });
  // The rebuilt parent has lost its key: SQLite can't even check the references.
  await assert.rejects(
    inTransaction(
      session,
      "CREATE TABLE c2 (id INTEGER)",
      "DROP TABLE customer",
      "ALTER TABLE c2 RENAME TO customer",
    ),
    { code: "GW6004" },
  );
  await session.begin();
  await session.commit();
});

test("references that were broken before do not stop a migration", async (t) => {
  const session = await shop(t);
  await session.execute("INSERT INTO orders VALUES (13, 77)");
  await inTransaction(session, "UPDATE customer SET name = upper(name)");
  await assert.rejects(inTransaction(session, "INSERT INTO orders VALUES (14, 78)"), {
    details: { violations: [{ table: "orders", rowid: "14", parent: "customer" }], count: 1 },
  });
});

test("a reset takes back what a migration set", async (t) => {
  const session = await shop(t);
  await session.execute("PRAGMA foreign_keys = ON");
  await session.execute("ATTACH ':memory:' AS other");
  await session.execute("CREATE TEMP TABLE scratch (a)");
  await session.begin();
  await session.execute("INSERT INTO customer VALUES (3, 'Cy')");
  await session.reset();
  assert.deepEqual(await session.query("PRAGMA foreign_keys"), [{ foreign_keys: 0n }]);
  assert.deepEqual(await session.query("SELECT name FROM pragma_database_list"), [{ name: "main" }]);
  assert.deepEqual(await session.query("SELECT count(*) AS n FROM customer"), [{ n: 2n }]);
});

test("files that cannot be used are told apart", async (t) => {
  const folder = scratch(t);
  chmodSync(folder, 0o755);
  const file = (name: string) => join(folder, name);
  writeFileSync(file("text.db"), "this is no database, whatever its name says\n".repeat(100));
  await assert.rejects(openAt(file("text.db")), { errcode: 26 });
  assert.match(
    errors.classify(await openAt(file("text.db")).catch((error: unknown) => error)).native,
    /NOTADB/,
  );
  assert.equal(await kindOf(openAt(join(folder, "no", "a.db"))), "unreachable");
  const damaged = await openAt(file("damaged.db"));
  await damaged.execute("CREATE TABLE t (a)");
  await damaged.execute("INSERT INTO t VALUES (zeroblob(100000))");
  await damaged.close();
  writeFileSync(file("damaged.db"), readFileSync(file("damaged.db")).fill(0x55, 4096));
  const broken = await openAt(file("damaged.db"));
  const failure: unknown = await broken
    .query("SELECT sum(length(a)) FROM t")
    .catch((error: unknown) => error);
  assert.match(errors.classify(failure).native, /CORRUPT/);
  await broken.close();
  assert.equal(await kindOf(openAt(folder)), "unreachable");
  assert.equal(await kindOf(openAt(file("none.db"), 0, { mode: "ro" })), "unreachable");

  const made = await openAt(file("a.db"));
  await made.execute("CREATE TABLE t (a)");
  await made.close();
  const reading = await openAt(file("a.db"), 0, { mode: "ro" });
  assert.equal(await kindOf(reading.execute("INSERT INTO t VALUES (1)")), "read-only");
  assert.equal((await connect.facts(reading)).readOnly, true);
  await reading.close();

  writeFileSync(file("secret.db"), "");
  chmodSync(file("secret.db"), 0);
  chmodSync(file("a.db"), 0o444);
  mkdirSync(file("closed"), { mode: 0o555 });
  // Root may write everywhere, so another user tries.
  const nobody = child(
    t,
    ":memory:",
    `const tell = async (name) => {
       const kind = (error) => errors.classify(error).kind;
       const opened = await openAt(${JSON.stringify(folder)} + name).catch(kind);
       const { readOnly } = opened.id ? await connect.facts(opened) : {};
       return [opened.id ? await opened.begin().then(() => opened.execute("INSERT INTO t VALUES (1)")).catch(kind) : opened, readOnly];
     };
     await say(JSON.stringify([await tell("/secret.db"), await tell("/a.db"), await tell("/closed/a.db")]));`,
    process.geteuid?.() === 0 ? 65_534 : undefined,
  );
  assert.deepEqual(JSON.parse((await nobody.line()) ?? ""), [
    ["permission", null],
    ["read-only", true],
    ["unreachable", true],
  ]);
});

test("a full database and SQL errors have their kinds", async (t) => {
  const session = await openFor(t, ":memory:");
  await session.execute("CREATE TABLE t (a UNIQUE)");
  await session.execute("INSERT INTO t VALUES (1)");
  assert.equal(await kindOf(session.execute("SELEC 1")), "syntax");
  assert.equal(await kindOf(session.execute("CREATE TABLE t (a)")), "duplicate-object");
  assert.equal(await kindOf(session.execute("ALTER TABLE t ADD COLUMN a")), "duplicate-object");
  assert.equal(await kindOf(session.query("SELECT * FROM none")), "missing-object");
  assert.equal(await kindOf(session.execute("INSERT INTO t VALUES (1)")), "constraint");
  await session.execute("PRAGMA max_page_count = 4");
  assert.equal(await kindOf(session.execute("INSERT INTO t VALUES (zeroblob(100000))")), "disk-full");
});

test("the ledger's tables are made once, and its version read", async (t) => {
  const session = await openFor(t, ":memory:");
  assert.equal(await store.version(session), null);
  for (const statement of store.scripts[0] ?? []) await session.execute(statement);
  assert.equal(await store.version(session), 0);
  await session.run(`INSERT INTO ${store.table("ledger")} VALUES (?, ?, ?)`, [
    1,
    "2026-01-31T00:00:00.000Z",
    "x",
  ]);
  assert.equal(await store.version(session), 1);
});
