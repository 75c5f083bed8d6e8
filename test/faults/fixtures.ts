import type { TargetName } from "../support/servers.ts";

type Files = Readonly<Record<string, string>>;

/**
 * A project for each engine that has every shape of migration: several statements in one transaction, statements
 * inside and outside of transactions in one file with a setting at its start, rows that are kept and put back, a
 * script, and a repeatable. Keys are
 * given and nothing is unique that need not be, so that a statement done twice shows as a row too many.
 */
export const fixtures: Readonly<Record<TargetName, Files>> = {
  postgres: postgres(),
  mariadb: mysql(),
  mysql: mysql(),
  sqlite: sqlite(),
};

function files(sql: Record<"one" | "oneDown" | "two" | "twoDown" | "view", string>): Files {
  return {
    "migrations/20260101000001_first.up.sql": sql.one,
    "migrations/20260101000001_first.down.sql": sql.oneDown,
    "migrations/20260101000002_mixed.up.sql": sql.two,
    "migrations/20260101000002_mixed.down.sql": sql.twoDown,
    "migrations/20260101000003_script.ts": script(),
    "migrations/R__total.sql": sql.view,
  };
}

function postgres(): Files {
  return files({
    one: `
      CREATE TABLE entry (id int NOT NULL, note text);
      INSERT INTO entry VALUES (1, 'one'), (2, 'two');
      CREATE TABLE price (id int NOT NULL PRIMARY KEY, n int);
      INSERT INTO price VALUES (1, 5), (2, 7), (3, 9);
      CREATE SCHEMA app;
      CREATE TABLE app.person (id int NOT NULL, name text NOT NULL, born int);
      INSERT INTO app.person SELECT n, 'name ' || n, 1900 + n FROM generate_series(1, 50) n;
      CREATE TYPE app.mood AS ENUM ('sad', 'ok');`,
    oneDown: `
      DROP TABLE app.person;
      DROP TYPE app.mood;
      DROP SCHEMA app;
      DROP TABLE price;
      DROP TABLE entry;`,
    // The names are found through the setting only, also when the run is taken up in the middle.
    two: `
      SET search_path = app, public;
      INSERT INTO entry VALUES (21, current_setting('search_path'));
      CREATE INDEX CONCURRENTLY person_name ON person (name);
      INSERT INTO entry VALUES (22, 'between');
      -- godwit: snapshot
      UPDATE price SET n = n * 10 WHERE id < 3;
      ALTER TYPE mood ADD VALUE 'happy';
      ALTER TABLE person ADD COLUMN mood mood DEFAULT 'happy';
      CREATE UNIQUE INDEX CONCURRENTLY ON person (id);
      UPDATE person SET born = born + 1;
      INSERT INTO entry VALUES (23, 'last');`,
    twoDown: `
      SET search_path = app, public;
      DROP INDEX CONCURRENTLY person_id_idx;
      -- godwit: restore
      ALTER TABLE person DROP COLUMN mood;
      DROP INDEX CONCURRENTLY person_name;
      UPDATE person SET born = born - 1;
      INSERT INTO entry VALUES (29, 'undone');`,
    view: "CREATE OR REPLACE VIEW total AS SELECT count(*) AS entries FROM entry;",
  });
}

function mysql(): Files {
  return files({
    one: `
      CREATE TABLE entry (id int NOT NULL, note varchar(100));
      INSERT INTO entry VALUES (1, 'one'), (2, 'two');
      CREATE TABLE price (id int NOT NULL PRIMARY KEY, n int);
      INSERT INTO price VALUES (1, 5), (2, 7), (3, 9);
      INSERT INTO entry VALUES (3, 'three');`,
    oneDown: "DROP TABLE price; DROP TABLE entry;",
    two: `
      SET @mark = 'marked', SESSION group_concat_max_len = 2000;
      CREATE TABLE person (id int NOT NULL, name varchar(100) NOT NULL);
      INSERT INTO entry VALUES (21, CONCAT(@mark, @@SESSION.group_concat_max_len));
      INSERT INTO person VALUES (1, 'a'), (2, 'b');
      ALTER TABLE person ADD COLUMN born int;
      UPDATE person SET born = 1900 + id;
      CREATE INDEX person_name ON person (name);
      INSERT INTO entry VALUES (22, @mark);
      -- godwit: snapshot
      UPDATE price SET n = n * 10 WHERE id < 3;
      RENAME TABLE person TO human;
      ALTER TABLE human DROP COLUMN born, ADD COLUMN age int;`,
    twoDown: `
      SET @mark = 'unmarked';
      RENAME TABLE human TO person;
      -- godwit: restore
      INSERT INTO entry VALUES (29, @mark);
      DROP INDEX person_name ON person;
      DROP TABLE person;`,
    view: "CREATE OR REPLACE VIEW total AS SELECT count(*) AS entries FROM entry;",
  });
}

function sqlite(): Files {
  return files({
    one: `
      CREATE TABLE entry (id integer NOT NULL, note text);
      INSERT INTO entry VALUES (1, 'one'), (2, 'two');
      CREATE TABLE price (id int NOT NULL PRIMARY KEY, n int);
      INSERT INTO price VALUES (1, 5), (2, 7), (3, 9);
      CREATE TABLE person (id integer PRIMARY KEY, name text);
      CREATE TABLE pet (id integer PRIMARY KEY, owner integer REFERENCES person (id));
      INSERT INTO person VALUES (1, 'a'), (2, 'b');
      INSERT INTO pet VALUES (1, 1), (2, 2);`,
    oneDown: "DROP TABLE pet; DROP TABLE person; DROP TABLE price; DROP TABLE entry;",
    two: `
      PRAGMA foreign_keys = OFF;
      CREATE TABLE person_new (id integer PRIMARY KEY, name text NOT NULL, born integer);
      INSERT INTO person_new SELECT id, name, 1900 + id FROM person;
      DROP TABLE person;
      ALTER TABLE person_new RENAME TO person;
      INSERT INTO entry VALUES (21, 'rebuilt');
      PRAGMA foreign_keys = ON;
      CREATE INDEX person_name ON person (name);
      -- godwit: snapshot
      UPDATE price SET n = n * 10 WHERE id < 3;
      INSERT INTO entry VALUES (22, 'last');`,
    twoDown: `
      DROP INDEX person_name;
      -- godwit: restore
      ALTER TABLE person DROP COLUMN born;
      INSERT INTO entry VALUES (29, 'undone');`,
    view: `
      DROP VIEW IF EXISTS total;
      CREATE VIEW total AS SELECT count(*) AS entries FROM entry;`,
  });
}

function script(): string {
  return `
export async function up(db) {
  await db.execute("INSERT INTO entry VALUES (31, 'script one')");
  for (const id of [32, 33]) await db.sql\`INSERT INTO entry VALUES (\${id}, \${"script ?" + id})\`;
  db.progress(2, 3);
  await db.sql\`UPDATE entry SET note = \${"changed"} WHERE id = \${32}\`;
}
export async function down(db) {
  await db.execute("DELETE FROM entry WHERE id IN (31, 32, 33)");
  await db.execute("DROP VIEW IF EXISTS total");
}
`;
}
