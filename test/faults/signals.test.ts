import assert from "node:assert/strict";
import { test } from "node:test";
import { makeProject } from "../support/project.ts";
import { target, targets, type ServerName } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { asker, assertClean, sessions } from "./evidence.ts";
import { openSession } from "./open-session.ts";
import { withOwnDatabase } from "./own-database.ts";
import { applyArgs, endOf, failureOf, runWell, start, type Ended } from "./program.ts";

/** A run that is stopped in order ends within this, whatever the server was doing. */
const promptMs = 6_000;

const files: Readonly<Record<ServerName, string>> = {
  postgres:
    "INSERT INTO entry SELECT 1 FROM pg_sleep((SELECT seconds FROM knob)); INSERT INTO entry VALUES (2);",
  mariadb: "INSERT INTO entry SELECT SLEEP(seconds) FROM knob; INSERT INTO entry VALUES (2);",
  mysql: "INSERT INTO entry SELECT SLEEP(seconds) FROM knob; INSERT INTO entry VALUES (2);",
};

async function assertStopped(ended: Ended, code: number, sinceMs: number): Promise<void> {
  assert.equal(ended.code, code, failureOf(ended));
  assert.equal(ended.error, "GW4006", failureOf(ended));
  const took = performance.now() - sinceMs;
  assert.ok(took < promptMs, `it took ${took} ms`);
}

for (const name of ["postgres", "mariadb", "mysql"] as const) {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    test(
      `${name}: ${signal} cancels the statement, and the run can be resumed`,
      { skip: target(name).skip },
      async () => {
        await using project = await makeProject({
          "migrations/20260101000001_tables.up.sql":
            "CREATE TABLE entry (id int); CREATE TABLE knob (seconds int); INSERT INTO knob VALUES (60);",
          "migrations/20260101000002_slow.up.sql": files[name],
        });
        await withOwnDatabase(name, async (url) => {
          const ask = asker(name, url);
          await using cli = start(applyArgs, { url, project });
          await until(async () =>
            (await sessions(name, url)).some((row) =>
              /^(BEGIN; )?INSERT INTO entry SELECT/.test(String(row["query"] ?? row["Info"])),
            ),
          );
          const since = performance.now();
          cli.kill(signal);
          await assertStopped(await endOf(cli), code, since);
          await until(async () => (await sessions(name, url)).length === 0, { what: "it was cancelled" });
          assert.deepEqual(await ask("SELECT id FROM entry"), []);
          const shown = JSON.parse((await runWell(["status", "--json"], { url, project })).stdout) as {
            run: { state: string };
          };
          assert.equal(shown.run.state, "resumable");
          await ask("UPDATE knob SET seconds = 0");
          await runWell(applyArgs, { url, project });
          assert.equal((await ask("SELECT id FROM entry")).length, 2);
          await assertClean(name, url);
        });
      },
    );
  }
}

for (const name of ["mariadb", "mysql"] as const) {
  test(`${name}: SIGINT cancels an ALTER TABLE that waits`, { skip: target(name).skip }, async () => {
    await using project = await makeProject({
      "migrations/20260101000001_table.up.sql": "CREATE TABLE t (id int);",
      "migrations/20260101000002_column.up.sql":
        "ALTER TABLE t ADD COLUMN a int; ALTER TABLE t ADD COLUMN b int;",
    });
    await withOwnDatabase(name, async (url) => {
      await runWell([...applyArgs, "--to", "20260101000001"], { url, project });
      await using blocker = await openSession(name, url);
      await blocker.sql("BEGIN");
      await blocker.sql("SELECT * FROM t");
      await using cli = start([...applyArgs, "--lock-timeout", "60s"], { url, project });
      await until(async () =>
        (await sessions(name, url)).some((row) => /metadata lock/.test(String(row["State"]))),
      );
      const since = performance.now();
      cli.kill("SIGINT");
      await assertStopped(await endOf(cli), 130, since);
      await blocker.sql("COMMIT");
      await runWell(applyArgs, { url, project });
      assert.equal((await asker(name, url)("SHOW COLUMNS FROM t")).length, 3);
      await assertClean(name, url);
    });
  });
}

test(
  "postgres: SIGINT ends a concurrent build that waits for a transaction which goes on",
  { skip: target("postgres").skip },
  async () => {
    await using project = await makeProject({
      "migrations/20260101000001_table.up.sql": "CREATE TABLE t (id int); INSERT INTO t VALUES (1);",
      "migrations/20260101000002_index.up.sql": "CREATE INDEX CONCURRENTLY t_id ON t (id);",
    });
    await withOwnDatabase("postgres", async (url) => {
      await runWell([...applyArgs, "--to", "20260101000001"], { url, project });
      await using blocker = await openSession("postgres", url);
      await blocker.sql("BEGIN; INSERT INTO t VALUES (2)");
      await using cli = start(applyArgs, { url, project });
      await until(async () =>
        (await sessions("postgres", url)).some(
          (row) => String(row["query"]).startsWith("CREATE INDEX") && row["state"] === "active",
        ),
      );
      const since = performance.now();
      cli.kill("SIGINT");
      await assertStopped(await endOf(cli), 130, since);
      await blocker.sql("COMMIT");
      await runWell(applyArgs, { url, project });
      const valid = await asker(
        "postgres",
        url,
      )(
        "SELECT indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index WHERE indrelid = 't'::regclass",
      );
      assert.deepEqual(valid, [{ name: "t_id", valid: true }]);
      await assertClean("postgres", url);
    });
  },
);

const deaf = `
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
export async function up(db) {
  await db.execute("INSERT INTO entry VALUES (1)");
  while (!existsSync(process.env.GO)) await setTimeout(20);
}
`;

for (const { name, skip } of targets) {
  test(`${name}: a second signal ends at once what does not stop`, { skip }, async () => {
    await using project = await makeProject({
      "migrations/20260101000001_table.up.sql": "CREATE TABLE entry (id int);",
      "migrations/20260101000002_deaf.ts": deaf,
    });
    await withOwnDatabase(name, async (url) => {
      await using cli = start(applyArgs, { url, project, env: { GO: "/nowhere" } });
      await cli.saw(/"type":"statement:finished","key":"20260101000002/);
      cli.kill("SIGTERM");
      await cli.saw(/stopping/);
      const since = performance.now();
      cli.kill("SIGINT");
      const ended = await endOf(cli);
      assert.equal(ended.code, 130, failureOf(ended));
      assert.ok(performance.now() - since < 1_500);
      await runWell(applyArgs, { url, project, env: { GO: project.folder } });
      assert.equal((await asker(name, url)("SELECT id FROM entry")).length, 1);
      await assertClean(name, url);
    });
  });
}
