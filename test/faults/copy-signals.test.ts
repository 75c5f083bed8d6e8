import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { assertCopied, copyArgs, pairings, runSql, type Scene, withBoth } from "./copy-scene.ts";
import { asker, assertClean, sessions } from "./evidence.ts";
import { openSession, type OpenSession } from "./open-session.ts";
import { endOf, eventsOf, failureOf, runWell, start } from "./program.ts";
import type { Cli } from "../support/cli.ts";
import { crashAt, crashPoints } from "../support/crash.ts";
import { withOwnDatabase } from "./own-database.ts";
import { until } from "../support/until.ts";

const toPostgres = (title: string) => pairings.find((pairing) => pairing.title === title)!;

/** A copy whose chunk of `purchase` waits in its middle for a lock of the test's. */
async function inChunk(
  { from, to, project }: Scene,
  use: (held: { cli: Cli; blocker: OpenSession; args: readonly string[] }) => Promise<void>,
): Promise<void> {
  await runWell(copyArgs(from, to, "--schema-only"), { url: to, project });
  const named = `SELECT conname FROM pg_constraint WHERE conrelid = 'purchase'::regclass AND contype = 'f'`;
  const [key] = await asker("postgres", to)(named);
  await runSql("postgres", to, [`ALTER TABLE purchase DROP CONSTRAINT "${String(key?.["conname"])}"`]);
  const args = copyArgs(from, to, "--data-only", "--lock-timeout", "60s");
  await using blocker = await openSession("postgres", to);
  await blocker.sql("BEGIN; LOCK TABLE purchase IN EXCLUSIVE MODE");
  await using cli = start(args, { url: to, project });
  await until(async () =>
    (await sessions("postgres", to)).some((row) => /COPY .*purchase/.test(String(row["query"]))),
  );
  await use({ cli, blocker, args });
}

suite("signals in the middle of a chunk", { concurrency: 3 }, () => {
  for (const [title, signal, code] of [
    ["sqlite → postgres", "SIGINT", 130],
    ["mariadb → postgres", "SIGTERM", 143],
  ] as const) {
    const pairing = toPostgres(title);
    test(`${title}: ${signal} rolls back the chunks that are under way`, { skip: pairing.skip }, async () => {
      await withBoth(pairing, async (scene) => {
        const { from, to, project } = scene;
        await inChunk(scene, async ({ cli, blocker, args }) => {
          cli.kill(signal);
          const ended = await endOf(cli);
          assert.equal(ended.code, code, failureOf(ended));
          assert.equal(ended.error, "GW4006", failureOf(ended));
          assert.match(ended.stdout, /the same command goes on with the rest/);
          await until(async () => (await sessions("postgres", to)).length === 0, {
            what: "no session is left",
          });
          await blocker.sql("COMMIT");
          const [row] = await asker("postgres", to)("SELECT count(*)::int AS n FROM purchase");
          assert.equal(row?.["n"], 0);
          await runWell(args, { url: to, project });
          await assertCopied(pairing, { from, to });
          await assertClean("postgres", to);
        });
      });
    });
  }

  const first = toPostgres("sqlite → postgres");
  test("a copy that was stopped and goes on copies each chunk once", { skip: first.skip }, async () => {
    await withBoth(first, async (scene) => {
      await inChunk(scene, async ({ cli, blocker }) => {
        cli.kill("SIGSTOP");
        await blocker.sql("COMMIT");
        // What the server can do without its client it does: the chunks wait for more rows, or for their COMMIT.
        await until(async () =>
          (await sessions("postgres", scene.to)).every(({ waitsFor }) => waitsFor === "Client"),
        );
        cli.kill("SIGCONT");
        const ended = await endOf(cli);
        assert.equal(ended.code, 0, failureOf(ended));
        assert.deepEqual(eventsOf(ended.lines, "connection:lost"), []);
        await assertCopied(first, scene);
        await assertClean("postgres", scene.to);
      });
    });
  });

  test(
    "a copy that was stopped, and comes back after another one took over, adds nothing",
    {
      skip: first.skip,
    },
    async () => {
      await withBoth(first, async (scene) => {
        const { from, to, project } = scene;
        await inChunk(scene, async ({ cli, blocker, args }) => {
          cli.kill("SIGSTOP");
          // What a server does at its time limits, or an operator, to sessions that nobody is heard from.
          for (const { pid } of await sessions("postgres", to)) {
            await asker("postgres", to)(`SELECT pg_terminate_backend(${String(pid)})`);
          }
          await until(async () => (await sessions("postgres", to)).length === 0, { what: "they are gone" });
          await blocker.sql("COMMIT");
          await runWell(args, { url: to, project });
          await assertCopied(first, { from, to });
          cli.kill("SIGCONT");
          const ended = await endOf(cli);
          assert.equal(ended.error, "GW4003", failureOf(ended));
          assert.equal(ended.code, 1);
          await assertCopied(first, { from, to });
          await assertClean("postgres", to);
        });
      });
    },
  );

  test("a worker of a killed run is waited for", { skip: first.skip }, async () => {
    await withBoth(first, async ({ from, to, project, args }) => {
      // The mark that it would still hold, by a session that the server does not give up.
      await using orphan = await openSession("postgres", to);
      const key = BigInt("0x676f64776974") + 1n;
      await orphan.sql(`SELECT pg_advisory_lock_shared(${key})`);
      await using cli = start(args, { url: to, project });
      await cli.saw(/"type":"orphan:found"/);
      assert.doesNotMatch(cli.stdout, /"type":"run:started"/);
      await orphan.sql(`SELECT pg_advisory_unlock_shared(${key})`);
      const ended = await endOf(cli);
      assert.equal(ended.code, 0, failureOf(ended));
      assert.match(ended.stdout, /"type":"orphan:gone"/);
      await assertCopied(first, { from, to });
    });
  });
});

suite("signals while rows are read back", () => {
  const pairing = toPostgres("sqlite → postgres");
  test(`${pairing.title}: a worker that waits for a lock is cancelled`, { skip: pairing.skip }, async () => {
    await withBoth(pairing, async ({ from, to, project }) => {
      const args = copyArgs(from, to, "--tables", "log", "--lock-timeout", "60s", "--jobs", "1");
      const options = { cwd: project.folder };
      // All rows are in: nothing that reads the target is left but the comparison.
      const last = await withOwnDatabase("postgres", async (other) => {
        const points = await crashPoints(args.with(2, other), options);
        // The last one is that of the comparison itself.
        return points.filter(({ name }) => name === "transaction:after-commit").at(-2)!;
      });
      await crashAt(last, args, options);
      await using blocker = await openSession("postgres", to);
      await blocker.sql("BEGIN; LOCK TABLE log IN ACCESS EXCLUSIVE MODE");
      await using cli = start(args, { url: to, project });
      await until(async () =>
        (await sessions("postgres", to)).some((row) => /COPY .*log.* TO STDOUT/.test(String(row["query"]))),
      );
      cli.kill("SIGINT");
      const ended = await endOf(cli);
      assert.equal(ended.code, 130, failureOf(ended));
      assert.equal(ended.error, "GW4006", failureOf(ended));
      await blocker.sql("COMMIT");
      await runWell(args, { url: to, project });
      await assertClean("postgres", to);
    });
  });
});

suite("waits for locks in tables that a copy fills alone", () => {
  const pairing = pairings.find(({ title }) => title === "postgres → mariadb")!;
  test(
    `${pairing.title}: for the lock of a counter, as long as others have it`,
    { skip: pairing.skip },
    async () => {
      const prepare = () => [
        "CREATE TABLE log (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, message text)",
        "INSERT INTO log (message) SELECT 'message ' || n FROM generate_series(1, 300) AS n",
      ];
      await withBoth(
        pairing,
        async ({ from, to, project }) => {
          const args = copyArgs(from, to, "--lock-timeout", "1s");
          await crashAt({ name: "chunk:before-begin", nth: 1 }, args, { cwd: project.folder });
          // A statement that counts on by itself has the lock to its end, as a LOAD DATA of another chunk has.
          await using other = await openSession("mariadb", to);
          await other.sql("BEGIN");
          const counting = other.sql(
            "INSERT INTO log (message) SELECT IF(n = 1, 'x', SLEEP(4)) FROM (SELECT 1 AS n UNION SELECT 2) AS two",
          );
          await until(async () => {
            const all = await asker("mariadb", to)("SHOW FULL PROCESSLIST");
            return all.some((row) => String(row["Id"]) === other.id && row["State"] === "User sleep");
          });
          const copying = runWell(args, { url: to, project });
          await counting;
          await other.sql("ROLLBACK");
          const ended = await copying;
          assert.deepEqual(eventsOf(ended.lines, "retry:scheduled"), []);
          const [row] = await asker("mariadb", to)("SELECT COUNT(*) AS n FROM log");
          assert.equal(Number(row?.["n"]), 300);
        },
        prepare,
      );
    },
  );
});
