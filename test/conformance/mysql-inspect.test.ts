import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SchemaModel } from "../../src/core/schema.ts";
import type { Session } from "../../src/engines/engine.ts";
import { health } from "../../src/engines/mysql/health.ts";
import { inspect } from "../../src/engines/mysql/inspect.ts";
import { store } from "../../src/engines/mysql/store.ts";
import { syntax } from "../../src/engines/mysql/syntax.ts";
import { administer } from "../support/servers.ts";
import { mysqlTargets, withPlace, type Place } from "./mysql-roles.ts";

const parent = `CREATE TABLE parent (
  id int unsigned NOT NULL AUTO_INCREMENT,
  code varchar(10) CHARACTER SET latin1 NOT NULL DEFAULT 'x''y',
  half int GENERATED ALWAYS AS (amount / 2) STORED,
  amount int DEFAULT 5 COMMENT 'it''s',
  seen timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  price decimal(10,2) DEFAULT 1.50,
  kind enum('a','b;c') DEFAULT 'b;c',
  flags bit(3) DEFAULT b'101',
  body text,
  place point NOT NULL,
  secret int INVISIBLE,
  doubled int DEFAULT (2 * 3),
  PRIMARY KEY (id),
  UNIQUE KEY uq (code, amount),
  KEY prefix (body(20)),
  KEY falling (amount) COMMENT 'down; here',
  FULLTEXT KEY words (body),
  SPATIAL KEY places (place),
  CONSTRAINT positive CHECK (amount > 0 AND code <> 'q')
) AUTO_INCREMENT = 77 COMMENT 'a; table'`;

const rich = [
  "ALTER DATABASE CHARACTER SET utf8mb4",
  parent,
  "INSERT INTO parent (place) VALUES (POINT(1, 2))",
  "CREATE TABLE child (pid int unsigned, CONSTRAINT fk FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE)",
  "CREATE TABLE a_cycle (id int PRIMARY KEY, b int)",
  "CREATE TABLE b_cycle (id int PRIMARY KEY, a int, CONSTRAINT to_a FOREIGN KEY (a) REFERENCES a_cycle (id))",
  "ALTER TABLE a_cycle ADD CONSTRAINT to_b FOREIGN KEY (b) REFERENCES b_cycle (id)",
  "CREATE TABLE `odd``name; -- x` (`a b` int, `select` int)",
  "CREATE TABLE parts (id int) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)",
  "CREATE VIEW z_base AS SELECT id, code FROM parent WHERE code <> ';'",
  "CREATE VIEW a_on_top AS SELECT id FROM z_base",
  "CREATE FUNCTION plus_one(a int) RETURNS int DETERMINISTIC RETURN a + 1",
  "CREATE PROCEDURE two() BEGIN SELECT '$$'; SELECT 'END;'; END",
  "CREATE TRIGGER first_one BEFORE INSERT ON child FOR EACH ROW BEGIN SET @x = 1; SET @y = ';'; END",
  "CREATE TRIGGER another BEFORE INSERT ON child FOR EACH ROW SET @z = 2",
  "CREATE EVENT daily ON SCHEDULE EVERY 1 DAY DISABLE DO SET @x = 1",
];
const onlyMySql = [
  "CREATE TABLE expressions (a int, b json, KEY fx ((a + 1)), KEY dx (a DESC) INVISIBLE, CHECK (a > 0) NOT ENFORCED)",
];
const onlyMariaDb = [
  "CREATE SEQUENCE seq START WITH 5",
  "CREATE TABLE of_seq (id bigint DEFAULT NEXTVAL(seq), j json, u uuid)",
];

async function make(session: Session, mariaDb: boolean): Promise<void> {
  for (const sql of store.scripts.flat()) await session.execute(sql);
  for (const sql of [...rich, ...(mariaDb ? onlyMariaDb : onlyMySql)]) await session.execute(sql);
}

for (const { name, skip } of mysqlTargets) {
  describe(`mysql inspect on ${name}`, { skip }, () => {
    const place = (title: string, use: (place: Place) => Promise<void>) =>
      test(title, () => withPlace(name, use));

    place("a dump makes the same schema again, read by our own splitter", async ({ open, mariaDb }) => {
      const session = await open();
      await make(session, mariaDb);
      const [model, text] = [await inspect.schema(session), await inspect.dump(session)];
      assert.doesNotMatch(text, /DEFINER=|AUTO_INCREMENT=|godwit_/);
      await withPlace(name, async (other) => {
        const copy = await other.open();
        await copy.execute("ALTER DATABASE CHARACTER SET utf8mb4");
        await syntax.load();
        for (const statement of syntax.statements(text, "dump.sql")) await copy.execute(statement.text);
        assert.equal(await inspect.dump(copy), text);
        assert.notEqual(text.length, 0);
        assert.deepEqual(await inspect.schema(copy), model);
      });
    });

    place("the model does not depend on the session's settings", async ({ open, mariaDb }) => {
      const session = await open();
      await make(session, mariaDb);
      const [model, text] = [await inspect.schema(session), await inspect.dump(session)];
      await session.execute(
        "SET SESSION sql_mode = 'ANSI_QUOTES', time_zone = '+05:00', sql_quote_show_create = 0",
      );
      assert.deepEqual(await inspect.schema(session), model);
      assert.equal(await inspect.dump(session), text);
    });

    place("the model holds what was made", async ({ open, mariaDb }) => {
      const session = await open();
      await make(session, mariaDb);
      checkModel(await inspect.schema(session), mariaDb);
    });

    place("each kind of change shows in the model", async ({ open, mariaDb }) => {
      const session = await open();
      await make(session, mariaDb);
      let before = JSON.stringify(await inspect.schema(session));
      for (const change of [
        "ALTER TABLE parent MODIFY body mediumtext",
        "ALTER TABLE parent ALTER amount SET DEFAULT 6",
        "ALTER TABLE parent COMMENT 'b'",
        "ALTER TABLE child DROP FOREIGN KEY fk",
        "ALTER TABLE parent DROP INDEX prefix, ADD INDEX prefix (body(21))",
        "ALTER TABLE parent DROP CONSTRAINT positive",
        "ALTER TABLE parts DROP PARTITION p1",
        "ALTER TABLE a_cycle CONVERT TO CHARACTER SET latin1",
        "CREATE OR REPLACE VIEW a_on_top AS SELECT code FROM z_base",
        "DROP TRIGGER another",
        "ALTER EVENT daily ENABLE",
      ]) {
        await session.execute(change);
        const now = JSON.stringify(await inspect.schema(session));
        assert.notEqual(now, before, change);
        before = now;
      }
    });

    place("health finds nothing wrong for the tests' own user", async ({ open }) => {
      const findings = await health.findings(await open());
      assert.deepEqual(
        findings.filter((finding) => finding.status === "error"),
        [],
      );
      assert.equal(findings.find((finding) => finding.check === "privileges")?.status, "ok");
    });

    place(
      "health names the missing privileges, and its GRANT supplies them; a role counts",
      async ({ open, target }) => {
        const suffix = target.database.slice(-12);
        const [user, role] = [`godwit_weak_${suffix}`, `godwit_part_${suffix}`];
        await administer(name as "mysql", async (sql) => {
          await sql(`CREATE USER ${user}@'%' IDENTIFIED BY 'weak'`);
          await sql(`CREATE ROLE ${role}`);
          await sql(`GRANT SELECT, INSERT ON ${target.database}.* TO ${user}@'%'`);
          await sql(
            `GRANT UPDATE, DELETE, CREATE ON ${target.database.replaceAll("_", "\\_").replace(/^(.*)$/, "`$1`")}.* TO ${role}`,
          );
          await sql(`GRANT ${role} TO ${user}@'%'`);
          return sql(
            name === "mariadb"
              ? `SET DEFAULT ROLE ${role} FOR ${user}@'%'`
              : `SET DEFAULT ROLE ${role} TO ${user}@'%'`,
          );
        });
        try {
          const weak = await open({}, { user, password: "weak" });
          const findings = await health.findings(weak);
          const lacking = findings.find((finding) => finding.check === "privileges");
          assert.equal(lacking?.status, "error");
          assert.match(lacking.message, /: ALTER, DROP, INDEX, REFERENCES$/);
          assert.equal(findings.find((finding) => finding.check === "privilege-process")?.status, "warning");
          await administer(name as "mysql", async (sql) => {
            for (const finding of findings) {
              if (finding.check.startsWith("privilege")) await sql(finding.remedy ?? "");
            }
            return [];
          });
          await weak.close();
          const granted = await health.findings(await open({}, { user, password: "weak" }));
          for (const finding of granted) {
            if (finding.check.startsWith("privilege")) assert.equal(finding.status, "ok", finding.message);
          }
        } finally {
          await administer(name as "mysql", async (sql) => {
            await sql(`DROP USER ${user}@'%'`);
            return sql(`DROP ROLE ${role}`);
          });
        }
      },
    );
  });
}

function checkModel(model: SchemaModel, mariaDb: boolean): void {
  const table = model.tables.find((each) => each.name === "parent");
  assert.ok(table);
  assert.ok(model.tables.every((each) => !each.name.startsWith("godwit_")));
  const column = (name: string) => table.columns.find((each) => each.name === name);
  assert.equal(column("id")?.identity, "auto_increment");
  assert.equal(column("code")?.default, "'x''y'");
  assert.match(column("code")?.collation ?? "", /^latin1_/);
  assert.equal(column("body")?.collation, null);
  assert.equal(column("amount")?.default, "5");
  assert.equal(column("amount")?.comment, "it's");
  assert.equal(column("half")?.generated?.stored, true);
  assert.equal(column("seen")?.default, "CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)");
  assert.equal(column("flags")?.default, "b'101'");
  assert.equal(column("kind")?.default, "'b;c'");
  assert.equal(column("body")?.default, null);
  assert.equal(column("secret")?.type.endsWith(" INVISIBLE"), true);
  assert.equal(column("doubled")?.default, mariaDb ? "(2 * 3)" : "((2 * 3))");
  const constraint = (name: string) => table.constraints.find((each) => each.name === name);
  assert.equal(constraint("PRIMARY")?.definition, "PRIMARY KEY (`id`)");
  assert.equal(constraint("uq")?.definition, "UNIQUE KEY `uq` (`code`, `amount`)");
  assert.equal(constraint("positive")?.kind, "check");
  assert.deepEqual(
    table.indexes.map((index) => index.definition),
    [
      "KEY `falling` (`amount`) COMMENT 'down; here'",
      "SPATIAL KEY `places` (`place`)",
      "KEY `prefix` (`body`(20))",
      "FULLTEXT KEY `words` (`body`)",
    ],
  );
  const fk = model.tables.find((each) => each.name === "child")?.constraints[0];
  assert.equal(fk?.definition, "FOREIGN KEY (`pid`) REFERENCES `parent` (`id`) ON DELETE CASCADE");
  assert.deepEqual(fk?.references, { schema: "", table: "parent", columns: ["id"] });
  assert.match(
    model.tables.find((each) => each.name === "parts")?.options ?? "",
    /PARTITION BY RANGE .*p0 VALUES LESS THAN \(10\)/,
  );
  if (!mariaDb) {
    const own = model.tables.find((each) => each.name === "expressions");
    assert.deepEqual(
      own?.indexes.map((index) => index.definition),
      ["KEY `dx` (`a` DESC) INVISIBLE", "KEY `fx` (((`a` + 1)))"],
    );
    assert.deepEqual(
      own?.constraints.map((each) => each.validated),
      [false],
    );
  }
  assert.deepEqual(
    model.objects.map((object) => `${object.kind} ${object.name}`),
    [
      "event daily",
      "routine plus_one",
      "routine two",
      ...(mariaDb ? ["sequence seq"] : []),
      "trigger another",
      "trigger first_one",
      "view a_on_top",
      "view z_base",
    ],
  );
}
