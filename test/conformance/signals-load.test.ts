import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import type { QueryLatency, Session, SignalQuestions, Signals } from "../../src/engines/engine.ts";
import { loadEngine } from "../../src/engines/registry.ts";
import { withReplication } from "../support/replication.ts";
import { target, withDatabase } from "../support/servers.ts";
import { until as look, type UntilOptions } from "../support/until.ts";

/*
 * What real servers say of their load. On those of the pairs nobody else works, so that figures can be exact; MySQL
 * is shared with other tests.
 */

/** MariaDB shows InnoDB's transactions as they were, to those who ask again within a tenth of a second. */
const until: typeof look = (condition, options: UntilOptions = {}) =>
  look(condition, { everyMs: 120, ...options });

interface Scene {
  readonly open: () => Promise<Session>;
  readonly sample: (questions?: Partial<SignalQuestions>) => Promise<Signals>;
}

async function withScene(id: "postgres" | "mysql", url: string, use: (scene: Scene) => Promise<void>) {
  const engine = await loadEngine(id);
  const opened: Session[] = [];
  const open = async () => {
    const session = await engine.connect.open(parseConnectionUrl(url), {
      tag: "godwit test",
      connectTimeoutMs: 5_000,
      lockTimeoutMs: 60_000,
      statementTimeoutMs: 60_000,
    });
    opened.push(session);
    return session;
  };
  try {
    const guard = await open();
    await use({
      open,
      sample: (questions = {}) =>
        engine.signals!.sample(guard, {
          ownSessions: [],
          queries: [],
          heartbeat: null,
          replicas: [],
          ...questions,
        }),
    });
  } finally {
    await Promise.all(opened.map((session) => session.close()));
  }
}

type Use = (scene: Scene) => Promise<void>;
const places: Readonly<Record<string, (t: TestContext, use: Use) => Promise<void>>> = {
  PostgreSQL: (t, use) =>
    withReplication(
      "postgres",
      (reason) => t.skip(reason),
      ({ primary }) => withScene("postgres", primary, use),
    ),
  MariaDB: (t, use) =>
    withReplication(
      "mariadb",
      (reason) => t.skip(reason),
      ({ primary }) => withScene("mysql", primary, use),
    ),
  MySQL: async (t, use) => {
    const { skip } = target("mysql");
    if (skip !== false) return t.skip(skip);
    await withDatabase("mysql", (url) => withScene("mysql", url, use));
  },
};

/** What was read; fails with the reason where it could not be. */
function valueOf<T>(reading: { readonly value: T } | { readonly unknown: string } | undefined): T {
  assert.ok(reading !== undefined && "value" in reading, JSON.stringify(reading));
  return reading.value;
}

for (const [name, within] of Object.entries(places)) {
  test(name, (t) =>
    within(t, async ({ open, sample }) => {
      await t.test("those who wait because of us are counted, and no others", async () => {
        const [ours, theirs, first, second, other, reader] = await Promise.all([
          open(),
          open(),
          open(),
          open(),
          open(),
          open(),
        ]);
        await ours.execute("DROP TABLE IF EXISTS queue");
        await ours.execute("CREATE TABLE queue (id int PRIMARY KEY, n int)");
        await ours.execute("INSERT INTO queue VALUES (1, 0), (2, 0)");
        const update = (id: number) => `UPDATE queue SET n = n + 1 WHERE id = ${id}`;
        const waitersOf = async (session: Session) => {
          const { waiters, longestMs } = valueOf((await sample({ ownSessions: [session.id] })).lockWaiters);
          return { ids: waiters.map(({ sessionId }) => sessionId).sort(), longestMs };
        };

        await ours.begin();
        await ours.execute(update(1));
        await theirs.begin();
        await theirs.execute(update(2));
        assert.deepEqual(await waitersOf(ours), { ids: [], longestMs: 0 });
        const waiting = [first.execute(update(1)), other.execute(update(2))];
        // The second of the queue waits behind the first one.
        await until(async () => (await waitersOf(ours)).ids.length === 1);
        waiting.push(second.execute(update(1)));
        const queue = [first.id, second.id].sort();
        await until(async () => (await waitersOf(ours)).ids.length === 2, { what: "two wait for us" });
        assert.deepEqual((await waitersOf(ours)).ids, queue);
        assert.deepEqual((await waitersOf(theirs)).ids, [other.id]);
        const { longestMs } = await waitersOf(ours);
        await until(async () => (await waitersOf(ours)).longestMs > longestMs, { what: "the wait grows" });
        assert.deepEqual((await waitersOf(reader)).ids, []);
        const [waiter] = valueOf((await sample({ ownSessions: [theirs.id] })).lockWaiters).waiters;
        assert.match(String(waiter?.statement), /^UPDATE queue/);
        await ours.rollback();
        await theirs.rollback();
        await Promise.all(waiting);
        await until(async () => (await waitersOf(ours)).ids.length === 0, { what: "nobody waits for us" });

        // Whoever comes while we wait for the table waits for us: it could be had beside the reader.
        await reader.begin();
        await reader.query("SELECT * FROM queue");
        const change = ours.execute("ALTER TABLE queue ADD COLUMN more int");
        const waits =
          name === "PostgreSQL"
            ? `SELECT 1 FROM pg_locks WHERE pid = ${ours.id} AND NOT granted`
            : `SELECT 1 FROM information_schema.processlist WHERE ID = ${ours.id} AND STATE LIKE 'Waiting for%metadata lock'`;
        await until(async () => (await other.query(waits)).length > 0, { what: "we wait" });
        // MariaDB without its plugin does not tell what an idle session holds.
        if (name === "MariaDB") {
          assert.deepEqual((await waitersOf(reader)).ids, []);
          await other.execute("INSTALL SONAME 'metadata_lock_info'");
        }
        const behindReader = (await waitersOf(reader)).ids;
        if (name === "MariaDB") await other.execute("UNINSTALL SONAME 'metadata_lock_info'");
        assert.deepEqual(behindReader, [ours.id]);
        const read = first.query("SELECT n FROM queue");
        assert.deepEqual(await until(async () => nonEmpty((await waitersOf(ours)).ids)), [first.id]);
        await reader.commit();
        await Promise.all([change, read]);
      });

      await t.test("statements and transactions of others", async () => {
        const [ours, other] = await Promise.all([open(), open()]);
        const busy = name === "PostgreSQL" ? "SELECT pg_sleep(30)" : "SELECT SLEEP(30)";
        const questions = { ownSessions: [ours.id] };
        const own = ours.execute(busy).catch(() => {});
        const theirs = other.execute(busy).catch(() => {});
        // Others may work on the server as well: what one session adds is told by leaving it out.
        const active = async (...ownSessions: string[]) =>
          valueOf((await sample({ ownSessions })).activeQueries);
        await until(
          async () => {
            const [all, withoutOurs, withoutBoth] = [
              await active(),
              await active(ours.id),
              await active(ours.id, other.id),
            ];
            return all === withoutOurs + 1 && withoutOurs === withoutBoth + 1;
          },
          { what: "each statement is counted once, and ours only where it is not left out" },
        );
        await Promise.all([ours.cancel(), other.cancel()]);
        await Promise.all([own, theirs]);

        await ours.execute("DROP TABLE IF EXISTS aged");
        await ours.execute("CREATE TABLE aged (id int)");
        await other.begin();
        await other.execute("INSERT INTO aged VALUES (1)");
        const ageMs = await until(
          async () => valueOf((await sample(questions)).oldestTransactionMs) || null,
          { what: "its transaction has an age" },
        );
        // The servers of the pairs are hours away from UTC, and nobody else's transaction is so old.
        assert.ok(ageMs < 600_000, String(ageMs));
        if (name !== "MySQL") {
          await until(
            async () =>
              valueOf((await sample({ ownSessions: [ours.id, other.id] })).oldestTransactionMs) === 0,
            { what: "no transaction but ours and the other one" },
          );
        }
        await other.rollback();
      });

      await t.test("latencies of named queries, counted by the server or timed", async () => {
        const session = await open();
        if (name === "PostgreSQL") await session.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
        if (name === "MySQL") {
          // It may be full of the statements of other tests, and then says so of what is not among them.
          const statistics = "performance_schema.events_statements_summary_by_digest";
          const [row] = await session.query(`SELECT COUNT(*) AS n FROM ${statistics} WHERE DIGEST IS NULL`);
          const [latency] = valueOf(
            (await sample({ queries: [{ name: "absent", like: "a text of nobody" }] })).latencies,
          );
          if (Number(row?.n) > 0) assert.match(String(latency?.unknown), /which are full/);
          else assert.equal(latency?.calls, 0);
          await session.execute(`TRUNCATE TABLE ${statistics}`);
        }
        await session.execute("DROP TABLE IF EXISTS watched");
        await session.execute("CREATE TABLE watched (id int)");
        const sleep = name === "PostgreSQL" ? "pg_sleep(0.03)" : "SLEEP(0.03)";
        const queries = [
          {
            name: "counted",
            like: name === "PostgreSQL" ? "count(*) FROM watched" : "COUNT ( * ) FROM `watched`",
          },
          { name: "timed", probe: `SELECT ${sleep}` },
          { name: "two", probe: "SELECT 1; DROP TABLE watched" },
          { name: "writes", probe: "WITH w AS (SELECT 1) DELETE FROM watched" },
          { name: "neither" },
        ];
        const latencies = async () => {
          const found = valueOf((await sample({ queries })).latencies);
          assert.deepEqual(
            found.map((latency) => latency.name),
            queries.map((query) => query.name),
          );
          return new Map(found.map((latency) => [latency.name, latency]));
        };
        const run = () => session.query(`SELECT ${sleep}, count(*) FROM watched`);
        const before = (await latencies()).get("counted") as QueryLatency;
        for (let n = 0; n < 3; n++) await run();
        const after = await latencies();
        const counted = after.get("counted") as QueryLatency;
        assert.equal(counted.calls! - before.calls!, 3);
        assert.ok(counted.totalMs! - before.totalMs! >= 90, JSON.stringify(counted));
        if (name === "PostgreSQL") assert.ok(counted.squaresMs2! - (before.squaresMs2 ?? 0) >= 2_600);
        if (name === "MySQL") {
          const calls = ({ histogram = [] }: QueryLatency) =>
            histogram.filter(({ upToMs }) => upToMs >= 30).reduce((sum, bucket) => sum + bucket.calls, 0);
          assert.equal(calls(counted) - calls(before), 3);
        }
        const timed = after.get("timed")?.elapsedMs ?? 0;
        assert.ok(timed >= 29, String(timed));
        assert.match(String(after.get("two")?.unknown), /more than one statement/);
        assert.match(String(after.get("writes")?.unknown), /read-only|READ ONLY|syntax/i);
        assert.match(String(after.get("neither")?.unknown), /neither/);
        assert.equal((await session.query("SELECT count(*) AS n FROM watched")).length, 1);
      });

      await t.test("log and disk as they are, and statements that fail", async () => {
        const session = await open();
        await session.execute("DROP TABLE IF EXISTS written");
        await session.execute(`CREATE TABLE written (t ${name === "PostgreSQL" ? "text" : "longtext"})`);
        const before = await sample();
        const bytes = 2_000_000;
        const text =
          name === "PostgreSQL"
            ? `(SELECT string_agg(md5(n::text), '') FROM generate_series(1, ${bytes / 32}) n)`
            : `REPEAT('godwit', ${Math.ceil(bytes / 6)})`;
        await session.execute(`INSERT INTO written VALUES (${text})`);
        const failing = 20;
        for (let n = 0; n < failing; n++) {
          await session.begin();
          await assert.rejects(session.execute("INSERT INTO written (none) VALUES (1)"));
          await session.rollback();
        }
        const after = await sample();
        const grown = valueOf(after.logBytes) - valueOf(before.logBytes);
        assert.ok(grown >= bytes && (name === "MySQL" || grown < 3 * bytes), String(grown));

        // PostgreSQL publishes a session's counts when it has been idle for a while, or ends.
        await session.close();
        const failed = valueOf(before.errors).failed;
        await until(async () => valueOf((await sample()).errors).failed >= failed + failing);

        const disk = valueOf(after.disk);
        const [folder] = await (
          await open()
        ).query(
          name === "PostgreSQL" ? "SELECT current_setting('data_directory') AS at" : "SELECT @@datadir AS at",
        );
        if (name === "MySQL") return;
        const df = execFileSync("df", ["-B1", "--output=used,avail", String(folder?.at)], {
          encoding: "utf8",
        });
        const [used = 0, available = 0] = df.trim().split("\n")[1]!.trim().split(/\s+/).map(Number);
        const near = (a: number, b: number) => Math.abs(a - b) < 0.05 * b;
        assert.ok(
          near(disk.usedBytes, used) && near(disk.totalBytes, used + available),
          JSON.stringify({ disk, df }),
        );
      });
    }),
  );
}

test("PostgreSQL: log that waits to be archived, also as a role sees it that may not look", (t) =>
  withReplication(
    "postgres",
    (reason) => t.skip(reason),
    ({ primary }) =>
      withScene("postgres", primary, async ({ open, sample }) => {
        const session = await open();
        const role = `godwit_role_${randomBytes(6).toString("hex")}`;
        const [place] = await session.query("SELECT current_setting('data_directory') AS folder");
        // While this file is there nothing is archived: script/databases.
        const hold = join(String(place?.folder), "../hold");
        const url = new URL(primary);
        url.username = url.password = role;
        await session.execute(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
        try {
          await withScene("postgres", url.href, async (plain) => {
            const queues = async () => [
              valueOf((await sample()).archiveQueue),
              valueOf((await plain.sample()).archiveQueue),
            ];
            const next = async () => {
              await session.execute("CREATE TABLE IF NOT EXISTS segment (); DROP TABLE segment");
              await session.execute("SELECT pg_switch_wal()");
            };
            await next();
            await until(async () => (await queues()).every((queue) => queue === 0), {
              what: "all is archived",
            });
            writeFileSync(hold, "");
            await next();
            await next();
            await until(async () => (await queues()).every((queue) => queue === 2), { what: "two wait" });
            rmSync(hold);
            await until(async () => (await queues()).every((queue) => queue === 0), { what: "none waits" });
          });
        } finally {
          rmSync(hold, { force: true });
          await session.execute(`DROP ROLE ${role}`);
        }
      }),
  ));

const nonEmpty = <T>(list: readonly T[]) => (list.length > 0 ? list : null);
