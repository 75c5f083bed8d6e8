import assert from "node:assert/strict";
import { test } from "node:test";
import { crashAt } from "../support/crash.ts";
import { makeProject, type Project } from "../support/project.ts";
import { target } from "../support/servers.ts";
import { until } from "../support/until.ts";
import { asker, assertClean, sessions } from "./evidence.ts";
import { withOwnDatabase } from "./own-database.ts";
import { applyArgs, cliOptions, endOf, run, runWell, start } from "./program.ts";

// Statements that look the same after as before, so that "nothing is different" does not mean "not done yet".

interface Case {
  readonly sql: string;
  readonly setup: readonly string[];
  /** What the application does between the kill and the next run. */
  readonly write: string;
  readonly read: string;
  readonly kept: unknown;
  readonly only?: "mariadb";
}

const key = "20260101000001/up/2";

const cases: readonly Case[] = [
  {
    sql: "ALTER TABLE t DROP COLUMN c, ADD COLUMN c int",
    setup: ["CREATE TABLE t (id int PRIMARY KEY, c int)", "INSERT INTO t VALUES (1, 1)"],
    write: "UPDATE t SET c = 42",
    read: "SELECT CAST(c AS char) AS kept FROM t",
    kept: "42",
  },
  {
    sql: "ALTER TABLE t CHANGE a b int FIRST, CHANGE b a int AFTER id",
    setup: ["CREATE TABLE t (b int, id int PRIMARY KEY, a int)", "INSERT INTO t VALUES (2, 0, 1)"],
    write: "UPDATE t SET a = 42",
    read: "SELECT CAST(a AS char) AS kept FROM t",
    kept: "42",
    // MySQL builds the table anew, and has another id for it then.
    only: "mariadb",
  },
  {
    sql: "TRUNCATE TABLE t",
    setup: ["CREATE TABLE t (c int) ENGINE=MyISAM", "INSERT INTO t VALUES (1)"],
    write: "INSERT INTO t VALUES (42)",
    read: "SELECT CAST(c AS char) AS kept FROM t",
    kept: "42",
  },
  {
    sql: "CREATE OR REPLACE TABLE t (c int) ENGINE=Aria",
    setup: ["CREATE TABLE t (c int) ENGINE=Aria", "INSERT INTO t VALUES (1)"],
    write: "INSERT INTO t VALUES (42)",
    read: "SELECT CAST(c AS char) AS kept FROM t",
    kept: "42",
    only: "mariadb",
  },
  {
    sql: "ALTER SEQUENCE s RESTART 100",
    setup: ["CREATE SEQUENCE s"],
    write: "SELECT NEXTVAL(s)",
    read: "SELECT CAST(NEXTVAL(s) AS char) AS kept",
    kept: "101",
    only: "mariadb",
  },
];

function project(statement: string): Promise<Project> {
  return makeProject({
    "migrations/20260101000001_two.up.sql": `CREATE TABLE first_one (id int);\n${statement};\nCREATE TABLE last_one (id int);\n`,
  });
}

for (const name of ["mariadb", "mysql"] as const) {
  const { skip } = target(name);
  for (const { sql, setup, write, read, kept } of cases.filter(({ only = name }) => only === name)) {
    test(`${name}: ${sql}: killed after it, it is not done again over what was written since`, { skip }, () =>
      withOwnDatabase(name, async (url) => {
        await using files = await project(sql);
        const ask = asker(name, url);
        for (const statement of setup) await ask(statement);
        const at = { name: "bare:after-statement", nth: 2 };
        await crashAt(at, applyArgs, cliOptions({ url, project: files }));
        await ask(write);
        const ended = await run(applyArgs, { url, project: files });
        assert.deepEqual([ended.error, ended.message.includes(key)], ["GW4004", true], ended.message);
        await runWell(["repair", "--done", key, "--yes", "--json"], { url, project: files });
        await runWell(applyArgs, { url, project: files });
        assert.deepEqual(await ask(read), [{ kept }]);
        await assertClean(name, url);
      }),
    );
  }

  test(
    `${name}: such a statement is announced only when it is sent: killed before, it is done`,
    { skip },
    () =>
      withOwnDatabase(name, async (url) => {
        await using files = await project("ALTER TABLE t DROP COLUMN c, ADD COLUMN c int");
        await asker(name, url)("CREATE TABLE t (id int PRIMARY KEY, c int)");
        // The record of the statement before it would otherwise announce it.
        await crashAt({ name: "bare:after-commit", nth: 1 }, applyArgs, cliOptions({ url, project: files }));
        await runWell(applyArgs, { url, project: files });
        await assertClean(name, url);
      }),
  );
}

const { skip } = target("mariadb");

test(
  "mariadb: OR REPLACE that is killed after it removed the old table is not taken for done",
  { skip },
  () =>
    withOwnDatabase("mariadb", async (url) => {
      const statement = "CREATE OR REPLACE TABLE t AS SELECT SLEEP(30) AS z, 5 AS i";
      await using files = await project(statement);
      const ask = asker("mariadb", url);
      await ask("CREATE TABLE t (id int)");
      await using cli = start(applyArgs, { url, project: files });
      const working = async () =>
        (await sessions("mariadb", url)).find(
          (row) => row["Info"] === statement && row["State"] === "User sleep",
        );
      await until(async () => (await working()) !== undefined);
      await ask(`KILL ${String((await working())?.["Id"])}`);
      const ended = await endOf(cli);
      assert.equal(ended.error, "GW4004", ended.message);
      assert.deepEqual(await ask("SHOW TABLES LIKE 't'"), []);
      assert.deepEqual(await ask("SELECT version FROM godwit_migration"), []);
      await runWell(["repair", "--not-done", key, "--yes", "--json"], { url, project: files });
      await files.write({
        "migrations/20260101000001_two.up.sql": `CREATE TABLE first_one (id int);\nCREATE OR REPLACE TABLE t AS SELECT 5 AS i;\n`,
      });
      await runWell(applyArgs, { url, project: files });
      assert.deepEqual(await ask("SELECT CAST(i AS char) AS i FROM t"), [{ i: "5" }]);
      await assertClean("mariadb", url);
    }),
);

test("mariadb: OR REPLACE that the server refuses says that the old table is gone", { skip }, () =>
  withOwnDatabase("mariadb", async (url) => {
    await using files = await project(
      "CREATE OR REPLACE TABLE t (i int PRIMARY KEY) AS SELECT 1 AS i UNION ALL SELECT 1",
    );
    const ask = asker("mariadb", url);
    await ask("CREATE TABLE t (id int)");
    const ended = await run(applyArgs, { url, project: files });
    assert.deepEqual(await ask("SHOW TABLES LIKE 't'"), []);
    assert.equal(ended.error, "GW6001", ended.message);
    assert.match(ended.message, /a part of it took effect all the same/);
  }),
);

test("a refusal after which all looks as before has changed nothing", { skip }, () =>
  withOwnDatabase("mariadb", async (url) => {
    await using files = await project("ALTER TABLE t DROP COLUMN c, ADD COLUMN c int, ADD COLUMN c int");
    const ask = asker("mariadb", url);
    await ask("CREATE TABLE t (id int, c int)");
    const ended = await run(applyArgs, { url, project: files });
    const error = ended.lines.find(({ type }) => type === "error");
    assert.equal(
      (error?.["error"] as { outcome?: string } | undefined)?.outcome ?? error?.["outcome"],
      "unchanged",
    );
    assert.doesNotMatch(ended.message, /took effect/);
  }),
);
