import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { suite, test } from "node:test";
import { administer } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { assertCopied, copyArgs, pairings, runSql, statements } from "./copy-scene.ts";
import { asker, assertClean, sessions } from "./evidence.ts";
import { makeProject } from "../support/project.ts";
import { openSession } from "./open-session.ts";
import { withOwnDatabase } from "./own-database.ts";
import { type PrivatePostgres, privatePostgresSkip, startPrivatePostgres } from "./private-postgres.ts";
import { endOf, eventsOf, failureOf, run, runWell, start } from "./program.ts";
import { mountSmallDisk, smallDiskSkip } from "./small-disk.ts";

const skip = privatePostgresSkip();
const find = (title: string) => pairings.find((pairing) => pairing.title === title)!;

suite("servers that end or are full in the middle of a copy", { timeout: 280_000 }, () => {
  test("a server is restarted", { skip }, async (t) => {
    await using server = await startPrivatePostgres();
    for (const mode of ["fast", "immediate"] as const) {
      await t.test(`the source's, ${mode}`, async () => {
        const pairing = find("postgres → postgres");
        const from = await ownDatabase(server, `source_${mode}`);
        await runSql("postgres", from, statements("postgres"));
        await withOwnDatabase("postgres", (to) => restarted(pairing, from, to, () => server.restart(mode)));
      });
      await t.test(`the target's, ${mode}`, async () => {
        const to = await ownDatabase(server, `target_${mode}`);
        await withOwnDatabase("sqlite", async (from) => {
          await runSql("sqlite", from, statements("sqlite"));
          await restarted(find("sqlite → postgres"), from, to, () => server.restart(mode));
        });
      });
    }
  });

  test("the target's disk is full", { skip: skip || smallDiskSkip() }, async (t) => {
    const wide =
      "INSERT INTO log SELECT message || hex(randomblob(50000)), 9 FROM log, (SELECT 1 UNION SELECT 2)";
    await withOwnDatabase("sqlite", async (from) => {
      await runSql("sqlite", from, [...statements("sqlite"), wide]);
      await t.test("of PostgreSQL", async () => {
        await using server = await startPrivatePostgres();
        await using disk = await mountSmallDisk(16);
        const place = join(disk.folder, "space");
        await mkdir(place);
        if (process.getuid?.() === 0) execFileSync("chown", ["nobody", place]);
        await administer("postgres", (sql) => sql(`CREATE TABLESPACE small LOCATION '${place}'`), server.url);
        const to = await ownDatabase(server, "small", "TABLESPACE small");
        await filled(find("sqlite → postgres"), from, to, () => disk.resize(128));
        await server.stop();
      });
      await t.test("of SQLite", async () => {
        await using disk = await mountSmallDisk(2);
        const to = `sqlite:${join(disk.folder, "target.db")}`;
        const pairing = { ...find("sqlite → postgres"), target: find("postgres → sqlite").target };
        await filled(pairing, from, to, () => disk.resize(128));
      });
    });
  });
});

async function ownDatabase(server: PrivatePostgres, name: string, options = ""): Promise<string> {
  await administer("postgres", (sql) => sql(`CREATE DATABASE ${name} ${options}`), server.url);
  return server.url.replace(/postgres$/, name);
}

/** The server ends while a chunk is under way, which a lock keeps in its middle; the copy must end by itself. */
async function restarted(
  pairing: Parameters<typeof assertCopied>[0],
  from: string,
  to: string,
  restart: () => Promise<void>,
): Promise<void> {
  await using project = await makeProject({});
  await runWell(copyArgs(from, to, "--schema-only"), { url: to, project });
  await runSql("postgres", to, ["ALTER TABLE purchase DROP CONSTRAINT purchase_customer_fkey"]);
  await using blocker = await openSession("postgres", to);
  await blocker.sql("BEGIN; LOCK TABLE purchase IN EXCLUSIVE MODE");
  const args = copyArgs(from, to, "--data-only", "--lock-timeout", "60s");
  await using cli = start(args, { url: to, project });
  await until(async () =>
    (await sessions("postgres", to)).some((row) => /COPY .*purchase/.test(String(row["query"]))),
  );
  await restart();
  // Where it was the target's server, the lock is gone with it.
  await blocker.sql("COMMIT").catch(() => undefined);
  const ended = await endOf(cli);
  assert.equal(ended.code, 0, failureOf(ended));
  assert.ok(eventsOf(ended.lines, "connection:lost").length > 0, "the loss is told");
  await assertCopied(pairing, { from, to });
  await assertClean("postgres", to);
}

/** The copy stops, keeps what it has, and goes on when there is room. */
async function filled(
  pairing: Parameters<typeof assertCopied>[0],
  from: string,
  to: string,
  makeRoom: () => Promise<void>,
): Promise<void> {
  await using project = await makeProject({});
  const args = ["copy", from, to, "--json", "--chunk-size", "200KB", "--jobs", "1"];
  const ended = await run(args, { url: to, project });
  assert.equal(ended.error, "GW6001", failureOf(ended));
  assert.match(ended.message, /log: .*(No space left|full)/);
  assert.match(ended.stdout, /run the same command again/);
  const { name } = pairing.target;
  const chunk = name === "postgres" ? "godwit.chunk" : "godwit_chunk";
  const count = async (sql: string) => Number(Object.values((await asker(name, to)(sql))[0] ?? {})[0]);
  const done = await count(`SELECT count(*) FROM ${chunk} WHERE state = 'done'`);
  assert.ok(done > 0, "some chunks were committed before the disk was full");
  assert.equal(
    await count("SELECT count(*) FROM log"),
    await count(
      `SELECT coalesce(sum(row_count), 0) FROM ${chunk} WHERE state = 'done' AND table_name LIKE '%log'`,
    ),
    "the ledger counts what is there",
  );
  await makeRoom();
  const again = await runWell(args, { url: to, project });
  const copied = eventsOf(again.lines, "chunk:finished").length;
  const all = await count(`SELECT count(*) FROM ${chunk}`);
  assert.equal(copied, all - done, "what was there was not copied again");
  await assertCopied(pairing, { from, to });
  await assertClean(name, to);
}
