import assert from "node:assert/strict";
import { test } from "node:test";
import { makeProject } from "../support/project.ts";
import { apartFromLongWrites, target, type ServerName } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { asker, assertClean, evidence, sessions } from "./evidence.ts";
import { openSession, type OpenSession } from "./open-session.ts";
import { withOwnDatabase } from "./own-database.ts";
import { applyArgs, endOf, eventsOf, failureOf, linesOf, run, runWell, start } from "./program.ts";

const servers = ["postgres", "mariadb", "mysql"] as const;
const lockTimeoutMs = 1_000;
/** What a reader may be held up beyond the lock's time limit: a busy machine, not a queue. */
const slackMs = 900;
const limits = ["--lock-timeout", `${lockTimeoutMs}ms`];

const files = {
  "migrations/20260101000001_table.up.sql": "CREATE TABLE t (id int); INSERT INTO t VALUES (1);",
  "migrations/20260101000002_column.up.sql": "ALTER TABLE t ADD COLUMN note varchar(10);",
};

/** Reads the table as an application would, again and again; the longest that a read took. */
async function worstReadMs(session: OpenSession, goesOn: () => boolean): Promise<number> {
  let worst = 0;
  while (goesOn()) {
    const start = performance.now();
    await session.sql("SELECT id FROM t");
    worst = Math.max(worst, performance.now() - start);
  }
  return worst;
}

for (const name of servers) {
  test(
    `${name}: behind an idle transaction the run tries again and holds up nobody for long`,
    { skip: target(name).skip },
    async () => {
      await using project = await makeProject(files);
      await apartFromLongWrites(name, () =>
        withOwnDatabase(name, async (url) => {
          await runWell([...applyArgs, "--to", "20260101000001"], { url, project });
          await using blocker = await openSession(name, url);
          await using reader = await openSession(name, url, "reader");
          await blocker.sql("BEGIN");
          await blocker.sql("SELECT * FROM t");
          await using cli = start([...applyArgs, ...limits], { url, project });
          let ended = false;
          void cli.result.then(
            () => (ended = true),
            () => (ended = true),
          );
          const reading = worstReadMs(reader, () => !ended);
          await until(() => eventsOf(linesOf(cli.stdout), "retry:scheduled").length >= 3, {
            timeoutMs: 30_000,
            what: "three retries",
          });
          await blocker.sql("COMMIT");
          const result = await endOf(cli);
          const worst = await reading;
          assert.equal(result.code, 0, failureOf(result));
          const delays = eventsOf(result.lines, "retry:scheduled").map((line) => Number(line["delayMs"]));
          assert.equal(new Set(delays).size, delays.length, `no jitter: ${delays.join(", ")}`);
          assert.ok(worst < lockTimeoutMs + slackMs, `a read took ${worst} ms`);
          // It was held up, or the test would show nothing.
          assert.ok(worst > lockTimeoutMs / 2, `no read was ever held up: ${worst} ms`);
          await assertClean(name, url);
        }),
      );
    },
  );

  test(
    `${name}: behind a transaction that never ends the run gives up and names it`,
    { skip: target(name).skip },
    async () => {
      await using project = await makeProject(files);
      await apartFromLongWrites(name, () =>
        withOwnDatabase(name, async (url) => {
          await runWell([...applyArgs, "--to", "20260101000001"], { url, project });
          const before = await evidence(name, url);
          await using blocker = await openSession(name, url);
          await blocker.sql("BEGIN");
          await blocker.sql("SELECT * FROM t");
          const ended = await run([...applyArgs, ...limits, "--lock-retries", "1"], { url, project });
          assert.equal(ended.error, "GW6002", failureOf(ended));
          assert.match(ended.stdout, new RegExp(`"blockers":\\[\\{"sessionId":"${blocker.id}"`));
          assert.equal(eventsOf(ended.lines, "retry:scheduled").length, 1);
          assert.deepEqual(await evidence(name, url), before);
          await blocker.sql("ROLLBACK");
          await runWell(applyArgs, { url, project });
          await assertClean(name, url);
        }),
      );
    },
  );

  test(`${name}: the victim of a deadlock is tried again`, { skip: target(name).skip }, async () => {
    await using project = await makeProject({
      "migrations/20260101000001_tables.up.sql": `
        CREATE TABLE a (id int PRIMARY KEY, n int);
        CREATE TABLE b (id int PRIMARY KEY, n int);
        INSERT INTO a VALUES (1, 0);
        INSERT INTO b VALUES (1, 0), (2, 0), (3, 0), (4, 0);`,
      "migrations/20260101000002_both.up.sql": "UPDATE a SET n = n + 1; UPDATE b SET n = n + 1 WHERE id = 1;",
    });
    await apartFromLongWrites(name, () =>
      withOwnDatabase(name, async (url) => {
        await runWell([...applyArgs, "--to", "20260101000001"], { url, project });
        await using rival = await openSession(name, url, "rival");
        // The victim is whoever looks first (PostgreSQL), or who has changed less (InnoDB).
        if (name === "postgres") await rival.sql("SET deadlock_timeout = '1min'");
        await rival.sql("BEGIN");
        await rival.sql("UPDATE b SET n = n + 10");
        await using cli = start(applyArgs, { url, project });
        await until(async () => waitsFor(name, url, /UPDATE b/));
        await rival.sql("UPDATE a SET n = n + 10");
        await rival.sql("COMMIT");
        const ended = await endOf(cli);
        assert.equal(ended.code, 0, failureOf(ended));
        const reasons = eventsOf(ended.lines, "retry:scheduled").map((line) => String(line["reason"]));
        assert.equal(reasons.length, 1);
        assert.match(reasons[0] ?? "", /deadlock/i);
        const ask = asker(name, url);
        assert.deepEqual(await ask("SELECT n FROM a"), [{ n: 11 }]);
        assert.deepEqual(await ask("SELECT n FROM b WHERE id < 3 ORDER BY id"), [{ n: 11 }, { n: 10 }]);
        await assertClean(name, url);
      }),
    );
  });
}

/** Whether a session of the run waits in such a statement. */
async function waitsFor(name: ServerName, url: string, statement: RegExp): Promise<boolean> {
  if (name !== "postgres") {
    return (await sessions(name, url)).some((row) => statement.test(String(row["Info"])));
  }
  const waiting = await asker(
    name,
    url,
  )("SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()");
  return waiting.some((row) => statement.test(String(row["query"])));
}
