import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import type { Signals } from "../../src/engines/engine.ts";
import { loadEngine } from "../../src/engines/registry.ts";
import { godwit } from "../support/cli.ts";
import { makeProject } from "../support/project.ts";
import { administer, type ServerName, target, withDatabase } from "../support/servers.ts";
import { readPages } from "./markdown.ts";

/* The GRANTs of the pages, run as they stand there, are enough. */

const password = randomBytes(12).toString("hex");

for (const name of ["postgres", "mariadb", "mysql"] as const) {
  test(`${name}: the documented privileges are enough to migrate`, { skip: target(name).skip }, async () => {
    const kind = name === "postgres" ? "postgres" : "mysql";
    await using project = await makeProject(migrations(name));
    await withDatabase(name, async (url) => {
      await using migrator = await makeRole(name, url, kind);
      const cwd = project.folder;
      const env = { GODWIT_URL: migrator.url };
      for (const args of [
        ["apply"],
        ["rollback", "--yes"],
        ["apply"],
        ["status", "--exit-code"],
        ["validate"],
      ]) {
        const { code, stdout, stderr } = await godwit(args, { cwd, env });
        assert.equal(code, 0, `${args.join(" ")}\n${stdout}\n${stderr}`);
      }
      if (name !== "postgres") return;
      await using watcher = await makeRole(name, url, "postgres-reader");
      for (const args of [["status", "--exit-code"], ["plan"], ["validate"]]) {
        const { code, stderr } = await godwit(args, { cwd, env: { GODWIT_URL: watcher.url } });
        assert.equal(code, 0, `${args.join(" ")} as a reader\n${stderr}`);
      }
      const refused = await godwit(["rollback", "--yes"], { cwd, env: { GODWIT_URL: watcher.url } });
      assert.notEqual(refused.code, 0);
    });
  });
}

for (const name of ["postgres", "mariadb", "mysql"] as const) {
  test(
    `${name}: the documented privileges make every signal known`,
    { skip: target(name).skip },
    async () => {
      const kind = name === "postgres" ? "postgres" : "mysql";
      await withDatabase(name, async (url) => {
        await using migrator = await makeRole(name, url, kind);
        const engine = await loadEngine(kind);
        const sample = async () => {
          const session = await engine.connect.open(parseConnectionUrl(migrator.url), {
            tag: "godwit test",
            connectTimeoutMs: 10_000,
            lockTimeoutMs: 10_000,
            statementTimeoutMs: 10_000,
          });
          try {
            const questions = { ownSessions: [], queries: [], heartbeat: null, replicas: [] };
            return await engine.signals!.sample(session, questions);
          } finally {
            await session.close();
          }
        };
        const unknown = ({ absent: _, ...signals }: Signals) =>
          Object.entries(signals).filter(([, reading]) => reading !== undefined && "unknown" in reading);
        // Somebody else's session is there to be hidden.
        await administer(
          name,
          async () => {
            for (const [signal, reading] of unknown(await sample())) {
              const { remedy = "", withheld } = reading as { remedy?: string; withheld?: true };
              assert.match(`${signal}: ${remedy}`, /: GRANT .* TO .*;$/);
              assert.equal(withheld, true, signal);
            }
            assert.notDeepEqual(unknown(await sample()), []);
            await migrator.grant(`${name}-guard`);
            assert.deepEqual(unknown(await sample()), []);
          },
          url,
        );
      });
    },
  );
}

function migrations(name: ServerName): Record<string, string> {
  const routine =
    name === "postgres"
      ? "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
      : "CREATE PROCEDURE f() BEGIN SELECT 1; END;";
  return {
    "migrations/20260131090000_a.up.sql": `CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a (id));
      CREATE INDEX b_a ON b (a); CREATE VIEW c AS SELECT id FROM a; INSERT INTO a VALUES (1); ${routine}
      ALTER TABLE a ADD COLUMN note text;`,
    "migrations/20260131090000_a.down.sql": `DROP ${name === "postgres" ? "FUNCTION" : "PROCEDURE"} f; DROP VIEW c; DROP TABLE b; DROP TABLE a;`,
  };
}

interface MadeRole extends AsyncDisposable {
  readonly url: string;
  /** Runs a further block for it. */
  grant(block: string): Promise<void>;
}

/** Runs the page's block with a name, a password and a database of our own in their places. */
async function makeRole(name: ServerName, url: string, block: string): Promise<MadeRole> {
  const role = `godwit_docs_${randomBytes(6).toString("hex")}`;
  const own = new URL(url);
  const database = own.pathname.slice(1);
  const inside = name === "postgres" ? url : undefined;
  const grant = (documentedAs: string) =>
    administer(
      name,
      async (run) => {
        const sql = documented(documentedAs)
          .replaceAll(/\b(?:migrator|watcher)\b/g, role)
          .replaceAll("change-me", password)
          .replaceAll(/\bshop\b/g, database);
        for (const statement of sql.split(";")) if (statement.trim() !== "") await run(statement);
      },
      inside,
    );
  await grant(block);
  own.username = role;
  own.password = password;
  return {
    url: own.href,
    grant,
    async [Symbol.asyncDispose]() {
      await administer(
        name,
        async (run) => {
          if (name === "postgres") await run(`DROP OWNED BY ${role} CASCADE`);
          await run(name === "postgres" ? `DROP ROLE ${role}` : `DROP USER '${role}'@'%'`);
        },
        inside,
      );
    },
  };
}

function documented(name: string): string {
  const block = readPages()
    .flatMap(({ blocks }) => blocks)
    .find(({ attributes }) => attributes.get("grants") === name);
  assert.ok(block !== undefined, `no page has a block grants=${name}`);
  return block.text;
}
