import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import pg from "pg";
import { startEmbeddedPostgres } from "../../demo/embedded-postgres.ts";
import { copy, type CopyOptions } from "../../src/commands/copy.ts";
import { verify } from "../../src/commands/verify.ts";
import { inspect } from "../../src/engines/postgres/inspect.ts";
import { connect } from "../../src/engines/postgres/connect.ts";
import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import { postgresUrl, target } from "../support/servers.ts";
import { refused } from "./scene.ts";

/*
 * A copy between two PostgreSQL databases gives the schema back as it was. The oracle is pg_dump, where there is one for
 * the server, and the project's own dump, which another test holds against pg_dump.
 */
const { skip } = target("postgres");
describe("a copy within the PostgreSQL at hand", { skip }, () =>
  suite(async () => ({ url: postgresUrl() }), ["before", "tables", "keys", "constraints", "finish"]),
);
describe("a copy within PostgreSQL 18", () => suite(startEmbeddedPostgres));

/** What the fixture has that no copy makes. */
const neverMade = [
  "conversion s.odd",
  "default privileges s.ROLE (tables)",
  "event trigger watch",
  "foreign table public.far_table",
  "publication out",
  "rights on built-in objects pg_reload_conf()",
  "server far",
  "user mapping public (far)",
];

function suite(
  start: () => Promise<{ url: string } & Partial<AsyncDisposable>>,
  stops: readonly string[] = [],
): void {
  const role = `godwit_dev_${randomBytes(4).toString("hex")}`;
  let server: Awaited<ReturnType<typeof start>>;
  let version = 0;
  let kinds = "";
  let rich = "";
  before(async () => {
    server = await start();
    const [row] = await ask(
      server.url,
      `CREATE ROLE ${role}`,
      "SELECT current_setting('server_version_num') AS v",
    );
    version = Number(row?.["v"]);
    const text = async (name: string) => readFile(new URL(name, import.meta.url), "utf8");
    kinds = `${await text("copy-whole.sql")}${version >= 150_000 ? nullsNotDistinct : ""}${version >= 180_000 ? only18 : ""}`;
    kinds = kinds.replaceAll("the_role", role);
    rich =
      `${await text("../conformance/postgres-inspect.sql")}${await text("../conformance/postgres-inspect-more.sql")}`
        .replaceAll('"godwit dev ""role"""', role)
        .replaceAll(
          /^CREATE (SCHEMA godwit|TABLE godwit\.ledger|EXTENSION postgres_fdw|SERVER|FOREIGN)[^;]*;/gm,
          "",
        );
  });
  after(async () => {
    await ask(server.url, `DROP ROLE ${role}`);
    await server[Symbol.asyncDispose]?.();
  });

  test("gives every kind of thing back, begun anew too, and names what it does not make", () =>
    withTwo(server.url, async (source, to) => {
      await ask(source, kinds);
      await stoppedAfter("objects", source, to);
      const { undone, parts } = await copied(source, to, { restart: true });
      assert.deepEqual(
        undone
          .map(({ what, name }) => `${what} ${name}`.replace(/s\.\w+ \(tables/, "s.ROLE (tables"))
          .toSorted(),
        neverMade,
      );
      assert.deepEqual(parts, []);
      await ask(source, ...withoutNeverMade.map((sql) => sql.replaceAll("the_role", role)));
      await assertSameSchema(source, to);
      assert.equal((await verify({ source, target: to, env: {} })).equal, true);
      const [next] = await ask(
        to,
        "SELECT nextval('plain_ser_seq')::int AS ser, (SELECT count(*)::int FROM ONLY base) AS own",
      );
      assert.deepEqual({ ...next }, { ser: 51, own: 1 });
    }));

  test("goes on behind any step", () =>
    withTwo(server.url, async (source, to) => {
      await ask(source, madeAnew, rich);
      for (const unit of stops) await stoppedAfter(unit, source, to);
      assert.deepEqual((await copied(source, to)).undone, []);
      await assertSameSchema(source, to);
      assert.equal((await verify({ source, target: to, env: {} })).equal, true);
    }));

  test("a role that the target lacks is told, once for all that it owns or may do", async (t) => {
    if (skip !== false || version < 180_000) return t.skip("it needs a second server");
    // Only the server at hand has it.
    const own = `${role}_there`;
    await ask(postgresUrl(), `CREATE ROLE ${own}`);
    try {
      await withTwo(postgresUrl(), (source) =>
        withTwo(server.url, async (to) => {
          await ask(
            source,
            "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int); CREATE VIEW v AS SELECT id FROM a",
            `GRANT SELECT ON a, v TO ${own}; ALTER TABLE b OWNER TO ${own}; ALTER VIEW v OWNER TO ${own}`,
          );
          const { undone } = await copied(source, to);
          assert.deepEqual(
            undone.map(({ what, name, reason }) => [what, name, /role .* does not exist/.test(reason)]),
            [
              ["grants", own, true],
              ["owner", own, true],
            ],
          );
          assert.equal(undone[1]!.original.split("\n").length, 2, "all statements of the role");
        }),
      );
    } finally {
      await ask(postgresUrl(), `DROP ROLE ${own}`);
    }
  });

  test("a comment on public is told where the target has another one, which stays", () =>
    withTwo(server.url, async (source, to) => {
      await ask(source, "CREATE TABLE a (id int PRIMARY KEY); COMMENT ON SCHEMA public IS 'billing'");
      await ask(to, "COMMENT ON SCHEMA public IS 'stays'");
      const { undone } = await copied(source, to);
      assert.deepEqual(
        undone.map(({ what, name, original }) => [what, name, original]),
        [["schema", "public", "COMMENT ON SCHEMA public IS 'billing';"]],
      );
      const [row] = await ask(to, "SELECT obj_description('public'::regnamespace) AS comment");
      assert.equal(row!["comment"], "stays");
    }));

  test("citext stays what it is in an older server, whose checks are of it", async (t) => {
    if (skip !== false || version < 180_000) return t.skip("it needs a second server");
    await withTwo(server.url, (source) =>
      withTwo(postgresUrl(), async (to) => {
        await ask(
          source,
          "CREATE EXTENSION citext; CREATE DOMAIN email AS citext CHECK (VALUE ~ '@')",
          "CREATE TABLE t (id int PRIMARY KEY, e email UNIQUE, c citext CHECK (c <> 'x'), a citext[] CHECK (a[1] <> 'x'))",
          "INSERT INTO t VALUES (1, 'a@b', 'y', '{Z}')",
        );
        assert.deepEqual((await copied(source, to)).undone, []);
        for (const row of ["'A@B', 'y', NULL", "'b', 'y', NULL", "'b@c', 'X', NULL", "'b@c', 'y', '{X}'"])
          await assert.rejects(ask(to, `INSERT INTO t VALUES (2, ${row})`), { constraint: /^t_/ });
        assert.equal((await verify({ source, target: to, env: {} })).equal, true);
      }),
    );
  });

  async function assertSameSchema(source: string, to: string): Promise<void> {
    assert.equal(await ownDump(to), await ownDump(source));
    const [first, second] = [pgDump(source, version), pgDump(to, version)];
    assert.deepEqual(second, first);
  }
}

/** What is not made is taken away from the source, whose dump can then be that of the target. */
const withoutNeverMade = [
  "DROP EVENT TRIGGER IF EXISTS watch",
  "DROP PUBLICATION IF EXISTS out",
  "DROP CONVERSION IF EXISTS s.odd",
  "DROP SERVER IF EXISTS far CASCADE",
  "ALTER DEFAULT PRIVILEGES IN SCHEMA s REVOKE SELECT ON TABLES FROM the_role",
  "REVOKE EXECUTE ON FUNCTION pg_reload_conf() FROM the_role",
];

/** Without its comment, and without what everybody may do from the start. */
const madeAnew = "DROP SCHEMA public; CREATE SCHEMA public";

const nullsNotDistinct = "CREATE TABLE nulls (a int, b int, UNIQUE NULLS NOT DISTINCT (a));\n";
const only18 = `
  CREATE TABLE virtual (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL);
  INSERT INTO virtual VALUES (1), (2);
  CREATE TABLE named (a int CONSTRAINT "a there" NOT NULL NO INHERIT, b int);
  ALTER TABLE named ADD CONSTRAINT "b there" NOT NULL b NOT VALID;
  CREATE TABLE soft (a int REFERENCES plain NOT ENFORCED, CHECK (a > 1) NOT ENFORCED);
  CREATE TABLE counted (id bigint GENERATED ALWAYS AS IDENTITY, at date) PARTITION BY RANGE (at);
  CREATE TABLE counted_2024 PARTITION OF counted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  CREATE TABLE temporal (id int4range, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS));
  CREATE TABLE of_temporal (id int4range, during daterange, FOREIGN KEY (id, PERIOD during) REFERENCES temporal (id, PERIOD during));
`;

function copied(source: string, to: string, options: Partial<CopyOptions> = {}) {
  return copy({ source, target: to, env: {}, ...options });
}

/** Where the copy, or what goes on with it, stops when a unit is done. */
async function stoppedAfter(unit: string, source: string, to: string): Promise<void> {
  const stop = new AbortController();
  const interrupted = copied(source, to, {
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === "unit:finished" && event.unit === unit) stop.abort();
    },
  });
  await refused(interrupted, "GW4006");
}

async function withTwo(url: string, use: (source: string, to: string) => Promise<void>): Promise<void> {
  const names = [1, 2].map(() => `godwit_test_${randomBytes(6).toString("hex")}`);
  const urls = names.map((name) => Object.assign(new URL(url), { pathname: `/${name}` }).href);
  try {
    for (const name of names) {
      await ask(
        url,
        `CREATE DATABASE ${name} TEMPLATE template0`,
        `ALTER DATABASE ${name} SET search_path = public`,
      );
    }
    await use(urls[0]!, urls[1]!);
  } finally {
    for (const name of names) await ask(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }
}

/** The rows of the last one. */
async function ask(url: string, ...statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const sql of statements) ({ rows } = await client.query(sql));
    return rows;
  } finally {
    await client.end();
  }
}

async function ownDump(url: string): Promise<string> {
  const session = await connect.open(parseConnectionUrl(url), {
    tag: "godwit test",
    connectTimeoutMs: 10_000,
    lockTimeoutMs: 5000,
    statementTimeoutMs: 60_000,
  });
  try {
    return await inspect.dump(session);
  } finally {
    await session.close();
  }
}

/** Without the lines that name the database's or the dump's own identity; null where there is none of this server's version. */
function pgDump(url: string, version: number): readonly string[] | null {
  const program = process.env["GODWIT_TEST_PG_DUMP"] ?? "pg_dump";
  try {
    const release = /(\d+)\./.exec(execFileSync(program, ["--version"], { encoding: "utf8" }))?.[1];
    if (Number(release) < Math.floor(version / 10_000)) return null;
  } catch {
    return null;
  }
  const text = execFileSync(program, ["--schema-only", "--exclude-schema=godwit", url], { encoding: "utf8" });
  return text.split("\n").filter((line) => !/^\\(un)?restrict |^--/.test(line));
}
