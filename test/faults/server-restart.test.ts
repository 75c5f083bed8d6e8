import assert from "node:assert/strict";
import { test } from "node:test";
import { makeProject } from "../support/project.ts";
import { administer } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { assertClean, evidence, sessions } from "./evidence.ts";
import { fixtures } from "./fixtures.ts";
import { openSession } from "./open-session.ts";
import { privatePostgresSkip, startPrivatePostgres } from "./private-postgres.ts";
import { applyArgs, endOf, eventsOf, failureOf, runWell, start } from "./program.ts";

test(
  "postgres: the server is restarted in the middle of a run",
  { skip: privatePostgresSkip() },
  async (t) => {
    await using server = await startPrivatePostgres();
    await using project = await makeProject({
      ...fixtures.postgres,
      "migrations/20260101000004_slow.up.sql":
        "INSERT INTO entry VALUES (41, 'before'); INSERT INTO entry SELECT 42, 'slow' FROM pg_sleep(1.5);",
      "migrations/20260101000005_build.up.sql": "CREATE INDEX CONCURRENTLY entry_id ON entry (id);",
    });
    const database = async (name: string): Promise<string> => {
      await administer("postgres", (sql) => sql(`CREATE DATABASE ${name}`), server.url);
      return server.url.replace(/postgres$/, name);
    };
    const calm = await database("calm");
    await runWell(applyArgs, { url: calm, project });
    const expected = await evidence("postgres", calm);

    for (const mode of ["fast", "immediate"] as const) {
      for (const statement of ["INSERT", "CREATE INDEX"] as const) {
        await t.test(`${mode}, while ${statement} runs`, async () => {
          const url = await database(`${mode}_${statement === "INSERT" ? "insert" : "build"}`);
          if (statement === "CREATE INDEX") {
            await runWell([...applyArgs, "--to", "20260101000004"], { url, project });
          }
          await using blocker = await openSession("postgres", url);
          // The build has to wait for it; the restart ends it.
          if (statement === "CREATE INDEX")
            await blocker.sql("BEGIN; INSERT INTO entry VALUES (99, 'never')");
          await using cli = start(applyArgs, { url, project });
          const pattern = statement === "INSERT" ? /pg_sleep/ : /^CREATE INDEX/;
          await until(async () =>
            (await sessions("postgres", url)).some(
              (row) => pattern.test(String(row["query"])) && row["state"] === "active",
            ),
          );
          await server.restart(mode);
          const ended = await endOf(cli);
          assert.equal(ended.code, 0, failureOf(ended));
          assert.ok(eventsOf(ended.lines, "connection:lost").length >= 1);
          assert.ok(eventsOf(ended.lines, "connection:restored").length >= 1);
          const found = await evidence("postgres", url);
          if (statement === "INSERT") assert.deepEqual(found, expected);
          else assert.deepEqual([found.schema, found.rows], [expected.schema, expected.rows]);
          await assertClean("postgres", url);
        });
      }
    }
  },
);
