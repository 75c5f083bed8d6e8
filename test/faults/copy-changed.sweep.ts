import assert from "node:assert/strict";
import { test } from "node:test";
import { crashAt } from "../support/crash.ts";
import { assertCopied, pairings, runSql, withBoth } from "./copy-scene.ts";
import { assertClean } from "./evidence.ts";
import { eventsOf, failureOf, run, runWell } from "./program.ts";

for (const pairing of pairings) {
  test(
    `${pairing.title}: what the source changed between a kill and the next run is copied anew`,
    { skip: pairing.skip },
    async () => {
      await withBoth(pairing, async ({ from, to, project, args }) => {
        const options = { url: to, project };
        const alone = [...args, "--jobs", "1"];
        // Some tables are done by then, one is begun, and one not.
        await crashAt({ name: "chunk:after-commit", nth: 12 }, alone, { cwd: project.folder });
        await runSql(pairing.source.name, from, [
          "INSERT INTO customer (id, name) VALUES (1000, 'new')",
          "UPDATE customer SET name = 'other' WHERE id = 1",
          "DELETE FROM purchase WHERE id IN (2, 240)",
          "INSERT INTO purchase VALUES (1001, 1000, 1.00, '2026-02-02 00:00:00')",
          "DELETE FROM log WHERE message LIKE 'message 3%'",
        ]);
        const ended = await runWell(alone, options);
        await assertCopied(pairing, { from, to });
        const [renewed] = eventsOf(ended.lines, "snapshot:renewed");
        assert.ok(
          ((renewed?.["tables"] ?? []) as string[]).length > 0,
          "it is told which tables are copied anew",
        );
        await assertClean(pairing.target.name, to);
      });
    },
  );

  for (const [what, ddl] of [
    ["dropped", "ALTER TABLE customer DROP COLUMN note"],
    ["added", "ALTER TABLE customer ADD COLUMN more integer"],
  ] as const) {
    test(
      `${pairing.title}: a column that was ${what} meanwhile stops the copy`,
      { skip: pairing.skip },
      async () => {
        await withBoth(pairing, async ({ from, to, project, args }) => {
          const alone = [...args, "--jobs", "1"];
          await crashAt({ name: "chunk:after-commit", nth: 3 }, alone, { cwd: project.folder });
          await runSql(pairing.source.name, from, [ddl]);
          const ended = await run(alone, { url: to, project });
          assert.equal(ended.error, "GW7007", failureOf(ended));
          assert.match(ended.message, /customer/);
        });
      },
    );
  }
}
