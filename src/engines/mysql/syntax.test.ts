import assert from "node:assert/strict";
import { test } from "node:test";
import { GodwitError } from "../../core/error.ts";
import type { Effect, ObjectName } from "../../core/plan.ts";
import { syntax } from "./syntax.ts";

function only(sql: string) {
  const found = syntax.statements(sql, "f.sql");
  assert.equal(found.length, 1, sql);
  return found[0]!;
}

function fails(sql: string, code: string, place: string): void {
  assert.throws(
    () => syntax.statements(sql, "f.sql"),
    (error) => {
      assert.ok(error instanceof GodwitError, String(error));
      assert.equal(error.code, code, error.message);
      assert.ok(error.message.startsWith(`f.sql:${place}`), error.message);
      return true;
    },
  );
}

/** "table db.a" reads as kind, schema and name. */
function named(text: string): ObjectName {
  const kind = text.slice(0, text.indexOf(" ")) as ObjectName["kind"];
  const path = text.slice(kind.length + 1);
  const [schema = "", name] = path.split("|");
  return name === undefined ? { kind, name: schema } : { kind, schema, name };
}

test("definitions commit, and name what they may change", () => {
  const cases: readonly (readonly [label: string, sql: string, ...objects: string[]])[] = [
    ["CREATE TABLE", "CREATE TABLE IF NOT EXISTS `d``b`.`t x` (a INT, KEY (a))", "table d`b|t x"],
    ["CREATE TABLE", "CREATE OR REPLACE TABLE t LIKE u", "table t"],
    ["CREATE TABLE", "CREATE TABLE db.2024_log (a INT)", "table db|2024_log"],
    [
      "ALTER TABLE",
      "ALTER ONLINE TABLE t ADD COLUMN a INT, RENAME COLUMN b TO c, RENAME INDEX x TO y",
      "table t",
    ],
    ["ALTER TABLE", "ALTER TABLE t ADD a ENUM('RENAME TO x'), RENAME TO db.u", "table t", "table db|u"],
    ["ALTER TABLE", "ALTER TABLE t RENAME u", "table t", "table u"],
    ["ALTER TABLE", "ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", "table t", "table u"],
    ["DROP TABLE", "DROP TABLE IF EXISTS a, db.`b`, c CASCADE", "table a", "table db|b", "table c"],
    ["RENAME TABLE", "RENAME TABLE a TO b, d.c TO d.e", "table a", "table b", "table d|c", "table d|e"],
    ["CREATE INDEX", "CREATE UNIQUE INDEX i USING BTREE ON db.t (a, (b + 1))", "table db|t"],
    ["DROP INDEX", "DROP INDEX i ON t", "table t"],
    ["TRUNCATE", "TRUNCATE TABLE t", "table t"],
    ["TRUNCATE", "TRUNCATE db.t", "table db|t"],
    [
      "CREATE VIEW",
      "CREATE OR REPLACE ALGORITHM=MERGE DEFINER=root@localhost SQL SECURITY INVOKER VIEW db.v AS SELECT 1",
      "view db|v",
    ],
    ["CREATE VIEW", "CREATE ALGORITHM=UNDEFINED SQL SECURITY DEFINER VIEW v AS SELECT 1", "view v"],
    ["ALTER VIEW", "ALTER DEFINER=CURRENT_USER() VIEW v AS SELECT 1", "view v"],
    ["DROP VIEW", "DROP VIEW v, w", "view v", "view w"],
    [
      "CREATE PROCEDURE",
      "CREATE DEFINER=`a`@`%` PROCEDURE p() BEGIN SELECT RELEASE_LOCK('x'); COMMIT; END",
      "routine p",
    ],
    ["CREATE FUNCTION", "CREATE AGGREGATE FUNCTION f(x INT) RETURNS INT RETURN 1", "routine f"],
    ["DROP FUNCTION", "DROP FUNCTION IF EXISTS db.f", "routine db|f"],
    ["CREATE TRIGGER", "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1", "trigger tr"],
    ["ALTER EVENT", "ALTER EVENT e ON SCHEDULE EVERY 1 DAY RENAME TO f", "event e", "event f"],
    ["CREATE SEQUENCE", "CREATE SEQUENCE s START WITH 1", "sequence s"],
    ["CREATE DATABASE", "CREATE DATABASE IF NOT EXISTS d", "database d"],
    ["DROP SCHEMA", "DROP SCHEMA d", "database d"],
    ["CREATE PACKAGE BODY", "CREATE PACKAGE BODY p AS PROCEDURE a AS BEGIN SELECT 1; END; END", "routine p"],
    ["CREATE TABLE", "/*!50001 CREATE TABLE t (a INT) */", "table t"],
  ];
  for (const [label, sql, ...objects] of cases) {
    const found = only(sql);
    // An emptied table looks as before; only its identity tells.
    const identity = label === "TRUNCATE" ? { byIdentity: true } : {};
    const replaces = sql.includes("OR REPLACE") ? { replaces: true } : {};
    const stores = label === "CREATE TABLE" && sql.includes("OR REPLACE") ? { byIdentity: true } : {};
    const effect: Effect = {
      type: "definition",
      objects: objects.map(named),
      ...identity,
      ...replaces,
      ...stores,
    };
    assert.deepEqual(
      { ...found, offset: 0, line: 1 },
      { text: sql, offset: 0, line: 1, column: 1, label, transactional: false, session: false, effect },
    );
  }
});

test("what looks the same after it, and would lose rows if it were done again, is marked", () => {
  const marksOf = (sql: string) => {
    const { effect } = only(sql);
    if (effect.type !== "definition") return effect.type;
    const { byIdentity = false, replaces = false, repeatDestroys = false } = effect;
    return Object.entries({ byIdentity, replaces, repeatDestroys }).flatMap(([name, is]) =>
      is ? [name] : [],
    );
  };
  for (const sql of [
    "ALTER TABLE t DROP COLUMN c, ADD COLUMN c INT",
    "ALTER TABLE t DROP `C`, ADD c INT",
    "ALTER TABLE t ADD COLUMN c INT FIRST, DROP COLUMN c",
    "ALTER TABLE t WAIT 5 DROP c, ADD (x INT DEFAULT (1 + 1), c ENUM('a', 'b'), KEY (c)), ADD KEY (x)",
    "ALTER TABLE t DROP id, ADD id INT AUTO_INCREMENT PRIMARY KEY",
    "ALTER TABLE t DROP COLUMN IF EXISTS gone, DROP COLUMN c, ADD COLUMN c INT",
    "ALTER TABLE t RENAME COLUMN a TO b, RENAME COLUMN b TO a",
    "ALTER TABLE t CHANGE a b INT, CHANGE COLUMN b a INT",
    "ALTER TABLE t DROP SYSTEM VERSIONING, ADD SYSTEM VERSIONING",
    "ALTER SEQUENCE s RESTART 100",
    "ALTER SEQUENCE IF EXISTS s MAXVALUE 9 RESTART",
    "SET STATEMENT lock_wait_timeout = 1 FOR ALTER TABLE t DROP c, ADD c INT",
  ]) {
    assert.deepEqual(marksOf(sql), ["repeatDestroys"], sql);
  }
  for (const sql of [
    "ALTER TABLE t DROP COLUMN a, ADD COLUMN b INT",
    // The old column's place is taken by another, which shows.
    "ALTER TABLE t DROP COLUMN a, CHANGE a_new a INT",
    "ALTER TABLE t CHANGE a a BIGINT, MODIFY b INT, RENAME COLUMN c TO d",
    "ALTER TABLE t DROP INDEX i, ADD INDEX i (a), DROP PRIMARY KEY, ADD PRIMARY KEY (b)",
    "ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a > 0)",
    "ALTER TABLE t RENAME INDEX a TO b, RENAME INDEX b TO a",
    "ALTER TABLE t DROP PARTITION p",
    "ALTER SEQUENCE s MAXVALUE 9",
    "CREATE OR REPLACE INDEX i ON t (a)",
  ]) {
    assert.deepEqual(marksOf(sql), [], sql);
  }
  for (const kind of ["TABLE t (a INT)", "SEQUENCE s", "DATABASE d"]) {
    assert.deepEqual(marksOf(`CREATE OR REPLACE ${kind}`), ["byIdentity", "replaces"]);
  }
  for (const kind of [
    "VIEW v AS SELECT 1",
    "PROCEDURE p() SELECT 1",
    "EVENT e ON SCHEDULE EVERY 1 DAY DO SET @x = 1",
  ]) {
    assert.deepEqual(marksOf(`CREATE OR REPLACE ${kind}`), ["replaces"]);
  }
  assert.equal(marksOf("CREATE OR REPLACE TEMPORARY TABLE t (a INT)"), "transactional");
  assert.deepEqual(marksOf("ALTER TABLE t NOWAIT TRUNCATE PARTITION p"), ["byIdentity"]);
});

test("what else commits is repeatable or opaque", () => {
  const repeatable = [
    "ANALYZE TABLE t",
    "OPTIMIZE TABLE t",
    "CHECK TABLE t",
    "REPAIR TABLE t",
    "FLUSH PRIVILEGES",
    "FLUSH TABLES t",
    "GRANT SELECT ON t TO x",
    "REVOKE ALL ON t FROM x",
    "ALTER TABLE t DISABLE KEYS",
    "ALTER DATABASE CHARACTER SET utf8mb4",
    "SET PASSWORD = 'x'",
    "LOAD INDEX INTO CACHE t",
  ];
  const opaque = [
    "CREATE USER x",
    "DROP USER x",
    "ALTER USER x IDENTIFIED BY 'y'",
    "CREATE ROLE r",
    "CALL p()",
    "INSTALL PLUGIN x SONAME 'y'",
    "UNINSTALL PLUGIN x",
    "EXECUTE s",
    "RENAME USER a TO b",
    "CREATE FUNCTION f RETURNS INT SONAME 'x.so'",
    "BEGIN NOT ATOMIC SELECT 1; END",
    "KILL 1",
    "FROBNICATE x",
    "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x')",
    "ALTER TABLE t IMPORT TABLESPACE",
    "ALTER TABLE t DISCARD PARTITION p TABLESPACE",
  ];
  for (const [type, all] of Object.entries({ repeatable, opaque })) {
    for (const sql of all) {
      const { transactional, session, effect } = only(sql);
      assert.deepEqual(
        { sql, transactional, session, type: effect.type },
        { sql, transactional: false, session: false, type },
      );
    }
  }
});

test("only what is about one thing did nothing when it is refused", () => {
  const isSingle = (sql: string) => {
    const { effect } = only(sql);
    assert.ok(effect.type === "opaque" || effect.type === "repeatable", sql);
    return effect.single === true;
  };
  for (const sql of [
    "CREATE USER a@b IDENTIFIED BY 'x, y' REQUIRE SSL",
    "DROP USER IF EXISTS a",
    "ALTER USER a IDENTIFIED BY 'x'",
    "RENAME USER a TO b",
    "GRANT SELECT (a, b), INSERT ON db.t TO a WITH GRANT OPTION",
    "REVOKE SELECT, INSERT ON t FROM a",
    "GRANT r TO a",
    "SET PASSWORD FOR a = 'x'",
    "OPTIMIZE TABLE t",
    "FLUSH PRIVILEGES",
    "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x', PORT 1)",
    "SET STATEMENT max_statement_time = 1, lock_wait_timeout = 1 FOR DROP USER a",
  ]) {
    assert.equal(isSingle(sql), true, sql);
  }
  for (const sql of [
    "CREATE USER a, b",
    "DROP USER a, b",
    "DROP ROLE IF EXISTS a, b",
    "RENAME USER a TO b, c TO d",
    "GRANT SELECT ON t TO a, b",
    "GRANT r, s TO a",
    "GRANT r TO a, b",
    "REVOKE SELECT ON t FROM a, b",
    "REVOKE ALL PRIVILEGES, GRANT OPTION FROM a",
    "SET DEFAULT ROLE r TO a, b",
    "OPTIMIZE TABLE t, u",
    "ALTER TABLE t IMPORT TABLESPACE",
    "CALL p()",
    "FROBNICATE x",
    "SET STATEMENT max_statement_time = 1 FOR CALL p()",
    "SET STATEMENT max_statement_time = 1 FOR DROP USER a, b",
  ]) {
    assert.equal(isSingle(sql), false, sql);
  }
});

test("rows and temporary tables stay in the transaction", () => {
  const cases = [
    ["ANALYZE", "ANALYZE FORMAT=JSON UPDATE t SET a = a + 1"],
    ["INSERT", "INSERT INTO t VALUES ('it\\'s; #', 1)"],
    ["UPDATE", "UPDATE t SET a = 1"],
    ["DELETE", "WITH x AS (SELECT 1) DELETE FROM t"],
    ["REPLACE", "REPLACE INTO t VALUES (1)"],
    ["SELECT", "(SELECT 1) UNION (SELECT 2)"],
    ["LOAD DATA", "LOAD DATA INFILE '/x' INTO TABLE t"],
    ["DO", "DO SLEEP(0)"],
    ["SAVEPOINT", "SAVEPOINT x"],
    ["ROLLBACK TO", "ROLLBACK TO x"],
    ["RELEASE", "RELEASE SAVEPOINT x"],
    ["CREATE TABLE", "CREATE TEMPORARY TABLE t (a INT)"],
    ["DROP TABLE", "DROP TEMPORARY TABLE IF EXISTS t"],
  ];
  for (const [label, sql = ""] of cases) {
    const { transactional, session, effect, ...rest } = only(sql);
    assert.deepEqual(
      { sql, label: rest.label, transactional, session, effect },
      { sql, label, transactional: true, session: false, effect: { type: "transactional" } },
    );
  }
});

test("settings of the session and of the server", () => {
  const session = [
    "SET @a = 1, @b := 'autocommit'",
    "SET NAMES utf8mb4",
    "SET NAMES 'utf8'",
    "/*!40101 SET NAMES utf8mb4 */",
    "SET SESSION sql_mode = 'ANSI'",
    "SET foreign_key_checks = 0",
    "SET @OLD = @@SQL_MODE, SQL_MODE = ''",
    "SET GLOBAL a = 1, SESSION b = 2",
    "SET SESSION b = 2, GLOBAL a = 1",
    "SET SESSION TRANSACTION READ WRITE",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET transaction_read_only = OFF",
    "SET @@session.tx_read_only := 0, @x = 1",
    "SET @transaction_read_only = 1",
    "SET ROLE x",
    "SET @@session.lock_wait_timeout = 3",
    "PREPARE s FROM 'x'",
    "DROP PREPARE s",
  ];
  for (const sql of session) {
    const found = only(sql);
    assert.deepEqual(
      [sql, found.transactional, found.session, found.effect.type],
      [sql, true, true, "transactional"],
    );
  }
  for (const sql of ["SET GLOBAL a = 1, b = 2", "SET PERSIST a = 1", "SET @@GLOBAL.a = 1"]) {
    const found = only(sql);
    assert.deepEqual(
      [sql, found.transactional, found.session, found.effect.type],
      [sql, true, false, "repeatable"],
    );
  }
  assert.equal(only("SET STATEMENT max_statement_time = 1 FOR DROP TABLE t").effect.type, "definition");
});

test("what Godwit does not run is told with its line", () => {
  for (const sql of [
    "BEGIN",
    "BEGIN WORK",
    "START TRANSACTION READ ONLY",
    "COMMIT",
    "ROLLBACK",
    "SET TRANSACTION READ ONLY",
    "/*!50003 COMMIT */",
  ]) {
    fails(`SELECT 1;\n ${sql};`, "GW2007", "2:2:");
  }
  for (const sql of [
    "SET autocommit = 0",
    "SET @a = 1, @@session.autocommit = 1",
    "SET SESSION completion_type = 1",
    "LOCK TABLES t WRITE",
    "UNLOCK TABLES",
    "USE db",
    "XA START 'x'",
    "SELECT RELEASE_LOCK('x')",
    "DO release_all_locks ( )",
    "SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
    "SET NAMES latin1",
    "SET CHARACTER SET cp1251",
    "FLUSH TABLES WITH READ LOCK",
    "FLUSH TABLES t FOR EXPORT",
    "SET SESSION TRANSACTION READ ONLY",
    "SET LOCAL TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY",
    "SET GLOBAL TRANSACTION READ ONLY",
    "SET transaction_read_only=1",
    "SET tx_read_only = ON",
    "SET @a = 1, @@session.transaction_read_only := true",
    "SET @@local.`tx_read_only` = 'ON'",
    "SET @@TX_READ_ONLY = @old",
    "SET SESSION sql_mode = '', transaction_read_only = 1 - 0",
    "SET transaction_read_only = 0 + 1",
    "SET GLOBAL read_only = 1",
    "/*!50003 SET SESSION TRANSACTION READ ONLY */",
  ]) {
    fails(`SELECT 1;\n${sql};`, "GW2011", "2:1:");
  }
  fails("LOAD DATA LOCAL INFILE 'x' INTO TABLE t", "GW2006", "1:1:");
  fails("LOAD XML CONCURRENT LOCAL INFILE 'x' INTO TABLE t", "GW2006", "1:1:");
  assert.equal(only("SELECT release_lock FROM t").label, "SELECT");
});

test("the ledger's tables are changed by nobody else", () => {
  for (const sql of [
    "DROP TABLE godwit_run",
    "DROP TABLE IF EXISTS a, `b`, shop.`godwit_step` CASCADE",
    'DROP TABLE "godwit_ledger"',
    "DROP TABLES a, GODWIT_MIGRATION",
    "drop /* now */ table\n`shop` . `godwit_migration`",
    "/*!40000 DROP TABLE godwit_run */",
    "DROP VIEW godwit_run",
    "DROP INDEX i ON godwit_step",
    "ALTER TABLE godwit_run ADD x INT",
    "ALTER ONLINE IGNORE TABLE shop.godwit_run DISCARD TABLESPACE",
    "ALTER TABLE a RENAME TO godwit_run",
    "ALTER TABLE a EXCHANGE PARTITION p WITH TABLE godwit_run",
    "RENAME TABLE a TO b, godwit_run TO c",
    "RENAME TABLE a TO godwit_run",
    "TRUNCATE godwit_migration",
    "TRUNCATE TABLE shop.godwit_migration",
    "CREATE TABLE IF NOT EXISTS godwit_run (a INT)",
    "CREATE OR REPLACE TABLE shop.godwit_run AS SELECT 1",
    "CREATE TEMPORARY TABLE shop.godwit_run (a INT)",
    "CREATE VIEW godwit_run AS SELECT 1",
    "CREATE INDEX i ON godwit_run (state)",
    "CREATE TRIGGER t BEFORE INSERT ON godwit_run FOR EACH ROW SET @x = 1",
    "INSERT INTO godwit_run VALUES (1)",
    "INSERT LOW_PRIORITY IGNORE shop.godwit_run (id) SELECT 1",
    "INSERT godwit_run SET id = 1",
    "REPLACE INTO `godwit_migration` () VALUES ()",
    "UPDATE godwit_run SET state = 'done'",
    "UPDATE IGNORE a JOIN (b, godwit_step) SET b.x = 1",
    "WITH x AS (SELECT 1) UPDATE godwit_run SET state = 'done'",
    "DELETE FROM godwit_migration",
    "DELETE FROM godwit_step WHERE state = 'x'",
    "DELETE a, g FROM a JOIN shop.godwit_step g",
    "DELETE FROM a USING a JOIN godwit_run",
    "WITH x AS (SELECT 1) DELETE FROM godwit_run",
    "LOAD DATA INFILE '/x' INTO TABLE shop.godwit_run",
    "SET STATEMENT lock_wait_timeout = 1 FOR DROP TABLE godwit_run",
    "ANALYZE FORMAT=JSON DELETE FROM godwit_run",
  ]) {
    fails(`SELECT 1;\n${sql};`, "GW2011", "2:1:");
  }
  for (const sql of [
    "SELECT * FROM godwit_migration",
    "INSERT INTO a SELECT version FROM godwit_migration",
    "CREATE TABLE a AS SELECT * FROM godwit_migration",
    "CREATE TABLE a LIKE godwit_migration",
    "CREATE VIEW v AS SELECT * FROM godwit_migration",
    "DELETE FROM a WHERE v IN (SELECT version FROM godwit_migration)",
    "UPDATE a SET v = (SELECT MAX(version) FROM godwit_migration)",
    "INSERT INTO a VALUES ('godwit_run')",
    "DROP TABLE godwit_run.a, godwit_runs, my_godwit_run",
    "DROP DATABASE godwit_run",
    "DROP USER godwit_run",
    "OPTIMIZE TABLE godwit_step",
  ]) {
    assert.notEqual(only(sql).label, "", sql);
  }
});

test("tokens and directives", () => {
  assert.deepEqual(syntax.tokens("SELECT 1 # x\n", "f"), ["SELECT", "1", ";"]);
  assert.deepEqual(syntax.directives("# godwit: no-transaction", "f"), [
    { words: ["no-transaction"], line: 1, offset: 0 },
  ]);
});
