import assert from "node:assert/strict";
import { test } from "node:test";
import { makeProject } from "../support/project.ts";
import { target } from "../support/servers.ts";
import { asker, assertClean } from "./evidence.ts";
import { withOwnDatabase } from "./own-database.ts";
import { applyArgs, eventsOf, run, runWell } from "./program.ts";

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
