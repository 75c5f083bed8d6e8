import assert from "node:assert/strict";
import test from "node:test";
import type { Engine } from "./engine.ts";
import { objectText } from "./impact-role.ts";
import { engine as mysql } from "./mysql/index.ts";
import { engine as sqlite } from "./sqlite/index.ts";

/** "hazard, hazard / object blocks" */
function told(engine: Engine, text: string): string {
  const [statement] = engine.syntax.statements(text, "x.sql");
  assert.ok(statement !== undefined);
  const { hazards, locks } = engine.impact.describe(statement);
  const locked = locks.map(({ object, blocks }) => `${objectText(object)} ${blocks}`);
  return `${hazards.map(({ type }) => type).join(", ")} / ${locked.join(", ")}`;
}

const ofMysql: Readonly<Record<string, string>> = {
  "ALTER TABLE t ADD COLUMN c int": " / t reads and writes",
  "ALTER TABLE t ADD INDEX (a), ADD COLUMN c int": " / t reads and writes",
  "ALTER TABLE `shop`.`t` DROP COLUMN `a`, DROP b": "drops-data, drops-data / shop.t reads and writes",
  "ALTER TABLE t DROP INDEX a": " / t reads and writes",
  "ALTER TABLE t MODIFY a bigint NOT NULL": "rewrites-table / t writes",
  "ALTER TABLE t CHANGE COLUMN a b decimal(10, 2)": "rewrites-table, renames / t writes",
  "ALTER TABLE t CHANGE a a int": "rewrites-table / t writes",
  "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES o (id)": "rewrites-table / t writes",
  "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4": "rewrites-table / t writes",
  "ALTER TABLE t DROP PARTITION p0": "drops-data / t reads and writes",
  "ALTER TABLE t RENAME TO u": "renames / t reads and writes",
  "CREATE INDEX i ON t (a)": " / t schema changes",
  "CREATE FULLTEXT INDEX i ON t (a)": " / t writes",
  "CREATE TABLE n (id int)": " / ",
  "DROP TABLE IF EXISTS a, b": "drops-data, drops-data / a reads and writes, b reads and writes",
  "TRUNCATE t": "drops-data / t reads and writes",
  "DELETE FROM t": "changes-all-rows / t schema changes",
  "DELETE FROM t WHERE a IN (SELECT a FROM o)": " / t schema changes",
  "UPDATE t SET a = (SELECT max(b) FROM o WHERE b > 1)": "changes-all-rows / t schema changes",
  "UPDATE t SET a = 'WHERE'": "changes-all-rows / t schema changes",
  "UPDATE t SET a = 1 -- WHERE\n WHERE id = 1": " / t schema changes",
  "INSERT INTO t VALUES (1)": " / t schema changes",
  "CALL p()": "unknown-effect / ",
  "DROP DATABASE d": "drops-data / ",
};

const file = "the whole file writes";

const ofSqlite: Readonly<Record<string, string>> = {
  "CREATE TABLE t (id int)": ` / ${file}`,
  "ALTER TABLE t ADD COLUMN c int": ` / ${file}`,
  "ALTER TABLE t DROP COLUMN c": `drops-data, rewrites-table / ${file}`,
  "ALTER TABLE t RENAME TO u": `renames / ${file}`,
  "ALTER TABLE t RENAME COLUMN a TO b": `renames / ${file}`,
  'DROP TABLE "t"': `drops-data / ${file}`,
  "DELETE FROM t": `changes-all-rows / ${file}`,
  "DELETE FROM t WHERE id = 1": ` / ${file}`,
  "UPDATE OR IGNORE t SET a = 1": `changes-all-rows / ${file}`,
  VACUUM: `rewrites-table / ${file}`,
  "SELECT 1": " / ",
};

for (const [engine, cases] of [
  [mysql, ofMysql],
  [sqlite, ofSqlite],
] as const) {
  test(`${engine.traits.title}: what a statement locks and what it may lose is told from its text`, () => {
    const found = Object.fromEntries(Object.keys(cases).map((text) => [text, told(engine, text)]));
    assert.deepEqual(found, cases);
  });
}
