import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { crashAt } from "../support/crash.ts";
import type { TargetName } from "../support/servers.ts";
import { asker, evidence } from "./evidence.ts";
import { copyArgs, pairings, runSql, withBoth } from "./copy-scene.ts";
import { eventsOf, failureOf, run, runWell } from "./program.ts";
import { someOf } from "./seeded.ts";

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
    // Chunks are cut by the statistics: row 7 is not to be in one of its own.
    ...(name === "postgres" ? ["ANALYZE item"] : name === "sqlite" ? [] : ["ANALYZE TABLE item"]),
  ];
}

const thereBefore = "INSERT INTO item VALUES (7, 700, 'was there')";

function target(name: TargetName): string[] {
  const checked = name === "sqlite" ? "note text CHECK (length(note) < 60)" : "note varchar(60)";
  return [
    `CREATE TABLE item (id integer NOT NULL PRIMARY KEY, amount integer CHECK (amount >= 0), ${checked})`,
    thereBefore,
  ];
}

const table = (name: TargetName) => (name === "postgres" ? "godwit.quarantine" : "godwit_quarantine");

/** One to each kind of server. */
const each = new Set(["sqlite → postgres", "postgres → sqlite", "postgres → mariadb", "mysql → mysql"]);

suite("rows that the target refuses", { concurrency: 3 }, () => {
  for (const pairing of pairings.filter(({ title }) => each.has(title))) {
    const { title, skip } = pairing;
    test(`${title}: such a row stops the copy, or is set aside`, { skip }, async () => {
      await withBoth(
        pairing,
        async ({ from, to, project }) => {
          const { name } = pairing.target;
          await runSql(name, to, target(name));
          const ask = asker(name, to);
          const options = { url: to, project };
          const args = copyArgs(from, to, "--data-only", "--jobs", "1");
          const before = await run(args, options);
          assert.equal(before.error, "GW7004", failureOf(before));
          assert.match(before.message, /hold rows already: (public\.)?item$/);
          await runSql(name, to, ["DELETE FROM item"]);

          // Another program writes into the table while it is copied.
          await crashAt({ name: "chunk:before-begin", nth: 1 }, args, { cwd: project.folder });
          await runSql(name, to, [thereBefore]);
          const stopped = await run(args, options);
          assert.equal(stopped.error, "GW7002", failureOf(stopped));
          assert.match(stopped.message, /item, row 7\b/);
          assert.deepEqual(
            (await ask("SELECT id FROM item")).map(({ id }) => Number(id)),
            [7],
            "nothing of the chunk stays",
          );
          await ask("DELETE FROM item WHERE id = 7");

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

          // The same command compares again, and sets nothing aside twice.
          const again = await run(aside, options);
          assert.equal(again.code, 5, failureOf(again));
          assert.equal((await ask(`SELECT row_key FROM ${table(name)}`)).length, 2, "not set aside twice");
          await evidence(name, to);
        },
        source,
      );
    });
  }

  const upserts = pairings.filter(({ title }) => each.has(title));
  for (const pairing of someOf(upserts, 2)) {
    const { title, skip } = pairing;
    test(`${title}: an upsert that sets rows aside is not verified`, { skip }, async () => {
      await withBoth(
        pairing,
        async ({ from, to, project }) => {
          const { name } = pairing.target;
          await runSql(name, to, target(name));
          const ask = asker(name, to);
          const args = copyArgs(from, to, "--mode", "upsert", "--quarantine", "--jobs", "1");
          const ended = await run(args, { url: to, project });
          assert.equal(ended.code, 5, failureOf(ended));
          assert.equal(ended.error, "GW7005");
          assert.match(ended.message, /^2 rows that the target refused were set aside/);
          assert.equal((await ask("SELECT id FROM item")).length, 398);
          const [seven] = await ask("SELECT amount FROM item WHERE id = 7");
          assert.equal(Number(seven?.["amount"]), 6, "the row that was there is replaced");
          // The run is over: the same command is a new one, which tries the rows again.
          await runSql(pairing.source.name, from, [
            "UPDATE item SET amount = 5, note = 'short' WHERE id IN (123, 250)",
          ]);
          await runWell(args, { url: to, project });
          assert.equal((await ask("SELECT id FROM item")).length, 400);
        },
        source,
      );
    });
  }

  const first = pairings[0]!;
  test("no more rows are set aside than may be", { skip: first.skip }, async () => {
    await withBoth(
      first,
      async ({ from, to, project }) => {
        const { name } = first.target;
        await runSql(name, to, target(name).slice(0, 1));
        const more = ["--data-only", "--quarantine", "--quarantine-limit", "1"];
        const ended = await run(copyArgs(from, to, ...more, "--jobs", "1"), { url: to, project });
        assert.equal(ended.error, "GW7002", failureOf(ended));
        assert.match(ended.message, /row 250\b.*no more may be|row 250\b/);
        assert.equal(eventsOf(ended.lines, "rows:quarantined").length, 1);
      },
      source,
    );
  });

  test(
    "a statement that the target refuses is told with the command that goes on",
    { skip: first.skip },
    async () => {
      await withBoth(
        first,
        async ({ from, to, project }) => {
          const args = copyArgs(from, to, "--jobs", "1");
          await crashAt({ name: "chunk:after-commit", nth: 2 }, args, { cwd: project.folder });
          await runSql("postgres", to, ["CREATE TABLE item_amount (id integer)"]);
          const ended = await run(args, { url: to, project });
          assert.equal(ended.error, "GW6001", failureOf(ended));
          const [{ id } = {}] = await asker("postgres", to)("SELECT id FROM godwit.run");
          assert.match(ended.stdout, new RegExp(`godwit copy SOURCE TARGET --resume ${String(id)}`));
          assert.doesNotMatch(ended.stdout, /godwit apply/);
          await runSql("postgres", to, ["DROP TABLE item_amount"]);
          await runWell(copyArgs(from, to, "--resume", String(id)), { url: to, project });
        },
        (name) => [...source(name), "CREATE INDEX item_amount ON item (amount)"],
      );
    },
  );
});
