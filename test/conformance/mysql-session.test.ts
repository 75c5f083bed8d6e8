import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ErrorKind, Session } from "../../src/engines/engine.ts";
import { connect } from "../../src/engines/mysql/connect.ts";
import { errors } from "../../src/engines/mysql/errors.ts";
import { lock } from "../../src/engines/mysql/lock.ts";
import { probe } from "../../src/engines/mysql/probe.ts";
import { store } from "../../src/engines/mysql/store.ts";
import { administer } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { mysqlTargets, withPlace, type Place } from "./mysql-roles.ts";

async function kindOf(work: Promise<unknown>): Promise<ErrorKind | "none"> {
  return work.then(
    () => "none" as const,
    (error: unknown) => errors.classify(error).kind,
  );
}

/** Reads enough rows to last for seconds, and can be stopped at any of them. */
const long = `SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c
  WHERE a.COLUMN_NAME = b.COLUMN_NAME AND b.COLUMN_NAME <> c.COLUMN_NAME`;
const slowRows = `INSERT INTO slow WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)
  SELECT a.i + b.i FROM n a, n b, n c`;

async function busy(observer: Session, session: Session): Promise<void> {
  await until(async () => (await probe.activity?.(observer, session.id))?.idle === false);
}

for (const { name, skip } of mysqlTargets) {
  describe(`mysql session on ${name}`, { skip }, () => {
    const place = (title: string, use: (place: Place) => Promise<void>) =>
      test(title, () => withPlace(name, use));

    place("facts tell server, database and clock", async ({ open, target, mariaDb }) => {
      const facts = await connect.facts(await open());
      assert.equal(facts.product, mariaDb ? "MariaDB" : "MySQL");
      assert.match(facts.version, /^(MariaDB|MySQL) \d+\.\d+\.\d+$/);
      assert.equal(facts.database, target.database);
      assert.equal(facts.readOnly, false);
      assert.notEqual(facts.identity, "");
      assert.match(facts.now, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.ok(Math.abs(Date.parse(facts.now) - Date.now()) < 60_000);
    });

    place("what looks after tables fails where its rows say so", async ({ open }) => {
      const [session, other] = [await open({ lockTimeoutMs: 1_000 }), await open()];
      await session.execute("CREATE TABLE t (id int)");
      await session.execute("CREATE VIEW v AS SELECT 1");
      for (const sql of ["OPTIMIZE", "ANALYZE", "CHECK", "REPAIR"]) {
        assert.equal(await kindOf(session.execute(`${sql} TABLE t`)), "none", sql);
        assert.equal(await kindOf(session.execute(`/* x */ ${sql} TABLE t, nowhere`)), "missing-object", sql);
        assert.equal(
          await kindOf(session.execute(`/*!40000 ${sql} TABLE nowhere */`)),
          "missing-object",
          sql,
        );
      }
      await assert.rejects(session.execute("OPTIMIZE TABLE v"), /\.v: .*BASE TABLE/);
      const report = "'t' AS `Table`, 'check' AS Op, 'Error' AS Msg_type, 'x' AS Msg_text";
      assert.equal(await kindOf(session.execute(`SELECT ${report}`)), "none");
      await other.begin();
      await other.query("SELECT * FROM t");
      assert.equal(await kindOf(session.execute("OPTIMIZE TABLE t")), "lock-timeout");
      await other.rollback();
      assert.equal(await kindOf(session.execute("OPTIMIZE TABLE t")), "none");
    });

    place("values go there and back unchanged", async ({ open }) => {
      const session = await open();
      await session.execute(
        `CREATE TABLE v (id int PRIMARY KEY, i bigint, u bigint unsigned, d decimal(30,10), s text CHARACTER SET utf8mb4, b blob, t datetime(3), f double)`,
      );
      const text = `a'b"c\\d?\n${String.fromCodePoint(0x1f986)}`;
      const bytes = Buffer.from([0, 1, 39, 92, 255]);
      const when = new Date("2026-01-31T09:30:00.123Z");
      const sent = [
        1,
        -9223372036854775808n,
        18446744073709551615n,
        "12345678901234567890.0123456789",
        text,
        bytes,
        when,
        0.1,
      ];
      assert.equal(await session.run("INSERT INTO v VALUES (?, ?, ?, ?, ?, ?, ?, ?)", sent), 1);
      for (const rows of [
        await session.query("SELECT * FROM v"),
        await session.query("SELECT * FROM v WHERE id = ?", [1]),
      ]) {
        const [row] = rows;
        assert.equal(row?.["i"], "-9223372036854775808");
        assert.equal(row?.["u"], "18446744073709551615");
        assert.equal(row?.["d"], "12345678901234567890.0123456789");
        assert.equal(row?.["s"], text);
        assert.deepEqual(Buffer.from(row?.["b"] as Uint8Array), bytes);
        assert.equal(row?.["t"], "2026-01-31 09:30:00.123");
        assert.equal(row?.["f"], 0.1);
      }
      assert.equal((await session.query("SELECT * FROM v LIMIT ?", [1])).length, 1);
    });

    place("parameters are no SQL, whatever sql_mode says", async ({ open }) => {
      const session = await open();
      await session.execute("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'");
      const hostile = "\\' OR 1=1 -- ";
      assert.deepEqual(await session.query("SELECT ? AS s", [hostile]), [{ s: hostile }]);
    });

    place("one statement at a time, and no file of the client", async ({ open }) => {
      const session = await open();
      assert.equal(await kindOf(session.execute("SELECT 1; SELECT 2")), "syntax");
      await session.execute("CREATE TABLE f (a text)");
      assert.notEqual(
        await kindOf(session.execute("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE f")),
        "none",
      );
      assert.deepEqual(await session.query("SELECT COUNT(*) AS n FROM f WHERE a IS NOT NULL"), [
        { n: await zero(session) },
      ]);
    });

    place("warnings reach onNotice", async ({ open }) => {
      const notices: string[] = [];
      const session = await open({
        onNotice: (severity, message) => notices.push(`${severity}: ${message}`),
      });
      await session.execute("DROP TABLE IF EXISTS nowhere");
      assert.equal(notices.length, 1);
      assert.match(notices[0] ?? "", /^Note: Unknown table .*nowhere.* \(1051\)$/);
    });

    place("transactions commit and roll back", async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE t (a int)");
      for (const end of ["rollback", "commit"] as const) {
        await session.begin();
        await session.run("INSERT INTO t VALUES (?)", [1]);
        await session[end]();
      }
      assert.equal((await session.query("SELECT a FROM t")).length, 1);
    });

    place("reset puts settings back and keeps the lock", async ({ open }) => {
      const session = await open();
      const state = () =>
        session.query(
          "SELECT @@sql_mode m, @@foreign_key_checks f, @@autocommit a, @@collation_connection c, @@time_zone z, @@lock_wait_timeout l, @@unique_checks u, CURRENT_ROLE() r",
        );
      const before = await state();
      assert.equal(await lock.tryAcquire(session), true);
      await session.execute(
        "SET SESSION sql_mode = '', foreign_key_checks = 0, autocommit = 0, unique_checks = 0, time_zone = '+05:00', lock_wait_timeout = 77, timestamp = 1",
      );
      await session.execute("SET NAMES latin1");
      await session.reset();
      assert.deepEqual(await state(), before);
      const [time] = await session.query("SELECT UNIX_TIMESTAMP() > 1000 AS running");
      assert.equal(Number(time?.["running"]), 1);
      assert.equal(await lock.verify(session), true);
    });

    place("reset enters a database again that was dropped and made", async ({ open, target }) => {
      const session = await open();
      await session.execute(`DROP DATABASE ${target.database}`);
      await session.execute(`CREATE DATABASE ${target.database}`);
      await session.reset();
      assert.equal((await connect.facts(session)).database, target.database);
    });

    place("a statement ends at its time limit, and the session goes on", async ({ open }) => {
      const session = await open({ statementTimeoutMs: 300 });
      assert.equal(await kindOf(session.execute(long)), "statement-timeout");
      await session.limit({ lockTimeoutMs: 1_000, statementTimeoutMs: 0 });
      await session.execute("CREATE TABLE slow (a int)");
      await session.limit({ lockTimeoutMs: 1_000, statementTimeoutMs: 300 });
      assert.equal(await kindOf(session.execute(slowRows)), "statement-timeout");
      assert.equal((await session.query("SELECT a FROM slow")).length, 0);
    });

    place("cancel stops what runs", async ({ open }) => {
      const [session, observer] = [await open(), await open()];
      const running = kindOf(session.execute(long));
      await busy(observer, session);
      await session.cancel();
      assert.equal(await running, "cancelled");
      assert.equal((await session.query("SELECT 1 AS one")).length, 1);
    });

    place("cancel of an idle session hits nothing later", async ({ open }) => {
      const session = await open();
      await session.cancel();
      assert.equal(await kindOf(session.execute("DO SLEEP(0.05)")), "none");
    });

    place("a lock wait ends, and names whom it waits for", async ({ open }) => {
      const [holder, waiter, observer] = [await open(), await open(), await open()];
      await holder.execute("CREATE TABLE t (a int PRIMARY KEY)");
      await holder.begin();
      await holder.execute("INSERT INTO t VALUES (1)");
      await waiter.limit({ lockTimeoutMs: 2_000, statementTimeoutMs: 0 });
      const waiting = kindOf(waiter.execute("ALTER TABLE t ADD b int"));
      // InnoDB's tables show a copy that is renewed only after a tenth of a second without a reader.
      const rarely = { everyMs: 150 };
      await until(
        async () =>
          ((await probe.activity?.(observer, waiter.id))?.waitingFor ?? []).some(
            (other) => other.sessionId === holder.id,
          ),
        rarely,
      );
      assert.equal(await waiting, "lock-timeout");
      const rows = kindOf(waiter.execute("INSERT INTO t VALUES (1)"));
      await until(
        async () => (await lock.blockers(observer, waiter.id)).some((other) => other.sessionId === holder.id),
        rarely,
      );
      assert.equal(await rows, "lock-timeout");
      await holder.rollback();
    });

    place("a session that the server ended rejects every call", async ({ open }) => {
      const [session, killer] = [await open(), await open()];
      const running = kindOf(session.execute(long));
      await busy(killer, session);
      await killer.execute(`KILL ${session.id}`);
      assert.equal(await running, "connection-lost");
      for (const call of [
        session.query("SELECT 1"),
        session.execute("SELECT 1"),
        session.run("SELECT ?", [1]),
        session.begin(),
        session.reset(),
      ]) {
        assert.equal(await kindOf(call), "connection-lost");
      }
      await session.cancel();
      await session.close();
    });

    place("a session that was idle too long rejects", async ({ open }) => {
      const [session, observer] = [await open(), await open()];
      await session.execute("SET SESSION wait_timeout = 1");
      await until(async () => (await probe.activity?.(observer, session.id)) === null, {
        timeoutMs: 15_000,
      });
      assert.equal(await kindOf(session.query("SELECT 1")), "connection-lost");
    });

    place("close cuts off what is pending", async ({ open }) => {
      const [session, observer] = [await open(), await open()];
      const running = kindOf(session.execute(long));
      await busy(observer, session);
      await session.close();
      assert.equal(await running, "connection-lost");
      await observer.execute(`KILL ${session.id}`).catch(() => {});
    });

    place("failed logins have their kinds", async ({ open }) => {
      assert.equal(await kindOf(open({}, { password: "wrong" })), "authentication");
      assert.equal(await kindOf(open({}, { database: "godwit_no_such" })), "unknown-database");
      assert.equal(await kindOf(open({}, { port: 1 })), "unreachable");
      assert.equal(await kindOf(open({}, { tls: { mode: "verify-full" } })), "tls");
      assert.equal(await kindOf(open({}, { host: "/nonexistent" })), "unreachable");
    });

    place(
      "a password does not go out under a key from an open network",
      async ({ open, target, mariaDb }) => {
        if (mariaDb) return; // It has no caching_sha2_password by default.
        const user = `godwit_sha2_${target.database.slice(-12)}`;
        await administer("mysql", (sql) =>
          sql(`CREATE USER ${user}@'%' IDENTIFIED WITH caching_sha2_password BY 'sha'`),
        );
        try {
          await administer("mysql", (sql) => sql(`GRANT ALL ON ${target.database}.* TO ${user}@'%'`));
          const login = { user, password: "sha", tls: { mode: "disable" } } as const;
          // This machine's address, in a spelling that is not known to be local.
          const remote = { ...login, host: "2130706433" };
          assert.equal(await kindOf(open({}, remote)), "authentication");
          await open({}, { ...login, host: "127.0.0.1" });
          // The server has the user in its cache now: a salted hash is enough.
          assert.equal((await (await open({}, remote)).query("SELECT 1 AS one")).length, 1);
          assert.equal(await kindOf(open({}, { ...remote, password: "wrong" })), "authentication");
        } finally {
          await administer("mysql", (sql) => sql(`DROP USER ${user}@'%'`));
        }
      },
    );

    place("errors have their kinds, and syntax errors their place", async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE t (a int PRIMARY KEY)");
      await session.execute("INSERT INTO t VALUES (1)");
      const expected: [string, ErrorKind][] = [
        ["CREATE TABLE t (a int)", "duplicate-object"],
        ["ALTER TABLE t ADD a int", "duplicate-object"],
        ["DROP TABLE nowhere", "missing-object"],
        ["SELECT nothing FROM t", "missing-object"],
        ["INSERT INTO t VALUES (1)", "constraint"],
        ["INSERT INTO t VALUES ('x')", "constraint"],
        ["SELEC 1", "syntax"],
      ];
      for (const [sql, kind] of expected) assert.equal(await kindOf(session.execute(sql)), kind, sql);
      const duck = String.fromCodePoint(0x1f986);
      const error = await session
        .execute(`SELECT '${duck}',\n  1 FORM t WHERE a = 1`)
        .catch((thrown: unknown) => thrown);
      // "FORM" is read as an alias, so the error lies behind it; the duck counts as one.
      assert.equal(errors.classify(error).position, `SELECT 'x',\n  1 FORM `.length);
    });

    place("the run lock is one session's, and dies with it", async ({ open }) => {
      const [first, second] = [await open({ tag: "godwit first" }), await open()];
      assert.equal(await lock.holder(second), null);
      assert.equal(await lock.tryAcquire(first), true);
      assert.equal(await lock.tryAcquire(first), true);
      assert.equal(await lock.tryAcquire(second), false);
      assert.deepEqual([await lock.verify(first), await lock.verify(second)], [true, false]);
      assert.equal((await lock.holder(second))?.sessionId, first.id);
      await lock.release(first);
      assert.equal(await lock.verify(first), false);
      assert.equal(await lock.tryAcquire(second), true);
      await second.close();
      await until(() => lock.tryAcquire(first));
    });

    place("the ledger's scripts can be repeated", async ({ open }) => {
      const session = await open();
      assert.equal(await store.version(session), null);
      for (let i = 0; i < 2; i++) for (const sql of store.scripts.flat()) await session.execute(sql);
      await session.run(`INSERT INTO ${store.table("ledger")} (version, applied_at, tool) VALUES (?, ?, ?)`, [
        1,
        "now",
        "t",
      ]);
      assert.equal(await store.version(session), 1);
      // A condition that finds its row counts it, changed or not: the epoch check relies on that.
      const same = `UPDATE ${store.table("ledger")} SET tool = ? WHERE version = ?`;
      assert.equal(await session.run(same, ["t", 1]), 1);
      assert.equal(await session.run(same, ["t", 2]), 0);
      await session.execute(`ALTER TABLE ${store.table("ledger")} RENAME COLUMN version TO other`);
      await assert.rejects(store.version(session));
    });
  });
}

async function zero(session: Session): Promise<unknown> {
  return (await session.query("SELECT COUNT(*) AS n FROM information_schema.TABLES WHERE 1 = 0"))[0]?.["n"];
}
