import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { GodwitError } from "../../core/error.ts";
import { syntax } from "./syntax.ts";

function only(sql: string) {
  const found = syntax.statements(sql, "f.sql");
  assert.equal(found.length, 1, sql);
  return found[0]!;
}

test("a file is split, labelled, and runs in one transaction", () => {
  const file = `-- godwit: lock-timeout 5s
    CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
    CREATE UNIQUE INDEX i ON t (a);
    CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = CASE a WHEN ';' THEN 'x' END; END;
    WITH x (a) AS (SELECT ';') INSERT INTO t (a) SELECT a FROM x;
    CREATE VIRTUAL TABLE f USING fts5(a);
    PRAGMA main.user_version = 7;
    PRAGMA defer_foreign_keys = ON; PRAGMA foreign_key_check(t); PRAGMA foreign_keys;
    SAVEPOINT s; ROLLBACK TRANSACTION TO s; RELEASE s;
    ANALYZE; REINDEX i; ALTER TABLE t RENAME COLUMN a TO b; DROP TABLE f`;
  const found = syntax.statements(file, "f.sql");
  assert.deepEqual(
    found.map((statement) => statement.label),
    [
      "CREATE TABLE",
      "CREATE INDEX",
      "CREATE TRIGGER",
      "INSERT",
      "CREATE TABLE",
      "PRAGMA user_version",
      "PRAGMA defer_foreign_keys",
      "PRAGMA foreign_key_check",
      "PRAGMA foreign_keys",
      "SAVEPOINT",
      "ROLLBACK",
      "RELEASE",
      "ANALYZE",
      "REINDEX",
      "ALTER TABLE",
      "DROP TABLE",
    ],
  );
  using database = new DatabaseSync(":memory:");
  database.exec("BEGIN");
  for (const { text, transactional, session, effect } of found) {
    assert.deepEqual(
      { text, transactional, session, effect },
      { text, transactional: true, session: false, effect: { type: "transactional" } },
    );
    database.prepare(text).all();
  }
  database.exec("COMMIT");
  assert.deepEqual({ ...database.prepare("SELECT b FROM t").get() }, { b: "x" });
});

test("pragmas that set something belong to the session, outside a transaction", () => {
  for (const sql of [
    "PRAGMA foreign_keys = OFF",
    "PRAGMA main.journal_mode(WAL)",
    "PRAGMA Synchronous=1",
    "PRAGMA legacy_alter_table = ON",
    "PRAGMA writable_schema = 1",
  ]) {
    const { transactional, session, effect } = only(sql);
    assert.deepEqual(
      { sql, transactional, session, effect },
      { sql, transactional: false, session: true, effect: { type: "repeatable", single: true } },
    );
  }
});

test("the pragma that reads the schema again is a setting that a transaction holds", () => {
  const { transactional, session } = only("PRAGMA main.writable_schema = reset");
  assert.deepEqual([transactional, session], [true, true]);
});

test("VACUUM and checkpoints stand outside a transaction", () => {
  assert.deepEqual(
    [only("VACUUM").transactional, only("VACUUM").effect],
    [false, { type: "repeatable", single: true }],
  );
  assert.deepEqual(only("VACUUM main INTO 'x'").effect, { type: "opaque" });
  assert.deepEqual(
    [only("PRAGMA wal_checkpoint(FULL)").transactional, only("PRAGMA wal_checkpoint").session],
    [false, false],
  );
});

test("what Godwit does not run is told with its line", () => {
  const refused = {
    GW2007: ["BEGIN IMMEDIATE", "COMMIT", "END TRANSACTION", "ROLLBACK", "ROLLBACK TRANSACTION"],
    GW2011: ["ATTACH 'x' AS y", "DETACH y", "PRAGMA query_only = 1"],
    GW2006: [".tables"],
    GW2005: ["SELECT 'x"],
  };
  for (const [code, all] of Object.entries(refused)) {
    for (const sql of all) {
      assert.throws(
        () => syntax.statements(`SELECT 1;\n${sql}`, "f.sql"),
        (error) =>
          error instanceof GodwitError && error.code === code && error.message.startsWith("f.sql:2:"),
        sql,
      );
    }
  }
});

test("the ledger is not a migration's to change", () => {
  for (const sql of [
    "DROP TABLE godwit_run",
    "DROP TABLE IF EXISTS main.[Godwit_Step]",
    "ALTER TABLE 'godwit_ledger' RENAME TO x",
    "INSERT INTO godwit_migration VALUES (1)",
    'INSERT OR REPLACE INTO "main"."godwit_migration" VALUES (1)',
    "REPLACE INTO `godwit_run` VALUES (1)",
    "UPDATE OR IGNORE godwit_run SET state = 'done'",
    "DELETE /* all */ FROM main . godwit_run",
    "WITH x (a) AS (SELECT 1 FROM t) DELETE FROM godwit_run WHERE id IN x",
    "CREATE TRIGGER t BEFORE UPDATE OF actor ON godwit_migration BEGIN SELECT 1; END",
  ]) {
    assert.throws(
      () => syntax.statements(`SELECT 1;\n${sql}`, "f.sql"),
      (error) =>
        error instanceof GodwitError && error.code === "GW2011" && error.message.startsWith("f.sql:2:"),
      sql,
    );
  }
  for (const sql of [
    "SELECT * FROM godwit_migration",
    "INSERT INTO audit SELECT * FROM godwit_migration",
    "CREATE VIEW v AS SELECT version FROM godwit_migration",
    "DROP TABLE godwit_runs",
    "DELETE FROM temp.godwit_run",
    "UPDATE t SET godwit_run = 'godwit_run'",
    "WITH godwit_run AS (SELECT 1) DELETE FROM t WHERE id IN godwit_run",
  ]) {
    only(sql);
  }
});
