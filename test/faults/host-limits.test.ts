import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { apply, copy, type GodwitError, type GodwitEvent } from "../../src/index.ts";
import { startGodwit } from "../support/cli.ts";
import { makeProject } from "../support/project.ts";
import { withReplication } from "../support/replication.ts";
import { administer, mysqlUrl, type ServerName, target } from "../support/servers.ts";
import { until } from "../support/until.ts";

/*
 * limits.schemasPerHost and limits.workersPerHost bound what all processes do on one server. On a server of PostgreSQL
 * every run counts, so these run where no other test does.
 */

const config = `
limits: { workersPerHost: 2 }
profile: both
profiles:
  both: { limits: { schemasPerHost: 1 } }
  workers: {}
`;

/** Where the environment names a file, it is made to say that the work goes on, and another one is waited for. */
const patient = `
import { existsSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
export async function up(db) {
  await db.sql\`CREATE TABLE made (id int PRIMARY KEY)\`;
  const { AT_WORK, GO } = process.env;
  if (AT_WORK === undefined) return;
  writeFileSync(AT_WORK, "");
  while (!existsSync(GO)) await setTimeout(20);
}
`;

type Use = (url: string) => Promise<void>;
const places: Readonly<Record<ServerName, (t: TestContext, use: Use) => Promise<void>>> = {
  postgres: (t, use) =>
    withReplication(
      "postgres",
      (why) => t.skip(why),
      ({ primary }) => use(primary),
    ),
  mariadb: (t, use) =>
    withReplication(
      "mariadb",
      (why) => t.skip(why),
      ({ primary }) => use(primary),
    ),
  mysql: async (t, use) => {
    const { skip } = target("mysql");
    if (skip !== false) return t.skip(skip);
    await use(mysqlUrl());
  },
};

describe("at the same time", { concurrency: true }, () => {
  for (const [name, within] of Object.entries(places) as [ServerName, (typeof places)[ServerName]][]) {
    test(`${name}: runs of other databases and processes count`, (t) =>
      within(t, async (server) => {
        await using project = await makeProject({
          "godwit.config.yaml": config,
          "migrations/20260131090000_a.ts": patient,
        });
        const names = ["one", "two", "three"].map(
          (word) => `godwit_${word}_${randomBytes(4).toString("hex")}`,
        );
        const [one = "", two = "", three = ""] = names.map((database) => {
          const url = new URL(server);
          url.pathname = `/${database}`;
          return url.href;
        });
        const [atWork, go] = [join(project.folder, "at-work"), join(project.folder, "go")];
        const events: GodwitEvent[] = [];
        const inHere = (profile: string) => ({
          cwd: project.folder,
          env: { GODWIT_PROFILE: profile },
          onEvent: (event: GodwitEvent) => void events.push(event),
        });
        await administer(
          name,
          async (sql) => {
            for (const database of names) await sql(`CREATE DATABASE ${database}`);
          },
          server,
        );
        try {
          await using first = startGodwit(["apply"], {
            cwd: project.folder,
            env: { GODWIT_URL: one, AT_WORK: atWork, GO: go },
          });
          await until(() => existsSync(atWork), { what: "the first run is at work", timeoutMs: 60_000 });

          await assert.rejects(apply({ ...inHere("both"), url: two }), (error: GodwitError) => {
            assert.equal(error.code, "GW4009");
            assert.match(error.message, /limits\.schemasPerHost is 1/);
            assert.match(error.message, /session \d+ \((godwit [0-9a-f]{8}|user)/);
            if (name === "postgres") assert.match(error.message, new RegExp(`in database ${names[0]}`));
            return true;
          });

          // A copy may go on beside it, with the place that is left.
          await makeSource(name, three);
          await copy({ ...inHere("workers"), source: three, target: two, jobs: 2 });
          assert.deepEqual(warnings(events), ["1 of 2 workers write: the other places are taken by session"]);

          // What it has ends with its process, however that ends.
          const waiting = apply({ ...inHere("both"), url: two, waitMs: 60_000 });
          await until(() => events.some(({ type }) => type === "lock:waiting"), { what: "it waits" });
          first.kill("SIGKILL");
          assert.equal((await waiting).state, "done");

          events.length = 0;
          await copy({ ...inHere("workers"), source: three, target: two, jobs: 4, mode: "truncate" });
          assert.deepEqual(warnings(events), ["2 of 4 workers write: limits.workersPerHost is 2"]);
        } finally {
          await administer(
            name,
            async (sql) => {
              const force = name === "postgres" ? " WITH (FORCE)" : "";
              for (const database of names) await sql(`DROP DATABASE IF EXISTS ${database}${force}`);
            },
            server,
          );
        }
      }));
  }
});

async function makeSource(name: ServerName, url: string): Promise<void> {
  await administer(
    name,
    async (sql) => {
      await sql("CREATE TABLE item (id int PRIMARY KEY, n int)");
      await sql("INSERT INTO item VALUES (1, 1), (2, 2), (3, 3)");
    },
    url,
  );
}

/** Of the limit, up to the number of the session that is named. */
function warnings(events: readonly GodwitEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === "warning:raised" && event.code === "GW4009"
      ? [event.message.replace(/(by session) .*/, "$1")]
      : [],
  );
}
