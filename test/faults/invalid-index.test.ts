import assert from "node:assert/strict";
import { test } from "node:test";
import { makeProject } from "../support/project.ts";
import { target } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { asker, assertClean, sessions } from "./evidence.ts";
import { openSession } from "./open-session.ts";
import { withOwnDatabase } from "./own-database.ts";
import { applyArgs, endOf, eventsOf, run, runWell, start } from "./program.ts";

const skip = target("postgres").skip;
const table = {
  "migrations/20260101000001_table.up.sql":
    "CREATE TABLE t (id int, note text); INSERT INTO t VALUES (1, 'a'), (1, 'b');",
};
const indexes =
  "SELECT indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index WHERE indrelid = 't'::regclass";

for (const build of [
  "CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)",
  "CREATE UNIQUE INDEX CONCURRENTLY ON t (id)",
]) {
  test(`postgres: a failed ${build} leaves no invalid index`, { skip }, async () => {
    await using project = await makeProject({
      ...table,
      "migrations/20260101000002_index.up.sql": `${build}; INSERT INTO t VALUES (9, 'after');`,
    });
    await withOwnDatabase("postgres", async (url) => {
      const ask = asker("postgres", url);
      for (const attempt of [1, 2]) {
        const ended = await run(applyArgs, { url, project });
        assert.equal(ended.error, "GW6001", `attempt ${attempt}: ${ended.stdout}`);
        assert.match(ended.message, /could not create unique index|duplicate/);
        assert.deepEqual(await ask(indexes), []);
      }
      await ask("DELETE FROM t WHERE note = 'b'");
      await runWell(applyArgs, { url, project });
      assert.deepEqual(await ask(indexes), [
        { name: build.includes("t_id") ? "t_id" : "t_id_idx", valid: true },
      ]);
      assert.equal((await ask("SELECT FROM t")).length, 2);
      await assertClean("postgres", url);
    });
  });
}

test(
  "postgres: an invalid index of an earlier build by hand is dropped and built again",
  { skip },
  async () => {
    await using project = await makeProject({
      ...table,
      "migrations/20260101000002_index.up.sql": "CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id);",
    });
    await withOwnDatabase("postgres", async (url) => {
      const ask = asker("postgres", url);
      await runWell([...applyArgs, "--to", "20260101000001"], { url, project });
      await assert.rejects(ask("CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)"), { code: "23505" });
      assert.deepEqual(await ask(indexes), [{ name: "t_id", valid: false }]);
      await ask("DELETE FROM t WHERE note = 'b'");
      const { lines } = await runWell(applyArgs, { url, project });
      assert.equal(eventsOf(lines, "index:dropped-invalid").length, 1);
      assert.deepEqual(await ask(indexes), [{ name: "t_id", valid: true }]);
      await assertClean("postgres", url);
    });
  },
);

test("postgres: a valid index of that name is not taken for the migration's", { skip }, async () => {
  await using project = await makeProject({
    ...table,
    "migrations/20260101000002_index.up.sql": "CREATE INDEX CONCURRENTLY t_id ON t (id);",
  });
  await withOwnDatabase("postgres", async (url) => {
    const ask = asker("postgres", url);
    await runWell([...applyArgs, "--to", "20260101000001"], { url, project });
    await ask("CREATE INDEX t_id ON t (note)");
    const ended = await run(applyArgs, { url, project });
    assert.equal(ended.error, "GW6001");
    assert.match(ended.message, /already exists/);
    assert.deepEqual(await ask(indexes), [{ name: "t_id", valid: true }]);
  });
});

const invalid = "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid";
/** Each has an index of its own and one on its TOAST table. */
const tables =
  "CREATE TABLE t (id int, note text); CREATE INDEX t_id ON t (id); CREATE TABLE p (id int, note text) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9); CREATE INDEX p_id ON p (id);";

for (const [scope, at] of [
  ["SCHEMA CONCURRENTLY public", "t"],
  ["DATABASE CONCURRENTLY {database}", "t"],
  ["TABLE CONCURRENTLY t", "t"],
  ["TABLE CONCURRENTLY p", "p1"],
  ["INDEX CONCURRENTLY p_id", "p1"],
] as const) {
  test(
    `postgres: what an interrupted REINDEX ${scope} left is dropped, and it is repeated`,
    { skip },
    async () => {
      await withOwnDatabase("postgres", async (url) => {
        const reindex = `REINDEX ${scope.replace("{database}", new URL(url).pathname.slice(1))}`;
        await using project = await makeProject({
          "migrations/20260101000001_table.up.sql": tables,
          "migrations/20260101000002_index.up.sql": `${reindex};`,
        });
        const ask = asker("postgres", url);
        await runWell([...applyArgs, "--to", "20260101000001"], { url, project });
        // What somebody else's left is theirs.
        await ask("CREATE TABLE other (id int)");
        await ask("CREATE INDEX other_ccnew ON other (id)");
        await ask("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'other_ccnew'::regclass");
        await using blocker = await openSession("postgres", url);
        await blocker.sql(`BEGIN; SELECT FROM ${at}`);
        await using cli = start(applyArgs, { url, project });
        // It has swapped what it built for the old ones, and waits for the reader before it drops these.
        const leftNow = async () => (await ask(invalid)).map((row) => String(row["name"]));
        const left = await until(async () => {
          const found = await leftNow();
          const waits = (await sessions("postgres", url)).some(
            (row) => row["query"] === reindex && row["waitsFor"] === "Lock",
          );
          // Of a whole database several are rebuilt one after another: what is seen on both sides of the wait stays.
          const isStill = waits && (await leftNow()).join() === found.join();
          return isStill && found.some((name) => name.endsWith("_ccold")) && found;
        });
        cli.kill("SIGINT");
        const ended = await endOf(cli);
        assert.equal(ended.error, "GW4006", ended.stdout);
        assert.match(ended.message, /what it left invalid is dropped when the run goes on/);
        assert.doesNotMatch(ended.stdout + ended.stderr, /nothing was changed/);
        assert.deepEqual((await ask(invalid)).map((row) => row["name"]).sort(), left.sort());
        await blocker.sql("COMMIT");
        const { lines } = await runWell(applyArgs, { url, project });
        assert.equal(eventsOf(lines, "index:dropped-invalid").length, left.length - 1);
        assert.deepEqual(await ask(invalid), [{ name: "other_ccnew" }]);
        await ask("DROP TABLE other");
        await assertClean("postgres", url);
      });
    },
  );
}
