import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { apply, type StampedEvent } from "../../src/index.ts";
import { makeProject } from "../support/project.ts";
import { withReplication } from "../support/replication.ts";
import { administer } from "../support/servers.ts";

/* A run on a primary whose replica falls behind, and catches up. */

for (const name of ["postgres", "mariadb"] as const) {
  test(`${name}: a run waits for a replica that lags, and goes on when it has caught up`, (t) =>
    withReplication(
      name,
      (reason) => t.skip(reason),
      async ({ primary, replica }) => {
        const database = `godwit_lag_${randomBytes(4).toString("hex")}`;
        const url = new URL(primary);
        url.pathname = `/${database}`;
        const onReplica = (sql: string) => administer(name, (run) => run(sql), replica);
        const [hold, free] =
          name === "postgres"
            ? ["SELECT pg_wal_replay_pause()", "SELECT pg_wal_replay_resume()"]
            : ["STOP SLAVE SQL_THREAD", "START SLAVE SQL_THREAD"];
        await administer(name, (run) => run(`CREATE DATABASE ${database}`), primary);
        await using project = await makeProject({
          "migrations/20260101000001_a.up.sql": "CREATE TABLE a (id int PRIMARY KEY);",
          // Something is written in the middle, for the replica to be behind with.
          "migrations/20260101000002_b.ts": `export async function up() {
  await globalThis.godwitLagHook();
}`,
          "migrations/20260101000003_c.up.sql": "CREATE TABLE c (id int PRIMARY KEY);",
        });
        const guard = {
          interval: "50ms",
          lagPause: "300ms",
          lagAbort: null,
          resumeSamples: 1,
          replicas: [replica],
        };
        await writeFile(join(project.folder, "godwit.config.json"), JSON.stringify({ guard }));
        const hook = globalThis as unknown as { godwitLagHook?: () => Promise<unknown> };
        const late = Promise.withResolvers<void>();
        hook.godwitLagHook = async () => {
          await onReplica(hold);
          await administer(name, (run) => run("CREATE TABLE late (id int)"), url.href);
          await late.promise;
        };
        const events: StampedEvent[] = [];
        let caughtUp: Promise<unknown> | null = null;
        const onEvent = (event: StampedEvent) => {
          events.push(event);
          if (event.type === "guard:sampled" && (event.lagMs === null || (event.lagMs ?? 0) > 300))
            late.resolve();
          if (event.type === "guard:paused") caughtUp ??= onReplica(free);
        };
        try {
          const result = await apply({ cwd: project.folder, env: {}, url: url.href, onEvent });
          assert.equal(result.state, "done");
          await caughtUp;
          const paused = events.find((event) => event.type === "guard:paused");
          assert.deepEqual(paused?.type === "guard:paused" && [paused.key, paused.signal, paused.limit], [
            "20260101000003/up/1",
            "lag",
            300,
          ]);
          const order = events.flatMap(({ type }) =>
            /^(guard:(paused|resumed)|unit:finished)$/.test(type) ? [type] : [],
          );
          assert.deepEqual(order, [
            "unit:finished",
            "unit:finished",
            "guard:paused",
            "guard:resumed",
            "unit:finished",
          ]);
        } finally {
          await onReplica(free).catch(() => {});
          await administer(
            name,
            (run) => run(`DROP DATABASE ${database}${name === "postgres" ? " WITH (FORCE)" : ""}`),
            primary,
          );
        }
      },
    ));
}
