import assert from "node:assert/strict";
import { test } from "node:test";
import { crashAt } from "../support/crash.ts";
import type { TargetName } from "../support/servers.ts";
import { asker, evidence } from "./evidence.ts";
import { copyArgs, pairings, runSql, withBoth } from "./copy-scene.ts";
import { eventsOf, failureOf, run } from "./program.ts";

/** The target's own rules refuse three rows of forty: a check, a value that is too long, a key that was there. */
function source(name: TargetName): string[] {
  const text = name === "mariadb" || name === "mysql" ? "varchar(200)" : "text";
  const rows = Array.from(
    { length: 400 },
    (_, n) => `(${n + 1}, ${n + 1 === 123 ? -5 : n}, '${n + 1 === 250 ? "a\tb€".repeat(20) : "short"}')`,
  );
  return [
    `CREATE TABLE item (id integer NOT NULL PRIMARY KEY, amount integer, note ${text})`,
    `INSERT INTO item VALUES ${rows.join(", ")}`,
    ...(name === "postgres" ? ["ANALYZE item"] : []),
  ];
}

function target(name: TargetName): string[] {
  const checked = name === "sqlite" ? "note text CHECK (length(note) < 60)" : "note varchar(60)";
  return [
    `CREATE TABLE item (id integer NOT NULL PRIMARY KEY, amount integer CHECK (amount >= 0), ${checked})`,
    "INSERT INTO item VALUES (7, 700, 'was there')",
  ];
}

const table = (name: TargetName) => (name === "postgres" ? "godwit.quarantine" : "godwit_quarantine");

for (const pairing of pairings) {
  test(
    `${pairing.title}: a row that the target refuses stops the copy, or is set aside`,
    { skip: pairing.skip },
    async () => {
      await withBoth(
        pairing,
        async ({ from, to, project }) => {
          const { name } = pairing.target;
          await runSql(name, to, target(name));
          const ask = asker(name, to);
          const options = { url: to, project };
          const args = copyArgs(from, to, "--data-only", "--jobs", "1");
          const stopped = await run(args, options);
          assert.equal(stopped.error, "GW7002", failureOf(stopped));
          assert.match(stopped.message, /item, row 7\b/);
          assert.deepEqual(
            (await ask("SELECT id FROM item")).map(({ id }) => Number(id)),
            [7],
            "nothing of the chunk stays",
          );
          await ask("DELETE FROM item WHERE id = 7");
          const again = await run(args, options);
          assert.equal(again.error, "GW7002", failureOf(again));
          assert.match(again.message, /item, row 123\b/);

          const aside = [...args, "--quarantine"];
          await crashAt({ name: "chunk:before-commit", nth: 1 }, aside, { cwd: project.folder });
          const ended = await run(aside, options);
          assert.equal(ended.code, 5, failureOf(ended));
          assert.match(ended.message, /2 rows that the target refused were set aside/);
          const kept = await ask(
            `SELECT row_key, column_name, row_text FROM ${table(name)} ORDER BY ordinal, row_no`,
          );
          assert.deepEqual(
            kept.map((row) => row["row_key"]),
            ['["123"]', '["250"]'],
          );
          assert.ok(String(kept[1]?.["row_text"]).startsWith("250\t249\ta\\tb€"));
          assert.equal((await ask("SELECT id FROM item")).length, 398);

          // Repaired by hand, the same command finds both sides equal.
          await run(aside, options);
          assert.equal((await ask(`SELECT row_key FROM ${table(name)}`)).length, 2, "not set aside twice");
          await evidence(name, to);
        },
        source,
      );
    },
  );

  test(`${pairing.title}: no more rows are set aside than may be`, { skip: pairing.skip }, async () => {
    await withBoth(
      pairing,
      async ({ from, to, project }) => {
        const { name } = pairing.target;
        await runSql(name, to, [...target(name), "DELETE FROM item"]);
        const more = ["--data-only", "--quarantine", "--quarantine-limit", "1"];
        const ended = await run(copyArgs(from, to, ...more, "--jobs", "1"), { url: to, project });
        assert.equal(ended.error, "GW7002", failureOf(ended));
        assert.match(ended.message, /row 250\b.*no more may be|row 250\b/);
        assert.equal(eventsOf(ended.lines, "rows:quarantined").length, 1);
      },
      source,
    );
  });
}
