import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { apply } from "../../src/index.ts";
import { makeProject } from "../support/project.ts";
import { isSweep } from "../support/laboratory/pairs.ts";
import { administer, target, type TargetName, targets, withDatabase } from "../support/servers.ts";
import { asker, assertClean, evidence, ledgerTable, sessions } from "./evidence.ts";
import { fixtures } from "./fixtures.ts";
import { withOwnDatabase } from "./own-database.ts";
import { applyArgs, endOf, run, runWell, start, type Ended } from "./program.ts";

const count = 20;

for (const { name, skip } of targets) {
  // MariaDB and MySQL are one engine, and share the two out.
  const both = [[], ["--wait", "60s"]];
  const shared: Partial<Record<TargetName, string[][]>> = isSweep
    ? {}
    : { mariadb: both.slice(0, 1), mysql: both.slice(1) };
  for (const wait of shared[name] ?? both) {
    test(`${name}: ${count} runners at once${wait.length > 0 ? " that wait" : ""}`, { skip }, async () => {
      await using project = await makeProject(fixtures[name]);
      const expected = await withOwnDatabase(name, async (url) => {
        await runWell(applyArgs, { url, project });
        return evidence(name, url);
      });
      await withOwnDatabase(name, async (url) => {
        const all = await Promise.all(
          Array.from({ length: count }, () => run([...applyArgs, ...wait], { url, project })),
        );
        const winners = all.filter(({ code }) => code === 0);
        assert.ok(winners.length >= 1, all[0]?.stdout);
        assert.equal(all.filter((ended) => resultOf(ended) === "done").length, 1, "one does the work");
        for (const loser of all.filter(({ code }) => code !== 0)) {
          assert.equal(loser.code, 4, loser.stdout + loser.stderr);
          assert.equal(loser.error, "GW4001");
        }
        // A holder that ends at that very moment cannot be named any more.
        const named = all.filter(({ message }) => /held by session \S+ \(/.test(message));
        assert.ok(named.length >= (count - winners.length) / 2, "the holder is named");
        if (wait.length > 0) assert.equal(winners.length, count);
        assert.deepEqual(await evidence(name, url), expected);
        await assertClean(name, url);
      });
    });
  }
}

for (const { name, skip } of targets) {
  test(`${name}: who comes second is refused while another one has the run lock`, { skip }, async () => {
    const hooks = globalThis as unknown as {
      godwitRunner?: Record<"reached" | "free", PromiseWithResolvers<void>>;
    };
    const hook = { reached: Promise.withResolvers<void>(), free: Promise.withResolvers<void>() };
    hooks.godwitRunner = hook;
    await using project = await makeProject({
      "migrations/20260101000001_held.ts": `export async function up() {
  globalThis.godwitRunner.reached.resolve();
  await globalThis.godwitRunner.free.promise;
}`,
    });
    await withDatabase(name, async (url) => {
      const options = { cwd: project.folder, env: {}, url };
      const first = apply(options);
      try {
        await Promise.race([hook.reached.promise, first]);
        await assert.rejects(apply(options), { code: "GW4001" });
      } finally {
        hook.free.resolve();
      }
      assert.equal((await first).state, "done");
    });
  });
}

function resultOf(ended: Ended): unknown {
  return ended.lines.find(({ type }) => type === "result")?.["state"];
}

/** Inserts, then waits for the file that the environment names, then inserts again. */
const patient = `
import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
export async function up(db) {
  const who = process.env.RUNNER;
  await db.sql\`INSERT INTO entry VALUES (\${"before"})\`;
  while (!existsSync(process.env.GO)) await setTimeout(20);
  await db.sql\`INSERT INTO entry VALUES (\${who + " after"})\`;
}
`;

for (const name of ["postgres", "mariadb", "mysql"] as const) {
  for (const until of ["still works", "has finished"] as const) {
    test(
      `${name}: a stopped runner comes back while the one that took over ${until}`,
      { skip: target(name).skip },
      async () => {
        await using project = await makeProject({
          "migrations/20260101000001_table.up.sql": "CREATE TABLE entry (note varchar(50));",
          "migrations/20260101000002_patient.ts": patient,
          "migrations/20260101000003_more.up.sql": "INSERT INTO entry VALUES ('more');",
        });
        const go = { first: join(project.folder, "go-first"), second: join(project.folder, "go-second") };
        await withOwnDatabase(name, async (url) => {
          const options = (RUNNER: "first" | "second") => ({
            url,
            project,
            env: { RUNNER, GO: go[RUNNER] },
          });
          await using first = start(applyArgs, options("first"));
          await first.saw(/"type":"statement:finished","key":"20260101000002/);
          first.kill("SIGSTOP");
          const [held] = await sessions(name, url);
          await administer(name, (sql) =>
            sql(
              name === "postgres"
                ? `SELECT pg_terminate_backend(${String(held?.["pid"])})`
                : `KILL ${String(held?.["Id"])}`,
            ),
          );
          // The first one's process is there, so only its session tells that it has lost the run.
          await using second = start([...applyArgs, "--wait", "20s"], options("second"));
          await second.saw(/"type":"unit:started","unit":"20260101000002"/);
          let ended: Ended | null = null;
          if (until === "has finished") {
            await writeFile(go.second, "");
            ended = await endOf(second);
          }
          await writeFile(go.first, "");
          first.kill("SIGCONT");
          const late = await endOf(first);
          await writeFile(go.second, "");
          ended ??= await endOf(second);
          assert.equal(ended.code, 0, ended.stdout);
          assert.notEqual(late.code, 0, late.stdout);
          assert.equal(late.error, until === "has finished" ? "GW4003" : "GW4001");

          const ask = asker(name, url);
          const notes = (await ask("SELECT note FROM entry ORDER BY note")).map((row) => row["note"]);
          const epochs = await ask(`SELECT epoch FROM ${ledgerTable(name, "run")}`);
          assert.deepEqual(notes, ["before", "more", "second after"]);
          assert.deepEqual(
            epochs.map((row) => Number(row["epoch"])),
            [2],
          );
          await assertClean(name, url);
        });
      },
    );
  }
}
