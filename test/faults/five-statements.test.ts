import assert from "node:assert/strict";
import { test } from "node:test";
import { crashAt, crashPoints } from "../support/crash.ts";
import { makeProject } from "../support/project.ts";
import { target } from "../support/servers.ts";
import { asker, assertClean, evidence } from "./evidence.ts";
import { inParallel } from "./in-parallel.ts";
import { withOwnDatabase } from "./own-database.ts";
import { someOf } from "./seeded.ts";
import { applyArgs, cliOptions, eventsOf, run, runWell } from "./program.ts";

const statements = [1, 2, 3, 4, 5].map((n) => `CREATE TABLE t${n} (id int);`);
const file = "migrations/20260101000001_five.up.sql";

interface Status {
  readonly run: { readonly state: string } | null;
  readonly migrations: readonly {
    readonly state: string;
    readonly progress: { readonly doneStatements: number; readonly next: { readonly number: number } } | null;
  }[];
}

for (const name of ["mariadb", "mysql"] as const) {
  test(
    `${name}: a file of five statements, killed anywhere, goes on with the right one`,
    { skip: target(name).skip },
    async () => {
      await using project = await makeProject({ [file]: statements.join("\n") });
      const undisturbed = await withOwnDatabase(name, async (url) => ({
        points: await crashPoints(applyArgs, cliOptions({ url, project })),
        evidence: await evidence(name, url),
      }));
      const points = undisturbed.points.filter((point) => /^(bare|statement|ledger):/.test(point.name));
      assert.ok(points.length >= 25, "too few points");
      await inParallel(someOf(points, 6), 4, (point) =>
        withOwnDatabase(name, async (url) => {
          await crashAt(point, applyArgs, cliOptions({ url, project }));
          const tables = (await asker(name, url)("SHOW TABLES LIKE 't_'")).length;
          const shown = JSON.parse((await runWell(["status", "--json"], { url, project })).stdout) as Status;
          assert.equal(shown.run?.state, "resumable");
          const [half] = shown.migrations;
          // The status reads the record only; of one statement the effect can be there before its record.
          const next = half?.progress?.next.number ?? (half?.state === "applied" ? 6 : 1);
          assert.ok(
            next === tables + 1 || next === tables,
            `${next} is said to be next, ${tables} are there`,
          );
          assert.equal(half?.progress?.doneStatements ?? next - 1, next - 1);

          const { lines } = await runWell(applyArgs, { url, project });
          const sent = eventsOf(lines, "statement:started").map((line) => line["key"]);
          const expected = [1, 2, 3, 4, 5].slice(tables).map((n) => `20260101000001/up/${n}`);
          assert.deepEqual(sent, expected, `after ${point.name}:${point.nth}`);
          assert.deepEqual(await evidence(name, url), undisturbed.evidence);
          await assertClean(name, url);
        }),
      );
    },
  );

  test(
    `${name}: a statement that took effect must still stand in the file`,
    { skip: target(name).skip },
    async () => {
      await using project = await makeProject({ [file]: statements.join("\n") });
      await withOwnDatabase(name, async (url) => {
        const at = { name: "bare:after-commit", nth: 2 };
        await crashAt(at, applyArgs, cliOptions({ url, project }));
        await project.write({ [file]: statements.with(1, "CREATE TABLE t2 (id bigint);").join("\n") });
        assert.equal((await run(applyArgs, { url, project })).error, "GW5007");
        // Those that did not run yet may be corrected.
        await project.write({ [file]: statements.with(3, "CREATE TABLE t9 (id bigint);").join("\n") });
        await runWell(applyArgs, { url, project });
        const tables = await asker(name, url)("SHOW TABLES LIKE 't_'");
        assert.deepEqual(tables.flatMap(Object.values), ["t1", "t2", "t3", "t5", "t9"]);
      });
    },
  );
}
