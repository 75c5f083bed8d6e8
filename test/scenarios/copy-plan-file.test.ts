import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { applyPlan, approve, copy, freezeCopy, rehearse } from "../../src/index.ts";
import { godwit } from "../support/cli.ts";
import { crashAt } from "../support/crash.ts";
import { target } from "../support/servers.ts";
import { ledgerTable, refused, refusedUnchanged, type Scene, scene, tableNames } from "./scene.ts";

const file = "copy.json";

/** Two databases; the source has some rows, and the target is empty. */
async function pair(
  from: "sqlite" | "mariadb",
  to: "sqlite" | "postgres",
  play: (source: Scene, target: Scene) => Promise<void>,
): Promise<void> {
  await scene(from, {}, async (source) => {
    await source.sql("CREATE TABLE parents (id int PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x')");
    await source.sql(
      "CREATE TABLE children (id int PRIMARY KEY, parent int REFERENCES parents (id), price decimal(10, 2), made date)",
    );
    await source.sql("CREATE INDEX children_parent ON children (parent)");
    await source.sql("CREATE VIEW named AS SELECT id, name FROM parents WHERE id > 1");
    await source.sql("INSERT INTO parents VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    await source.sql("INSERT INTO children VALUES (1, 1, 1.50, '2026-01-31'), (2, 3, NULL, NULL)");
    await scene(to, {}, async (own) => {
      await writeFile(
        join(own.folder, "godwit.config.json"),
        JSON.stringify({
          // The servers are shared with tests whose statements are meant to fail.
          guard: { errorsAbort: null },
          profiles: { old: { url: source.url }, new: { url: own.url } },
        }),
      );
      await play(source, own);
    });
  });
}

const sides = (own: Scene) => ({ cwd: own.folder, env: {}, source: "old", target: "new" });
const planned = (own: Scene, more: Partial<Parameters<typeof freezeCopy>[0]> = {}) =>
  freezeCopy({ ...sides(own), as: "Ann", output: file, ...more });
const applyFile = (own: Scene) => applyPlan({ cwd: own.folder, env: {}, file, onEvent: own.options.onEvent });

test(
  "a copy that was reviewed is carried out, between two engines",
  {
    skip: target("mariadb").skip || target("postgres").skip,
  },
  async () => {
    await pair("mariadb", "postgres", async (_, own) => {
      const plan = await planned(own, { ticket: "OPS-1" });
      assert.deepEqual([plan.target.profile, plan.source?.profile], ["new", "old"]);
      await approve({ cwd: own.folder, env: {}, file, as: "Bob" });
      const result = await applyFile(own);
      assert.equal(result.state, "done");
      assert.deepEqual(await own.sql("SELECT id::int, price::text FROM children ORDER BY id"), [
        { id: 1, price: "1.50" },
        { id: 2, price: null },
      ]);
      assert.deepEqual(await own.sql("SELECT id::int FROM named ORDER BY id"), [{ id: 2 }, { id: 3 }]);
      const [row] = await own.sql(`SELECT plan_hash, body FROM ${ledgerTable(own.name, "plan")}`);
      assert.equal(row?.plan_hash, plan.hash);
      assert.equal((JSON.parse(String(row?.body)) as { approvals: unknown[] }).approvals.length, 1);
      const again = await refusedUnchanged(own, () => applyFile(own), "GW8101");
      assert.match(again.message, /it was carried out by the run/);
    });
  },
);

test("a copy's plan is stale where a side has changed, and a killed one goes on", async () => {
  await pair("sqlite", "sqlite", async (source, own) => {
    await planned(own);
    await source.sql("ALTER TABLE parents ADD COLUMN more int");
    // By its URL it would have no gates.
    await refused(applyPlan({ cwd: own.folder, env: {}, file, target: own.url }), "GW1001");
    const changed = await refusedUnchanged(own, () => applyFile(own), "GW8101");
    assert.match(changed.message, /its source any more: its schema was changed/);
    assert.match(JSON.stringify(changed.details.edits), /more int/);
    await planned(own);
    await own.sql("CREATE TABLE other (id int)");
    await refusedUnchanged(own, () => applyFile(own), "GW8101");
    await own.sql("DROP TABLE other");
    await crashAt({ name: "chunk:after-commit", nth: 1 }, ["apply", file], { cwd: own.folder });
    // What came into the source meanwhile is copied with the rest.
    await source.sql("INSERT INTO parents VALUES (4, 'd', 1)");
    assert.equal((await applyFile(own)).state, "done");
    assert.deepEqual(await tableNames(own), ["children", "parents"]);
    assert.equal((await own.sql("SELECT * FROM parents")).length, 4);
  });
});

test("a review sees which rows a copy takes, and what rules make of values", async () => {
  await pair("sqlite", "sqlite", async (_, own) => {
    const rules = "tables: { parents: { filter: name <> 'b', add: { loud: upper(name) } } }\n";
    await writeFile(join(own.folder, "rules.yaml"), rules);
    await planned(own, { rules: ["rules.yaml"] });
    for (const args of [[], ["--format", "markdown"], ["--format", "html"]]) {
      const { stdout } = await godwit(["plan", file, ...args], { cwd: own.folder });
      assert.match(stdout, /parents: only rows where .*name.*('|&#39;)b('|&#39;)/, args.join(" "));
      assert.match(stdout, /parents\.loud: upper\(/i, args.join(" "));
    }
  });
});

test("what a copy would lose is accepted before it is written down, and its URLs are named again", async () => {
  await pair("sqlite", "sqlite", async (source, own) => {
    const urls = { ...sides(own), source: source.url, target: own.url };
    await freezeCopy({ ...urls, as: "Ann", output: file });
    const text = await readFile(join(own.folder, file), "utf8");
    const { message } = await refused(applyFile(own), "GW1001");
    assert.match(message, /name the database with --source/);
    await refused(rehearse({ ...own.options, file }), "GW1001");
    assert.equal(await readFile(join(own.folder, file), "utf8"), text);
    const { source: from, target: to } = urls;
    assert.equal(
      (await applyPlan({ cwd: own.folder, env: {}, file, source: from, target: to })).state,
      "done",
    );
    // A copy over rows that are there destroys them: a danger with a name.
    const plan = await planned(own, { mode: "truncate" });
    assert.ok(
      plan.hazards.some(({ level }) => level === "danger"),
      JSON.stringify(plan.hazards),
    );
    await copy({ ...sides(own), mode: "truncate" });
    assert.match((await refused(applyFile(own), "GW8101")).message, /another copy was made/);
  });
});
