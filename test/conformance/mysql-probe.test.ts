import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import type { Effect, ObjectName } from "../../src/core/plan.ts";
import type { Session } from "../../src/engines/engine.ts";
import { lock } from "../../src/engines/mysql/lock.ts";
import { probe } from "../../src/engines/mysql/probe.ts";
import { syntax } from "../../src/engines/mysql/syntax.ts";
import { administer } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { mysqlTargets, withPlace, type Place } from "./mysql-roles.ts";

const of = (kind: ObjectName["kind"], ...names: string[]): Effect => ({
  type: "definition",
  objects: names.map((name) => ({ kind, name })),
});
const tables = (...names: string[]) => of("table", ...names);

/** Statement by statement, each on what those before it left. */
const steps: readonly { sql: string; effect: Effect; setup?: string[]; only?: "mariadb" }[] = [
  { sql: "CREATE TABLE a (id int AUTO_INCREMENT PRIMARY KEY, x int)", effect: tables("a") },
  { sql: "ALTER TABLE a ADD y varchar(20)", effect: tables("a"), setup: ["INSERT INTO a (x) VALUES (1)"] },
  { sql: "TRUNCATE TABLE a", effect: tables("a") },
  { sql: "ALTER TABLE a FORCE", effect: tables("a") },
  { sql: "CREATE INDEX i ON a (x)", effect: tables("a") },
  { sql: "DROP INDEX i ON a", effect: of("index", "i") },
  { sql: "RENAME TABLE a TO b", effect: tables("a", "b") },
  {
    sql: "RENAME TABLE b TO t, c TO b, t TO c",
    effect: tables("b", "t", "c", "b", "t", "c"),
    setup: ["CREATE TABLE c LIKE b"],
  },
  { sql: "CREATE TABLE d AS SELECT * FROM b", effect: tables("d") },
  { sql: "ALTER TABLE d RENAME TO `d-2`", effect: tables("d", "d-2") },
  { sql: "TRUNCATE `d-2`", effect: tables("d-2") },
  { sql: "DROP TABLE `d-2`, c", effect: tables("d-2", "c") },
  {
    sql: "DROP TABLE IF EXISTS nowhere, e",
    effect: tables("nowhere", "e"),
    setup: ["CREATE TABLE e (a int)"],
  },
  { sql: "CREATE TABLE h (id int) PARTITION BY HASH (id) PARTITIONS 2", effect: tables("h") },
  { sql: "ALTER TABLE h TRUNCATE PARTITION p0", effect: tables("h") },
  {
    sql: "ALTER TABLE r EXCHANGE PARTITION p0 WITH TABLE e",
    effect: tables("r", "e"),
    setup: [
      "CREATE TABLE r (id int) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10))",
      "CREATE TABLE e (id int)",
    ],
  },
  { sql: "CREATE VIEW v AS SELECT * FROM b", effect: of("view", "v") },
  { sql: "CREATE OR REPLACE VIEW v AS SELECT id FROM b", effect: of("view", "v") },
  { sql: "DROP VIEW v", effect: of("view", "v"), setup: ["RENAME TABLE b TO gone"] },
  { sql: "CREATE PROCEDURE p(a int) BEGIN SELECT a; END", effect: of("routine", "p") },
  { sql: "DROP PROCEDURE p", effect: of("routine", "p") },
  { sql: "CREATE FUNCTION f(a int) RETURNS int DETERMINISTIC RETURN a + 1", effect: of("routine", "f") },
  { sql: "CREATE TRIGGER g BEFORE INSERT ON gone FOR EACH ROW SET NEW.x = 1", effect: of("trigger", "g") },
  { sql: "CREATE EVENT w ON SCHEDULE EVERY 1 DAY DO SET @x = 1", effect: of("event", "w") },
  { sql: "ALTER EVENT w DISABLE", effect: of("event", "w") },
  { sql: "CREATE SEQUENCE s", effect: of("sequence", "s"), only: "mariadb" },
  { sql: "ALTER SEQUENCE s MAXVALUE 77", effect: of("sequence", "s"), only: "mariadb" },
];

/** Done twice, each would lose what was stored in between, or put back what it changed. */
const sameAfter: readonly { sql: string; setup: string[]; only?: "mariadb" }[] = [
  {
    setup: ["CREATE TABLE z (id int AUTO_INCREMENT PRIMARY KEY, c int, d int)"],
    sql: "ALTER TABLE z DROP COLUMN c, ADD COLUMN c int AFTER id",
  },
  { setup: [], sql: "ALTER TABLE z DROP PRIMARY KEY, DROP id, ADD id int AUTO_INCREMENT PRIMARY KEY FIRST" },
  { setup: [], sql: "ALTER TABLE z CHANGE d c int AFTER id, CHANGE c d int AFTER c" },
  { setup: ["CREATE TABLE y (c int) ENGINE=MyISAM"], sql: "TRUNCATE y" },
  { setup: [], sql: "CREATE OR REPLACE TABLE y (c int) ENGINE=MyISAM", only: "mariadb" },
  { setup: ["CREATE SEQUENCE x"], sql: "ALTER SEQUENCE x RESTART 100", only: "mariadb" },
];

/** The ledger keeps what was captured as JSON. */
async function capture(session: Session, effect: Effect): Promise<unknown> {
  return JSON.parse(JSON.stringify(await probe.capture(session, effect)));
}

const settle = (session: Session, effect: Effect, before: unknown) =>
  probe.settle(session, effect, before, () => assert.fail("nothing is cleaned up here"));

for (const { name, skip } of mysqlTargets) {
  describe(`mysql probe on ${name}`, { skip }, () => {
    const place = (title: string, use: (place: Place) => Promise<void>) =>
      test(title, () => withPlace(name, use));

    place("every kind of DDL is found done after it, and not done before it", async ({ open, mariaDb }) => {
      const [session, other] = [await open(), await open()];
      for (const { sql, effect, setup = [], only } of steps) {
        if (only === "mariadb" && !mariaDb) continue;
        for (const statement of setup) await session.execute(statement);
        const before = await capture(session, effect);
        assert.equal(await settle(session, effect, before), "not-done", sql);
        await session.execute(sql);
        assert.equal(await settle(other, effect, before), "done", sql);
      }
    });

    place("rows and counters are no difference, nor are another session's settings", async ({ open }) => {
      const [session, other] = [await open(), await open()];
      await session.execute(
        "CREATE TABLE a (id int AUTO_INCREMENT PRIMARY KEY, t timestamp NOT NULL DEFAULT '2026-01-31 09:30:00')",
      );
      const before = await capture(session, tables("a"));
      await session.execute("INSERT INTO a () VALUES (), (), ()");
      await other.execute(
        "SET SESSION sql_mode = 'ANSI_QUOTES', time_zone = '+05:00', sql_quote_show_create = 0",
      );
      assert.equal(await settle(other, tables("a"), before), "not-done");
      assert.deepEqual(await capture(other, tables("a")), before);
      const [row] = await other.query(
        "SELECT @@sql_mode AS m, @@time_zone AS z, @@sql_quote_show_create AS q",
      );
      assert.deepEqual([row?.["m"], row?.["z"], Number(row?.["q"])], ["ANSI_QUOTES", "+05:00", 0]);
    });

    place("a drop that stopped between its tables is for a person to decide", async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE a (x int)");
      await session.execute("CREATE TABLE b (x int)");
      const before = await capture(session, tables("a", "b"));
      await session.execute("DROP TABLE a");
      assert.equal(await settle(session, tables("a", "b"), before), "unknown");
    });

    place("without PROCESS an exchange of tables is not guessed", async ({ open, target }) => {
      const admin = await open();
      await admin.execute("CREATE TABLE a (x int)");
      await admin.execute("CREATE TABLE b LIKE a");
      const user = `godwit_weak_${target.database.slice(-12)}`;
      const account = `${user}@'%'`;
      await administer(name as "mysql", (sql) => sql(`CREATE USER ${account} IDENTIFIED BY 'weak'`));
      try {
        await administer(name as "mysql", (sql) => sql(`GRANT ALL ON ${target.database}.* TO ${account}`));
        const session = await open({}, { user, password: "weak" });
        const swap = tables("a", "t", "b", "a", "t", "b");
        const before = await capture(session, swap);
        await session.execute("RENAME TABLE a TO t, b TO a, t TO b");
        assert.equal(await settle(session, swap, before), "unknown");
        const one = await capture(session, tables("a"));
        assert.equal(await settle(session, tables("a"), one), "not-done");
        assert.equal(await lock.tryAcquire(admin), true);
        assert.equal((await lock.holder(session))?.sessionId, admin.id);
      } finally {
        await administer(name as "mysql", (sql) => sql(`DROP USER ${account}`));
      }
    });

    place("what looks the same after it is never said to be not done", async ({ open, mariaDb }) => {
      const session = await open();
      for (const { setup, sql, only } of sameAfter) {
        if (only === "mariadb" && !mariaDb) continue;
        for (const statement of setup) await session.execute(statement);
        const { effect } = syntax.statements(sql, "f.sql")[0]!;
        const before = await capture(session, effect);
        assert.equal(await settle(session, effect, before), "unknown", sql);
        await session.execute(sql);
        assert.notEqual(await settle(session, effect, before), "not-done", sql);
      }
    });

    place("OR REPLACE is told by the identity of what is there", async ({ open, mariaDb }) => {
      if (!mariaDb) return;
      const session = await open();
      for (const sql of ["CREATE OR REPLACE TABLE t (a int)", "CREATE OR REPLACE SEQUENCE s"]) {
        await session.execute(sql);
        const { effect } = syntax.statements(sql, "f.sql")[0]!;
        const before = await capture(session, effect);
        assert.equal(await settle(session, effect, before), "not-done", sql);
        await session.execute(sql);
        assert.equal(await settle(session, effect, before), "done", sql);
        await session.execute(sql.includes("TABLE") ? "DROP TABLE t" : "DROP SEQUENCE s");
        assert.equal(await settle(session, effect, before), "unknown", sql);
      }
    });

    place("opaque, repeatable and transactional effects", async ({ open }) => {
      const session = await open();
      for (const [type, settlement] of [
        ["opaque", "unknown"],
        ["repeatable", "not-done"],
        ["transactional", "not-done"],
      ] as const) {
        assert.equal(await probe.capture(session, { type }), null);
        assert.equal(await settle(session, { type }, null), settlement);
      }
    });

    place("a killed client's statement goes on, holds the lock, and is seen", async ({ open, target }) => {
      const observer = await open();
      await observer.execute("CREATE TABLE big (id int AUTO_INCREMENT PRIMARY KEY, t varchar(200))");
      await observer.execute("INSERT INTO big (t) VALUES (REPEAT('x', 200))");
      for (let i = 0; i < 17; i++) await observer.execute("INSERT INTO big (t) SELECT t FROM big");
      const alter = "ALTER TABLE big ADD y int NOT NULL DEFAULT 7, ALGORITHM=COPY";
      const before = await capture(observer, tables("big"));
      const client = spawn(process.execPath, ["--input-type=module-typescript", "-e", clientSource], {
        env: { ...process.env, TARGET: JSON.stringify(target), STATEMENT: alter },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [line] = (await once(client.stdout, "data")) as [Buffer];
      const id = line.toString().trim();
      await until(async () => (await probe.activity?.(observer, id))?.idle === false);
      client.kill("SIGKILL");
      await once(client, "exit");
      // The server notices a dead client only when it has something to tell it.
      assert.equal((await lock.holder(observer))?.sessionId, id);
      assert.equal(await lock.tryAcquire(observer), false);
      assert.equal((await probe.activity?.(observer, id))?.idle, false);
      await until(() => lock.tryAcquire(observer), { timeoutMs: 60_000 });
      assert.equal(await probe.activity?.(observer, id), null);
      assert.equal(await settle(observer, tables("big"), before), "done");
    });
  });
}

const clientSource = `
  const { connect } = await import(${JSON.stringify(new URL("../../src/engines/mysql/connect.ts", import.meta.url).href)});
  const { lock } = await import(${JSON.stringify(new URL("../../src/engines/mysql/lock.ts", import.meta.url).href)});
  const session = await connect.open(JSON.parse(process.env.TARGET), { tag: "godwit killed", connectTimeoutMs: 5000, lockTimeoutMs: 5000, statementTimeoutMs: 0 });
  await lock.tryAcquire(session);
  const running = session.execute(process.env.STATEMENT);
  console.log(session.id);
  await running;
`;
