import assert from "node:assert/strict";
import { before, test } from "node:test";
import { parseSync } from "libpg-query";
import type { ObjectName } from "../../core/plan.ts";
import { GodwitError } from "../../core/error.ts";
import { syntax } from "./syntax.ts";

before(() => syntax.load());

function only(sql: string) {
  const found = syntax.statements(sql, "f.sql");
  assert.equal(found.length, 1, sql);
  return found[0]!;
}

function fails(sql: string, code: string, message: string): void {
  assert.throws(
    () => syntax.statements(sql, "f.sql"),
    (error) => {
      assert.ok(error instanceof GodwitError, String(error));
      assert.equal(error.code, code, error.message);
      assert.ok(error.message.startsWith(`f.sql:${message}`), error.message);
      return true;
    },
  );
}

const corpus: readonly (readonly [label: string, sql: string])[] = [
  ["CREATE TABLE", "CREATE TABLE IF NOT EXISTS s.\"t;x\" (id bigint PRIMARY KEY, a text DEFAULT ';')"],
  ["CREATE TABLE", "CREATE UNLOGGED TABLE u (LIKE t)"],
  ["CREATE TABLE", "CREATE TEMP TABLE u AS SELECT 1"],
  ["CREATE FOREIGN TABLE", "CREATE FOREIGN TABLE u (a int) SERVER s"],
  ["CREATE INDEX", "CREATE UNIQUE INDEX i ON t (lower(a)) WHERE a <> ';'"],
  ["CREATE VIEW", "CREATE OR REPLACE RECURSIVE VIEW v (n) AS SELECT 1"],
  ["CREATE MATERIALIZED VIEW", "CREATE MATERIALIZED VIEW v AS SELECT 1"],
  ["REFRESH MATERIALIZED VIEW", "REFRESH MATERIALIZED VIEW CONCURRENTLY v"],
  ["CREATE FUNCTION", "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$"],
  [
    "CREATE FUNCTION",
    "CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1 AS end; SELECT CASE WHEN a THEN 2 END FROM t; END",
  ],
  ["CREATE RULE", "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO u VALUES (1); SELECT 2)"],
  ["CREATE TRIGGER", "CREATE CONSTRAINT TRIGGER x AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"],
  ["CREATE EVENT TRIGGER", "CREATE EVENT TRIGGER x ON ddl_command_end EXECUTE FUNCTION f()"],
  ["CREATE PROCEDURE", "CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'"],
  ["CREATE TYPE", "CREATE TYPE e AS ENUM ('a', 'b')"],
  ["CREATE EXTENSION", "CREATE EXTENSION IF NOT EXISTS pg_trgm"],
  ["CREATE SCHEMA", "CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS SELECT 1"],
  ["ALTER TABLE", "ALTER TABLE ONLY t ADD COLUMN b int, DROP COLUMN c"],
  ["ALTER TABLE", "ALTER TABLE t DETACH PARTITION q"],
  ["ALTER DEFAULT PRIVILEGES", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x"],
  ["ALTER TYPE", "ALTER TYPE e RENAME VALUE 'a' TO 'c'"],
  ["DROP TABLE", "DROP TABLE a, b CASCADE"],
  ["DROP INDEX", "DROP INDEX i"],
  ["COMMENT", "COMMENT ON TABLE t IS E'it\\'s; -- so'"],
  ["GRANT", "GRANT SELECT ON t TO x"],
  ["INSERT", "INSERT INTO t VALUES (1, U&'\\0441', $a$ ; $$ $a$)"],
  ["INSERT", "WITH x AS (DELETE FROM u RETURNING *) INSERT INTO t SELECT * FROM x"],
  ["MERGE", "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE"],
  ["SELECT", "(SELECT a[1:2], a=-1, a->>'b' FROM t /* ; /* ; */ */)"],
  ["CALL", "CALL p()"],
  ["ANALYZE", "ANALYZE t"],
  ["CLUSTER", "CLUSTER t"],
  ["REINDEX", "REINDEX (CONCURRENTLY false) TABLE t"],
  ["DO", "DO $$ BEGIN PERFORM 'COMMIT;', a AS commit; -- ; COMMIT;\nEND $$"],
  ["SAVEPOINT", "SAVEPOINT x"],
  ["ROLLBACK TO", "ROLLBACK TO x"],
  ["RELEASE", "RELEASE x"],
  ["COPY", "COPY t FROM '/srv/x.csv' (FORMAT csv)"],
  ["LOCK", "LOCK TABLE t"],
  ["DISCARD", "DISCARD PLANS"],
  ["ALTER DATABASE", "ALTER DATABASE d SET search_path = a"],
  ["CREATE SUBSCRIPTION", "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)"],
  ["ALTER SUBSCRIPTION", "ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = off)"],
  ["ALTER SUBSCRIPTION", "ALTER SUBSCRIPTION s DISABLE"],
  ["SET", "SET LOCAL work_mem = '1MB'"],
  ["SET", "SET CONSTRAINTS ALL DEFERRED"],
];

test("most runs in a transaction, under a short label", () => {
  for (const [label, sql] of corpus) {
    const { line: _, offset: __, column: ___, alone: ____, ...found } = only(sql);
    const expected = {
      text: sql,
      label,
      transactional: true,
      session: false,
      effect: { type: "transactional" },
    };
    assert.deepEqual(found, expected);
  }
});

test("the splitter finds the parser's own boundaries", () => {
  const text = corpus.map(([, sql]) => `-- é 😀\n${sql}\n;`).join("\r\n");
  const bytes = Buffer.from(text);
  const byParser = (parseSync(text).stmts ?? []).map(({ stmt_location = 0, stmt_len = 0 }) =>
    // The parser counts comments before a statement to it.
    bytes
      .subarray(stmt_location, stmt_location + stmt_len)
      .toString()
      .replace(/^\s*-- é 😀\s*/u, "")
      .trim(),
  );
  const bySplitter = syntax.statements(text, "f.sql").map((statement) => statement.text);
  assert.equal(bySplitter.length, corpus.length);
  assert.deepEqual(bySplitter, byParser);
});

test("what runs outside a transaction says how its effect is found", () => {
  const object = (kind: ObjectName["kind"], name: string, schema?: string) =>
    schema === undefined ? { kind, name } : { kind, schema, name };
  const definition = (...objects: ObjectName[]) => ({ type: "definition", objects });
  const repeatable = { type: "repeatable" };
  const opaque = { type: "opaque" };
  const cases: readonly (readonly [sql: string, effect: object])[] = [
    [
      'CREATE INDEX CONCURRENTLY i ON s."T" (a)',
      { type: "index-build", table: object("table", "T", "s"), index: "i" },
    ],
    ["CREATE UNIQUE INDEX CONCURRENTLY ON t (a)", { type: "index-build", table: object("table", "t") }],
    ["DROP INDEX CONCURRENTLY IF EXISTS s.i, j", definition(object("index", "i", "s"), object("index", "j"))],
    ["REINDEX INDEX CONCURRENTLY i", { type: "index-build", table: object("index", "i"), rebuild: true }],
    ["REINDEX (CONCURRENTLY) TABLE t", { type: "index-build", table: object("table", "t"), rebuild: true }],
    ["REINDEX SCHEMA s", repeatable],
    ["REINDEX (VERBOSE, CONCURRENTLY off) DATABASE d", repeatable],
    ['REINDEX SCHEMA CONCURRENTLY "S"', { type: "index-build", table: object("schema", "S"), rebuild: true }],
    [
      "REINDEX (CONCURRENTLY) DATABASE",
      { type: "index-build", table: object("database", ""), rebuild: true },
    ],
    ["VACUUM", repeatable],
    ["VACUUM t, u", repeatable],
    ["VACUUM (ANALYZE) t", { ...repeatable, single: true }],
    ["CLUSTER", repeatable],
    ["ALTER TYPE s.e ADD VALUE IF NOT EXISTS 'x' BEFORE 'y'", definition(object("type", "e", "s"))],
    ["CREATE DATABASE d", definition(object("database", "d"))],
    ["DROP DATABASE IF EXISTS d", definition(object("database", "d"))],
    ["ALTER DATABASE d SET TABLESPACE x", { ...opaque, single: true }],
    ["CREATE TABLESPACE x LOCATION '/y'", { ...opaque, single: true }],
    ["DROP TABLESPACE x", { ...opaque, single: true }],
    ["ALTER SYSTEM SET work_mem = '1MB'", { ...repeatable, single: true }],
    [
      "ALTER TABLE s.t DETACH PARTITION q CONCURRENTLY",
      definition(object("table", "t", "s"), object("table", "q")),
    ],
    [
      "ALTER TABLE t DETACH PARTITION s.q FINALIZE",
      definition(object("table", "t"), object("table", "q", "s")),
    ],
    ["CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", opaque],
    ["ALTER SUBSCRIPTION s ADD PUBLICATION p", opaque],
    ["ALTER SUBSCRIPTION s SET (two_phase = true)", opaque],
    ["ALTER SUBSCRIPTION s REFRESH PUBLICATION", repeatable],
    ["DROP SUBSCRIPTION s", opaque],
    ["DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$", opaque],
    ["DO 'BEGIN IF a THEN ROLLBACK AND CHAIN; END IF; END' LANGUAGE plpgsql", opaque],
  ];
  for (const [sql, effect] of cases) {
    const { transactional, session, effect: found } = only(sql);
    assert.deepEqual(
      { sql, transactional, session, found },
      { sql, transactional: false, session: false, found: effect },
    );
  }
  assert.equal(only("CREATE INDEX CONCURRENTLY ON t (a)").label, "CREATE INDEX CONCURRENTLY");
});

test("what may refuse a transaction, or end one, does without where its file asks for none", () => {
  const cases: readonly (readonly [sql: string, type: string | undefined])[] = [
    ["CALL p(1, 'x')", "opaque"],
    ["DO $$ BEGIN CALL p(); END $$", "opaque"],
    ["DO LANGUAGE plperl $$ spi_commit(); $$", "opaque"],
    ["DO $$ BEGIN UPDATE t SET a = locally(b); END $$", undefined],
    ["REINDEX TABLE t", "repeatable"],
    ["REINDEX (VERBOSE) INDEX i", "repeatable"],
    ["CLUSTER t USING i", "repeatable"],
    ["UPDATE t SET a = 1", undefined],
    ["CREATE TABLE t (id int)", undefined],
  ];
  for (const [sql, type] of cases) {
    const { transactional, effect, alone } = only(sql);
    assert.deepEqual([sql, transactional, effect.type], [sql, true, "transactional"]);
    assert.deepEqual([sql, alone?.type], [sql, type]);
  }
});

test("what would make the session read-only is refused, however it is said", () => {
  for (const sql of [
    "SET default_transaction_read_only = on",
    "SET \"DEFAULT_transaction_READ_ONLY\" TO 'yes'",
    "SET LOCAL transaction_read_only = 1",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE",
    "SELECT set_config('default_transaction_read_only', 'on', false)",
    "SELECT 1, pg_catalog.\"set_config\"('Default_Transaction_Read_Only'::text, 'true'::text, false)",
    "SELECT * FROM set_config(is_local => true, new_value => 't', setting_name => 'transaction_read_only')",
    "SELECT set_config('default_transaction_read_only', (SELECT v FROM t), false)",
    "WITH s AS (SELECT set_config('default_transaction_read_only', 'on', false)) INSERT INTO t SELECT * FROM s",
    "DO $$ BEGIN SET default_transaction_read_only = on; END $$",
    "DO 'BEGIN SET SESSION /* ; */ \"transaction_read_only\" TO true; END'",
    "DO $$ BEGIN SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY; END $$",
    "DO $$ BEGIN SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; END $$",
    "DO $$ BEGIN PERFORM pg_catalog.set_config('default_transaction_read_only', 'on', false); END $$",
    "DO $$ BEGIN EXECUTE 'SET default_transaction_read_only = on'; END $$",
  ]) {
    fails(`\n${sql}`, "GW2011", "2:1:");
  }
  for (const sql of [
    "SET default_transaction_read_only = off",
    "RESET default_transaction_read_only",
    "SET default_transaction_read_only TO DEFAULT",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE, ISOLATION LEVEL SERIALIZABLE",
    "SELECT set_config('default_transaction_read_only', 'off', false)",
    "ALTER ROLE reader SET default_transaction_read_only = on",
    "ALTER DATABASE d SET default_transaction_read_only = on",
    "DO $$ BEGIN SET transaction_read_only TO off; RAISE NOTICE 'SET transaction_read_only = on'; END $$",
    "DO $$ BEGIN UPDATE message SET transaction = 1 WHERE is_read; -- SET TRANSACTION READ ONLY\nEND $$",
    "CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT set_config('transaction_read_only', 'on', true); END",
  ]) {
    only(sql);
  }
});

test("the ledger is not a migration's to change", () => {
  for (const sql of [
    "DROP SCHEMA godwit CASCADE",
    'DROP SCHEMA IF EXISTS app, "godwit"',
    "ALTER SCHEMA godwit RENAME TO old",
    "ALTER SCHEMA Godwit OWNER TO x",
    "DROP TABLE app.t, GODWIT.Migration",
    'DROP TABLE shop."godwit"."run"',
    'DROP TABLE U&"\\0067odwit".run',
    "ALTER TABLE godwit.run SET SCHEMA public",
    "ALTER TABLE ONLY godwit.run RENAME TO runs",
    "ALTER TABLE godwit.run RENAME COLUMN id TO key",
    "ALTER TABLE IF EXISTS godwit.step ADD COLUMN x int",
    "TRUNCATE app.t, godwit.step",
    "INSERT INTO godwit.ledger VALUES (1)",
    "UPDATE ONLY godwit.migration SET actor = 'x'",
    "DELETE FROM godwit.run r USING t WHERE r.id = t.id",
    "MERGE INTO godwit.run USING u ON true WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM godwit.run RETURNING *) SELECT * FROM gone",
    "COPY godwit.run FROM '/x'",
    "CREATE TRIGGER t BEFORE INSERT ON godwit.migration FOR EACH ROW EXECUTE FUNCTION f()",
    "CREATE RULE r AS ON INSERT TO godwit.migration DO INSTEAD NOTHING",
    "CREATE POLICY p ON godwit.migration",
    "SET search_path = godwit, public",
    "SELECT set_config('search_path', 'public, \"godwit\"', false)",
  ]) {
    fails(`\n${sql}`, "GW2011", "2:1:");
  }
  for (const sql of [
    "SELECT * FROM godwit.migration",
    "INSERT INTO app.audit SELECT * FROM godwit.migration",
    "CREATE VIEW app.applied AS SELECT version FROM godwit.migration",
    "GRANT SELECT ON godwit.migration TO reader",
    "DROP TABLE app.run, migration, godwit.own, app.godwit",
    'DROP SCHEMA "Godwit", godwit2',
    "TRUNCATE app.migration",
    "DROP ROLE godwit",
    "ALTER ROLE godwit SET search_path = public",
    "ALTER TABLE app.t OWNER TO godwit",
    "DELETE FROM app.migration WHERE schema = 'godwit'",
    "SET search_path = godwit_app, public",
  ]) {
    only(sql);
  }
});

test("no spelling of a call releases the run's lock", () => {
  for (const sql of [
    'SELECT pg_catalog."pg_advisory_unlock_all"()',
    "SELECT 1 WHERE PG_ADVISORY_UNLOCK_ALL() IS NULL",
    'SELECT U&"pg\\005fadvisory_unlock_all"()',
    `SELECT pg_advisory_unlock(${0x676f64776974})`,
    "SELECT pg_catalog.pg_advisory_unlock('0x676f64776974'::bigint)",
    `SELECT pg_advisory_unlock(${0x676f}, ${0x64776974})`,
    'DO $$ BEGIN PERFORM pg_catalog."pg_advisory_unlock_all"(); END $$',
    "DO $$ BEGIN PERFORM /* all */ pg_catalog . Pg_Advisory_Unlock_All ( ); END $$",
    `DO $$ BEGIN PERFORM pg_advisory_unlock(${0x676f64776974}::bigint); END $$`,
    "DO $$ BEGIN EXECUTE 'SELECT pg_advisory_unlock_all()'; END $$",
  ]) {
    fails(`\n${sql}`, "GW2011", "2:1:");
  }
  for (const sql of [
    "SELECT pg_advisory_unlock(1), pg_advisory_unlock(1, 2), pg_advisory_unlock(hashtext('x'))",
    "SELECT app.pg_advisory_unlock_all()",
    "SELECT 'pg_advisory_unlock_all()'",
    'SELECT "PG_ADVISORY_UNLOCK_ALL"()',
    "DO $$ BEGIN PERFORM pg_advisory_unlock(7); -- not pg_advisory_unlock_all()\nEND $$",
    "CREATE FUNCTION f() RETURNS void BEGIN ATOMIC SELECT pg_advisory_unlock_all(); END",
  ]) {
    only(sql);
  }
});

test("settings belong to the session", () => {
  const settings = [
    "SET search_path TO a, b",
    "SET SESSION lock_timeout = '3s'",
    "RESET statement_timeout",
    "SET TIME ZONE 'UTC'",
    "SET ROLE x",
    "RESET SESSION AUTHORIZATION",
    "SET client_encoding = 'UTF8'",
    "SET standard_conforming_strings = on",
    "SELECT pg_catalog.set_config('search_path', '', false)",
    "PREPARE p AS SELECT 1",
  ];
  for (const sql of settings) {
    const { transactional, session, effect } = only(sql);
    assert.deepEqual(
      { sql, transactional, session, effect },
      { sql, transactional: true, session: true, effect: { type: "transactional" } },
    );
  }
  assert.equal(only("SELECT set_config('search_path', '', true)").session, false);
});

test("what Godwit does not run is told with its line", () => {
  for (const sql of [
    "BEGIN",
    "START TRANSACTION",
    "COMMIT",
    "END",
    "ROLLBACK",
    "ABORT",
    "PREPARE TRANSACTION 'x'",
    "COMMIT PREPARED 'x'",
    "ROLLBACK PREPARED 'x'",
    "SET TRANSACTION READ ONLY",
  ]) {
    fails(`SELECT 1;\n  ${sql};`, "GW2007", "2:3:");
  }
  for (const sql of [
    "DISCARD ALL",
    "RESET ALL",
    "SET application_name = 'x'",
    "RESET application_name",
    "SET LOCAL application_name = 'x'",
    "SELECT pg_catalog.set_config('application_name', 'x', true)",
    "SET standard_conforming_strings TO off",
    "SET client_encoding = 'latin1'",
    "SELECT pg_advisory_unlock_all()",
    "DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$",
  ]) {
    fails(`\n${sql}`, "GW2011", "2:1:");
  }
  fails("SELECT 1;\nCOPY t FROM STDIN", "GW2006", "2:1:");
});

test("the parser's refusal carries its words and the place, in characters", () => {
  fails("SELECT 1;\n  SELECT 'é😀' FRM x y", "GW2012", '2:19: syntax error at or near "x"');
  fails("CREATE TABLE t (a int", "GW2012", "1:22: syntax error at end of input");
  fails("CREATE TABLE t (a int;\nSELECT 1;", "GW2012", '1:22: syntax error at or near ";"');
  fails(`SELECT ${"1+".repeat(100_000)}1`, "GW2012", "1:1: the statement is nested too deeply");
  assert.equal(only("SELECT 1").label, "SELECT");
});

test("an INSERT of many megabytes is left to the server", () => {
  const sql = `INSERT INTO t VALUES ${"('0123456789abcdef'),".repeat(250_000)}(1)`;
  assert.equal(only(sql).label, "INSERT");
});
