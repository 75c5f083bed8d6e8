import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { godwit, startGodwit } from "../support/cli.ts";
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

/** Says that it is at work, and is done when the file is there that the environment names. */
const patient = `
import { existsSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
export async function up(db) {
  await db.sql\`CREATE TABLE made (id int PRIMARY KEY)\`;
  writeFileSync(process.env.AT_WORK, "");
  while (!existsSync(process.env.GO)) await setTimeout(20);
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

for (const [name, within] of Object.entries(places) as [ServerName, (typeof places)[ServerName]][]) {
  test(`${name}: runs of other databases and processes count`, (t) =>
    within(t, async (server) => {
      await using project = await makeProject({
        "godwit.config.yaml": config,
        "migrations/20260131090000_a.ts": patient,
      });
      const names = ["one", "two", "three"].map((word) => `godwit_${word}_${randomBytes(4).toString("hex")}`);
      const [one = "", two = "", three = ""] = names.map((database) => {
        const url = new URL(server);
        url.pathname = `/${database}`;
        return url.href;
      });
      const [atWork, go] = [join(project.folder, "at-work"), join(project.folder, "go")];
      const start = (args: readonly string[], url: string, env: Record<string, string> = {}) =>
        startGodwit(args, {
          cwd: project.folder,
          // Only the first one waits.
          env: { GODWIT_URL: url, AT_WORK: join(project.folder, "other"), GO: project.folder, ...env },
        });
      await administer(
        name,
        async (sql) => {
          for (const database of names) await sql(`CREATE DATABASE ${database}`);
        },
        server,
      );
      try {
        await using first = start(["apply"], one, { AT_WORK: atWork, GO: go });
        await until(() => existsSync(atWork), { what: "the first run is at work" });

        await using refused = start(["apply", "--json"], two);
        const { code, stdout } = await refused.result;
        assert.equal(code, 4, stdout);
        assert.match(stdout, /GW4009/);
        assert.match(stdout, /limits\.schemasPerHost is 1/);
        assert.match(stdout, /session \d+ \((godwit [0-9a-f]{8}|user)/);
        if (name === "postgres") assert.match(stdout, new RegExp(`in database ${names[0]}`));

        // A copy may go on beside it, with the place that is left.
        const source = await makeSource(name, three);
        const copied = await godwit(["copy", source, two, "--json", "--jobs", "2", "--yes"], {
          cwd: project.folder,
          env: { GODWIT_PROFILE: "workers" },
        });
        assert.equal(copied.code, 0, copied.stdout + copied.stderr);
        assert.deepEqual(warnings(copied.stdout), [
          "1 of 2 workers write: the other places are taken by session",
        ]);

        // What it has ends with its process, however that ends.
        await using waiting = start(["apply", "--wait", "60s", "--json"], two);
        await waiting.saw(/"lock:waiting"/);
        first.kill("SIGKILL");
        assert.equal((await waiting.result).code, 0, waiting.stdout);

        const many = await godwit(
          ["copy", source, two, "--json", "--jobs", "4", "--yes", "--mode", "truncate"],
          { cwd: project.folder, env: { GODWIT_PROFILE: "workers" } },
        );
        assert.equal(many.code, 0, many.stdout + many.stderr);
        assert.deepEqual(warnings(many.stdout), ["2 of 4 workers write: limits.workersPerHost is 2"]);
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

async function makeSource(name: ServerName, url: string): Promise<string> {
  await administer(
    name,
    async (sql) => {
      await sql("CREATE TABLE item (id int PRIMARY KEY, n int)");
      await sql("INSERT INTO item VALUES (1, 1), (2, 2), (3, 3)");
    },
    url,
  );
  return url;
}

/** Of the limit, up to the number of the session that is named. */
function warnings(ndjson: string): string[] {
  return ndjson
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { type?: string; code?: string; message?: string })
    .filter(({ type, code }) => type === "warning:raised" && code === "GW4009")
    .map(({ message = "" }) => message.replace(/(by session) .*/, "$1"));
}
