import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { apply, status } from "../../src/index.ts";
import { administer, target, targets } from "../support/servers.ts";
import {
  applied,
  ledgerTable,
  refusedUnchanged,
  type Row,
  scene,
  type Scene,
  stem,
  tableNames,
  version,
} from "./scene.ts";

const up = (number: number) => `${stem(number)}.up.sql`;

/**
 * Migration 1 does something to its session; migration 2 must not notice, and the ledger must be exact: the text
 * of both is what the files say, and the history is sound.
 */
async function harmless(own: Scene, first: string, second: string): Promise<void> {
  const texts = [`-- é \u{1F9A2} 'x' "y" \\\n${first}`, `-- ü\n${second}`];
  await own.write({ [up(1)]: texts[0] ?? "", [up(2)]: texts[1] ?? "" });
  await applied(own);
  const rows = await own.sql(
    `SELECT version, name, source FROM ${ledgerTable(own.name, "migration")} ORDER BY seq`,
  );
  assert.deepEqual(
    rows.map(({ version: of, name, source }) => ({ version: of, name, source })),
    texts.map((source, at) => ({ version: version(at + 1), name: stem(at + 1), source })),
  );
}

const postgres = target("postgres");

const inPostgres: readonly {
  what: string;
  first: string;
  second?: string;
  tables?: string[];
  todo?: string;
}[] = [
  { what: "search_path = ''", first: "SET search_path = ''; CREATE TABLE public.one (id int);" },
  {
    what: "set_config of search_path",
    first: "SELECT set_config('search_path', '', false); CREATE TABLE public.one (id int);",
  },
  {
    what: "search_path to a schema with tables of the ledger's names",
    first: `CREATE SCHEMA evil; SET search_path = evil, pg_catalog;
      CREATE TABLE migration (x int); CREATE TABLE step (x int); CREATE TABLE run (x int); CREATE TABLE ledger (x int);
      CREATE TABLE public.one (id int);`,
    tables: ["evil.ledger", "evil.migration", "evil.run", "evil.step", "one", "two"],
  },
  { what: "a temporary table", first: "CREATE TEMPORARY TABLE two (x int); CREATE TABLE one (id int);" },
  {
    what: "datestyle, timezone, intervalstyle",
    first:
      "SET datestyle = 'German'; SET timezone = 'Asia/Kolkata'; SET bytea_output = 'escape'; CREATE TABLE one (id int);",
  },
  {
    what: "backslash_quote, escape strings",
    first: "SET backslash_quote = on; SET escape_string_warning = off; CREATE TABLE one (id int);",
  },
  {
    what: "session_replication_role",
    first: "SET session_replication_role = replica; CREATE TABLE one (id int);",
  },
  {
    what: "row_security off and check_function_bodies",
    first: "SET row_security = off; SET check_function_bodies = off; CREATE TABLE one (id int);",
  },
  {
    what: "a prepared statement, a cursor, a listener",
    first: "PREPARE p AS SELECT 1; LISTEN x; CREATE TABLE one (id int);",
    second: "PREPARE p AS SELECT 2; CREATE TABLE two (id int);",
  },
  {
    what: "statement_timeout and lock_timeout",
    first:
      "SET statement_timeout = 1; SET lock_timeout = 1; RESET statement_timeout; CREATE TABLE one (id int);",
    second: "SELECT pg_sleep(0.02); CREATE TABLE two (id int);",
  },
  {
    what: "default isolation",
    first: "SET default_transaction_isolation = 'serializable'; CREATE TABLE one (id int);",
  },
  {
    what: "a deferred default",
    first: "SET default_transaction_deferrable = on; CREATE TABLE one (id int);",
  },
  {
    what: "the schema public dropped and made again",
    first:
      "CREATE TABLE zero (id int); DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE public.one (id int);",
  },
  {
    what: "the schema public renamed",
    first: "CREATE TABLE one (id int); ALTER SCHEMA public RENAME TO elsewhere; CREATE SCHEMA public;",
    tables: ["elsewhere.one", "two"],
  },
];

test(
  "PostgreSQL: what a migration does to its session touches neither the next one nor the ledger",
  { skip: postgres.skip },
  async (t) => {
    for (const {
      what,
      first,
      second = "CREATE TABLE two (id int);",
      tables = ["one", "two"],
    } of inPostgres) {
      await t.test(what, () =>
        scene("postgres", {}, async (own) => {
          await harmless(own, first, second);
          assert.deepEqual(await tableNames(own), tables);
        }),
      );
    }
  },
);

for (const how of ["SET ROLE", "SET LOCAL ROLE", "SET SESSION AUTHORIZATION"]) {
  test(`PostgreSQL: ${how} does not hold for the ledger's own writes`, { skip: postgres.skip }, () =>
    withRole(async (role) =>
      scene("postgres", {}, async (own) => {
        await own.sql(`GRANT CREATE ON SCHEMA public TO ${role}`);
        await harmless(
          own,
          `${how} ${role}; CREATE TABLE one (id int);`,
          "CREATE TABLE two (id int); SELECT 1/(current_user = session_user)::int;",
        );
        const owners = await own.sql(
          "SELECT tableowner FROM pg_tables WHERE tablename IN ('one', 'two') ORDER BY tablename",
        );
        assert.equal(owners[0]?.["tableowner"], role);
        assert.notEqual(owners[1]?.["tableowner"], role);
        await own.sql("DROP TABLE one");
        await own.sql(`REVOKE CREATE ON SCHEMA public FROM ${role}`);
      }),
    ),
  );
}

for (const text of [
  "SET default_transaction_read_only = on; CREATE TABLE one (id int);",
  "CREATE TABLE one (id int); SET default_transaction_read_only = on; CREATE INDEX CONCURRENTLY i ON one (id);",
  "CREATE TABLE one (id int); SET transaction_read_only = on;",
]) {
  test(`PostgreSQL: the ledger stays sound after: ${text}`, { skip: postgres.skip }, () =>
    scene("postgres", {}, async (own) => {
      await own.write({
        [up(1)]: text,
        [`${stem(1)}.down.sql`]: "DROP TABLE one;",
        [up(2)]: "CREATE TABLE two (id int);",
      });
      const failed = await apply(own.options).then(
        () => null,
        (error: unknown) => error as { code: string; message: string },
      );
      const { migrations } = await status(own.options);
      const tables = await tableNames(own);
      // Either it was refused, with a name to it, and is not recorded; or it was done, and is recorded.
      if (failed !== null) assert.match(failed.code, /^GW(2007|2011|3007|6001)$/, failed.message);
      assert.equal(migrations[0]?.state === "applied", failed === null);
      if (migrations[0]?.state === "applied") assert.deepEqual(tables, ["one", "two"]);
      await own.write({ [up(1)]: text.replaceAll(/SET [^;]+;/g, "") });
      if (migrations[0]?.state !== "applied") await applied(own);
      assert.deepEqual(await tableNames(own), ["one", "two"]);
    }),
  );
}

test("PostgreSQL: settings that would change how a file is read are refused", { skip: postgres.skip }, () =>
  scene("postgres", {}, async (own) => {
    for (const text of [
      "SET standard_conforming_strings = off;",
      "SET standard_conforming_strings TO 'no';",
      "SELECT set_config('standard_conforming_strings', 'off', false);",
      "SET client_encoding = 'LATIN1';",
      "SET NAMES 'LATIN1';",
      "RESET ALL;",
      "DISCARD ALL;",
      "SET application_name = 'x';",
    ]) {
      await own.write({ [up(1)]: `CREATE TABLE one (id int);\n${text}` });
      await refusedUnchanged(own, () => apply(own.options), "GW2011");
    }
    assert.deepEqual(await tableNames(own), []);
  }),
);

test(
  "PostgreSQL: a database whose default is standard_conforming_strings = off is read by the standard all the same",
  { skip: postgres.skip },
  () =>
    scene("postgres", {}, async (own) => {
      await own.sql(
        `ALTER DATABASE ${new URL(own.url).pathname.slice(1)} SET standard_conforming_strings = off`,
      );
      // By the standard: three statements. With backslash escapes: another number of them.
      await harmless(
        own,
        "CREATE TABLE one (a text); INSERT INTO one VALUES ('C:\\'); INSERT INTO one VALUES ('\\; x');",
        "CREATE TABLE two (id int);",
      );
      assert.deepEqual(
        (await own.sql("SELECT a FROM one ORDER BY a")).map(({ a }) => a),
        ["C:\\", "\\; x"],
      );
    }),
);

test(
  "PostgreSQL: a role that is called like the ledger's schema makes its tables in public",
  { skip: postgres.skip },
  () =>
    scene("postgres", {}, async (own) => {
      await own.sql(`ALTER DATABASE ${new URL(own.url).pathname.slice(1)} RESET search_path`);
      const [who] = await own.sql("SELECT current_user AS role");
      assert.equal(who?.["role"], "godwit");
      await harmless(own, "CREATE TABLE one (id int);", "CREATE TABLE two (id int);");
      assert.deepEqual(await tableNames(own), ["one", "two"]);
    }),
);

const inMysql: readonly { what: string; first: string; second?: string; mariadb?: true }[] = [
  { what: "sql_mode = ''", first: "SET sql_mode = ''; CREATE TABLE one (id int);" },
  { what: "ANSI_QUOTES", first: `SET SESSION sql_mode = 'ANSI_QUOTES'; CREATE TABLE "one" ("id" int);` },
  { what: "ANSI and PIPES_AS_CONCAT", first: "SET @@session.sql_mode = 'ANSI'; CREATE TABLE one (id int);" },
  {
    what: "foreign_key_checks and unique_checks",
    first: "SET foreign_key_checks = 0, unique_checks = 0; CREATE TABLE one (id int);",
  },
  {
    what: "time_zone and timestamp",
    first: "SET time_zone = '+13:00', timestamp = 1; CREATE TABLE one (id int);",
  },
  {
    what: "sql_safe_updates",
    first: "SET sql_safe_updates = 1, sql_select_limit = 1; CREATE TABLE one (id int);",
  },
  {
    what: "insert_id and auto_increment",
    first: "SET insert_id = 77, auto_increment_increment = 5; CREATE TABLE one (id int);",
  },
  {
    what: "collation_connection",
    first: "SET collation_connection = utf8mb4_bin; CREATE TABLE one (id int);",
  },
  {
    what: "SET NAMES utf8mb4 with a collation",
    first: "SET NAMES utf8mb4 COLLATE utf8mb4_bin; CREATE TABLE one (id int);",
  },
  {
    what: "character_set_connection = latin1",
    first: "SET character_set_connection = latin1; CREATE TABLE one (id int);",
  },
  { what: "character_set_results", first: "SET character_set_results = latin1; CREATE TABLE one (id int);" },
  {
    what: "a temporary table",
    first: "CREATE TEMPORARY TABLE two (x int); CREATE TABLE one (id int);",
    second: "CREATE TABLE two (id int); INSERT INTO two (id) VALUES (1);",
  },
  {
    what: "a user variable and a prepared statement",
    first: "SET @x = 1; PREPARE p FROM 'SELECT 1'; CREATE TABLE one (id int);",
  },
  {
    what: "big_tables, max_join_size, group_concat_max_len",
    first: "SET max_join_size = 1, group_concat_max_len = 4; CREATE TABLE one (id int);",
  },
];

for (const { name, skip } of targets.filter(({ engine }) => engine === "mysql")) {
  for (const { what, first, second = "CREATE TABLE two (id int);" } of inMysql) {
    test(`${name}: neither the next migration nor the ledger notices ${what}`, { skip }, () =>
      scene(name, {}, async (own) => {
        await harmless(own, first, second);
        assert.deepEqual(await tableNames(own), ["one", "two"]);
      }),
    );
  }

  test(
    `${name}: settings that would change how a file is read, or where it is written, are refused`,
    { skip },
    () =>
      scene(name, {}, async (own) => {
        for (const text of [
          "SET sql_mode = 'NO_BACKSLASH_ESCAPES';",
          "SET SESSION sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES');",
          "SET NAMES latin1;",
          "SET CHARACTER SET latin1;",
          "SET autocommit = 0;",
          "SET completion_type = 2;",
          "USE mysql;",
          "LOCK TABLES one WRITE;",
          "SELECT RELEASE_ALL_LOCKS();",
        ]) {
          await own.write({ [up(1)]: `CREATE TABLE one (id int);\n${text}` });
          await refusedUnchanged(own, () => apply(own.options), "GW2011");
        }
        assert.deepEqual(await tableNames(own), []);
      }),
  );

  test(`${name}: the ledger stays sound when a migration makes its session read-only`, { skip }, () =>
    scene(name, {}, async (own) => {
      const variable = name === "mariadb" ? "tx_read_only" : "transaction_read_only";
      await own.write({
        [up(1)]: `CREATE TABLE one (id int);\nSET SESSION ${variable} = 1;\nINSERT INTO one VALUES (1);`,
      });
      await refusedUnchanged(own, () => apply(own.options), "GW2011");
      await own.write({ [up(1)]: "CREATE TABLE one (id int);\nINSERT INTO one VALUES (1);" });
      await applied(own);
    }),
  );
}

test("SQLite: pragmas of one migration do not hold for the next", () =>
  scene("sqlite", {}, async (own) => {
    await harmless(
      own,
      "PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON; CREATE TEMP TABLE two (x int); CREATE TABLE one (id int);",
      "CREATE TABLE two (id int REFERENCES one);",
    );
    assert.deepEqual(await tableNames(own), ["one", "two"]);
  }));

async function withRole(use: (role: string) => Promise<void>): Promise<void> {
  const role = `godwit_role_${randomBytes(6).toString("hex")}`;
  await administer("postgres", (sql): Promise<readonly Row[]> => sql(`CREATE ROLE ${role}`));
  try {
    await use(role);
  } finally {
    await administer("postgres", (sql) => sql(`DROP ROLE ${role}`));
  }
}
