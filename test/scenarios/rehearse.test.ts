import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { apply, applyPlan, freezePlan, rehearse } from "../../src/index.ts";
import { administer, targets, withDatabase } from "../support/servers.ts";
import { until } from "../support/until.ts";
import {
  ledgerTable,
  refused,
  refusedUnchanged,
  type Scene,
  scene,
  stem,
  tableNames,
  tables,
  version,
} from "./scene.ts";

const artifacts = (own: Scene) =>
  own.sql(`SELECT name, state, body FROM ${ledgerTable(own.name, "artifact")} WHERE kind = 'rehearsal'`);

/** Databases of the server, or files beside the target's. */
async function scratchesOf(own: Scene): Promise<string[]> {
  if (own.name === "sqlite") {
    const { readdir } = await import("node:fs/promises");
    const names = await readdir(join(own.url.slice("sqlite:".length), ".."));
    return names.filter((name) => name.includes("scratch"));
  }
  const list =
    own.name === "postgres"
      ? "SELECT datname AS name FROM pg_database"
      : "SELECT schema_name AS name FROM information_schema.schemata";
  const rows = await administer(own.name, (sql) => sql(list));
  return rows.map(({ name }) => String(name)).filter((name) => name.startsWith("godwit_scratch"));
}

for (const { name, skip } of targets) {
  test(`${name}: forward, back and forward leave the target alone, and open its gate`, { skip }, async () => {
    await scene(name, tables(1), async (own) => {
      await apply(own.options);
      await own.sql("INSERT INTO t1 VALUES (1)");
      await own.write({
        [`${version(2)}_b.up.sql`]:
          "ALTER TABLE t1 ADD COLUMN b int;\nCREATE TABLE t2 (id int PRIMARY KEY);\n",
        [`${version(2)}_b.down.sql`]: "DROP TABLE t2;\nALTER TABLE t1 DROP COLUMN b;\n",
      });
      const others = new Set(await scratchesOf(own));
      // Runs of other tests are at work on the same servers.
      const limits = { schemasPerHost: null, workersPerHost: null };
      const gates = {
        environment: false,
        confirm: false,
        ticket: false,
        approvals: 0,
        impact: false,
        backup: false,
        staging: false,
      };
      await writeFile(
        join(own.folder, "godwit.config.json"),
        JSON.stringify({ environment: "production", limits, gates: { ...gates, rollback: "10m" } }),
      );
      const plan = await freezePlan({ ...own.options, output: "plan.json", as: "Ann" });
      const applyIt = () => applyPlan({ ...own.options, file: "plan.json" });
      await refusedUnchanged(own, applyIt, "GW8106");
      const report = await rehearse({ ...own.options, file: "plan.json" });
      assert.deepEqual([report?.verified, report?.missing], [true, []]);
      assert.ok(report !== null && report.backMs !== null && report.againMs !== null);
      assert.deepEqual(await tableNames(own), ["t1"]);
      assert.deepEqual(
        (await scratchesOf(own)).filter((each) => !others.has(each)),
        [],
      );
      const [row] = await artifacts(own);
      assert.deepEqual([row?.name, row?.state], [plan?.contentHash, "verified"]);
      // A way back that is slower than it may be leaves the gate closed.
      await writeFile(
        join(own.folder, "godwit.config.json"),
        JSON.stringify({ environment: "production", limits, gates: { ...gates, rollback: "1ms" } }),
      );
      assert.match((await refusedUnchanged(own, applyIt, "GW8106")).message, /it may take 1 ms/);
      await writeFile(
        join(own.folder, "godwit.config.json"),
        JSON.stringify({ environment: "production", limits, gates: { ...gates, rollback: "10m" } }),
      );
      assert.equal((await applyIt()).state, "done");
    });
  });
}

test("a way back that is another than the one that was rehearsed leaves the gate closed", async () => {
  await scene("sqlite", tables(1), async (own) => {
    const gates = { environment: false, confirm: false, ticket: false, approvals: 0, impact: false };
    await writeFile(
      join(own.folder, "godwit.config.json"),
      JSON.stringify({
        environment: "production",
        gates: { ...gates, backup: false, staging: false, rollback: "10m" },
      }),
    );
    const asPlanned = async () => {
      await freezePlan({ ...own.options, output: "plan.json", as: "Ann" });
      return applyPlan({ ...own.options, file: "plan.json" });
    };
    await rehearse(own.options);
    await own.write({ [`${stem(1)}.down.sql`]: "DROP TABLE t1;\nCREATE TABLE other (id int);\n" });
    const error = await refusedUnchanged(own, asPlanned, "GW8106");
    assert.match(error.message, /rehearsed with another way back/);
    await own.write(tables(1));
    assert.equal((await asPlanned()).state, "done");
  });
});

test("a down file that does not undo is found, and what differs is shown", async () => {
  await scene("sqlite", tables(1), async (own) => {
    await apply(own.options);
    await own.write({
      [`${version(2)}_b.up.sql`]: "ALTER TABLE t1 ADD COLUMN b int;\n",
      [`${version(2)}_b.down.sql`]: "ALTER TABLE t1 RENAME COLUMN b TO was_b;\n",
    });
    const error = await refused(rehearse(own.options), "GW8109");
    assert.match(error.message, /the way back does not undo/);
    assert.match(JSON.stringify(error.details.edits), /was_b/);
    assert.deepEqual(
      (await artifacts(own)).map(({ state }) => state),
      ["failed"],
    );
    // A way back that fails, and a way forward that is not the same twice.
    await own.write({ [`${version(2)}_b.down.sql`]: "ALTER TABLE t1 DROP COLUMN no_such;\n" });
    assert.match((await refused(rehearse(own.options), "GW8109")).message, /the way back failed/);
    await own.write({
      [`${version(2)}_b.up.sql`]: "CREATE TABLE IF NOT EXISTS kept (id int);\nDROP TABLE IF EXISTS once;\n",
      [`${version(2)}_b.down.sql`]: "DROP TABLE kept;\nSELECT no_such();\n",
    });
    assert.match((await refused(rehearse(own.options), "GW8109")).message, /the way back failed/);
    assert.deepEqual(await scratchesOf(own), []);
    assert.deepEqual(await tableNames(own), ["t1"]);
  });
});

for (const { name, skip } of targets) {
  test(`${name}: an interrupted rehearsal leaves no scratch database behind`, { skip }, async () => {
    await scene(name, {}, async (own) => {
      const atWork = join(own.folder, "at-work");
      const stuck = `
        import { writeFileSync } from "node:fs";
        export async function up(db) {
          const stopped = new Promise((done) => db.signal.addEventListener("abort", done));
          writeFileSync(${JSON.stringify(atWork)}, "");
          await stopped;
        }`;
      await own.write({ [`${version(1)}_a.ts`]: stuck });
      const others = new Set(await scratchesOf(own));
      const ours = async () => (await scratchesOf(own)).filter((each) => !others.has(each));
      const interruption = new AbortController();
      const refusal = refused(rehearse({ ...own.options, signal: interruption.signal }), "GW4006");
      await until(() => existsSync(atWork), { what: "the way forward is at work" });
      const there = await ours();
      assert.notEqual(there.length, 0);
      interruption.abort();
      await refusal;
      // Other tests have scratch databases too: theirs go some time, and what is left stays.
      await until(async () => (await ours()).every((each) => !there.includes(each)), {
        what: "no scratch database is left",
      });
      assert.deepEqual(
        own.events.filter(({ type }) => type === "warning:raised"),
        [],
      );
    });
  });
}

test("what has no way back is said, and the gate stays closed", async () => {
  const only = { [`${version(1)}_a.up.sql`]: "CREATE TABLE a (id int);\n" };
  await scene("sqlite", only, async (own) => {
    const report = await rehearse(own.options);
    assert.deepEqual([report?.verified, report?.missing], [false, [`${version(1)}_a`]]);
    assert.deepEqual(
      (await artifacts(own)).map(({ state }) => state),
      ["made"],
    );
  });
});

test("a scratch database that is named must be empty, and is empty again", async () => {
  await scene("sqlite", tables(1), async (own) => {
    await withDatabase("sqlite", async (scratch) => {
      const other = { ...own, url: scratch };
      assert.equal((await rehearse({ ...own.options, scratch }))?.verified, true);
      assert.deepEqual(await tableNames(other), []);
      await own.write(tables(2));
      await apply({ ...own.options, url: scratch });
      await refusedUnchanged(other, () => rehearse({ ...own.options, scratch }), "GW8109");
    });
  });
});

test("rows that a change will keep are put back in a rehearsal as well", async () => {
  await scene("sqlite", tables(1), async (own) => {
    await apply(own.options);
    await own.sql("INSERT INTO t1 VALUES (1), (2)");
    await own.write({
      [`${version(2)}_more.up.sql`]: "-- godwit: snapshot\nDELETE FROM t1 WHERE id > 1;\n",
    });
    const plan = await freezePlan({ ...own.options, output: "plan.json", as: "Ann" });
    assert.deepEqual(plan?.undo?.missing, []);
    const report = await rehearse({ ...own.options, file: "plan.json" });
    assert.equal(report?.verified, true);
    await applyPlan({ ...own.options, file: "plan.json" });
    const back = await freezePlan({ ...own.options, of: "rollback", output: "back.json", as: "Ann" });
    assert.ok(back?.steps.some(({ kind }) => kind === "restore-rows"));
    await applyPlan({ ...own.options, file: "back.json" });
    assert.deepEqual(
      (await own.sql("SELECT id FROM t1 ORDER BY id")).map(({ id }) => String(id)),
      ["1", "2"],
    );
  });
});
