import assert from "node:assert/strict";
import { test } from "node:test";
import { assertCopied, copyArgs, pairings, runSql, withBoth } from "./copy-scene.ts";
import { asker, assertClean, sessions } from "./evidence.ts";
import { openSession } from "./open-session.ts";
import { endOf, failureOf, runWell, start } from "./program.ts";
import { until } from "../support/until.ts";

const promptMs = 5_000;

/** A lock on the target keeps a chunk waiting, so that the signal comes in its middle. */
for (const pairing of pairings.filter(({ target }) => target.name === "postgres")) {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    test(
      `${pairing.title}: ${signal} rolls back the chunks that are under way`,
      { skip: pairing.skip },
      async () => {
        await withBoth(pairing, async ({ from, to, project }) => {
          await runWell(copyArgs(from, to, "--schema-only"), { url: to, project });
          const named = `SELECT conname FROM pg_constraint WHERE conrelid = 'purchase'::regclass AND contype = 'f'`;
          const [key] = await asker("postgres", to)(named);
          await runSql("postgres", to, [
            `ALTER TABLE purchase DROP CONSTRAINT "${String(key?.["conname"])}"`,
          ]);
          const args = copyArgs(from, to, "--data-only", "--lock-timeout", "60s");
          await using blocker = await openSession("postgres", to);
          await blocker.sql("BEGIN; LOCK TABLE purchase IN EXCLUSIVE MODE");
          await using cli = start(args, { url: to, project });
          await until(async () =>
            (await sessions("postgres", to)).some((row) => /COPY .*purchase/.test(String(row["query"]))),
          );
          const since = performance.now();
          cli.kill(signal);
          const ended = await endOf(cli);
          const took = performance.now() - since;
          assert.equal(ended.code, code, failureOf(ended));
          assert.equal(ended.error, "GW4006", failureOf(ended));
          assert.match(ended.stdout, /the same command goes on with the rest/);
          assert.ok(took < promptMs, `it took ${took} ms`);
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
      },
    );
  }
}

test(
  "postgres: an index build of a killed run is waited for",
  { skip: pairings[0]?.skip ?? false },
  async () => {
    const pairing = pairings[0]!;
    await withBoth(pairing, async ({ from, to, project, args }) => {
      // The mark that a worker of a killed run would still hold, by a session that the server does not give up.
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
      await assertCopied(pairing, { from, to });
    });
  },
);
