import assert from "node:assert/strict";
import { test } from "node:test";
import { copy, verify } from "../../src/index.ts";
import { administer, target, type TargetName, withDatabase } from "../support/servers.ts";
import { DatabaseSync } from "node:sqlite";

/*
 * A small database goes from SQLite to each server, from there to the next one and back to a SQLite file: what
 * arrives is what was there, by the driver's own reading. Types, names, losses and rules have tests of
 * their own beside it.
 */
const rows = `
  CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(40) NOT NULL, note TEXT,
    born DATE, seen DATETIME, score DOUBLE, price DECIMAL(12,2), photo BLOB, active BOOLEAN NOT NULL DEFAULT 1);
  CREATE TABLE visits (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people (id), place TEXT);
  CREATE UNIQUE INDEX people_name ON people (name);
  CREATE INDEX visits_person ON visits (person);
  INSERT INTO people VALUES
    (1, 'Ada', 'tab	newline
 back\\slash 🦉 ''quoted''', '1815-12-10', '2024-02-29 23:59:59.123456', 0.1, '12345678.90', x'00ff0a5c27', 1),
    (9, '', '', '0001-01-01', '9999-12-31 00:00:00', -1.7976931348623157e308, '-0.01', x'', 0),
    (40, 'null', NULL, NULL, NULL, NULL, NULL, NULL, 1);
  DELETE FROM people WHERE id = 40;
  INSERT INTO people (name) VALUES ('last');
  INSERT INTO visits VALUES (1, 1, 'London'), (2, 9, NULL);`;

/** A decimal is text at the end, because SQLite's numbers would round it; a time has all its digits. */
const everything = `SELECT id, name, note, born, substr(seen || '.000000', 1, 26) AS seen, score,
  printf('%.2f', price) AS price, hex(photo) AS photo, active FROM people ORDER BY id`;

const chain: readonly TargetName[] = ["postgres", "mariadb", "mysql"];
const usable = chain.filter((name) => target(name).skip === false);

test(
  "a database goes through every engine and comes back as it was",
  { skip: usable.length === 0 },
  async () => {
    await withDatabase("sqlite", async (first) => {
      const before = read(first, rows);
      await through(first, usable, async (last) => {
        await withDatabase("sqlite", async (end) => {
          await moved(last, end);
          assert.deepEqual(read(end), before);
          const report = await verify({ ...alone, source: first, target: end, columns });
          assert.ok(report.equal, JSON.stringify(report.tables));
          const copied = open(end);
          // The counter goes on where the first one stood, above the row that was deleted.
          copied.exec("INSERT INTO people (name, active) VALUES ('next', 1)");
          assert.equal(copied.prepare("SELECT max(id) AS id FROM people").get()?.id, 42);
          copied.exec("UPDATE people SET note = note || ' ' WHERE id = 1; DELETE FROM visits WHERE id = 2");
          copied.close();
          const differences = await verify({ ...alone, source: first, target: end, columns });
          assert.equal(differences.equal, false);
          assert.deepEqual(
            differences.tables.map(({ target: name, listed }) => [
              name,
              listed.map(({ kind, key }) => `${kind} ${key.join()}`).sort(),
            ]),
            [
              ["people", ["different 1", "extra 42"]],
              ["visits", ["missing 2"]],
            ],
          );
        });
      });
    });
  },
);

/** Without the times, whose column is text at the end: there each digit counts. */
const columns = ["id", "name", "note", "born", "score", "photo", "person", "place"];
const alone = { env: {}, cwd: import.meta.dirname };

async function through(
  source: string,
  names: readonly TargetName[],
  end: (url: string) => Promise<void>,
): Promise<void> {
  const [name, ...more] = names;
  if (name === undefined) return end(source);
  await withDatabase(name, async (url) => {
    // The tests' role has the name of the ledger's schema, which "$user" would make the place of new tables.
    if (name === "postgres") {
      const database = new URL(url).pathname.slice(1);
      await administer(name, (sql) => sql(`ALTER DATABASE ${database} SET search_path = public`));
    }
    await moved(source, url);
    await through(url, more, end);
  });
}

async function moved(source: string, to: string): Promise<void> {
  const { state } = await copy({ ...alone, source, target: to });
  assert.equal(state, "done");
  const { equal, orphans, missing } = await verify({ ...alone, source, target: to });
  assert.deepEqual([equal, orphans, missing], [true, [], []]);
}

function open(url: string): DatabaseSync {
  return new DatabaseSync(url.slice("sqlite:".length));
}

function read(url: string, prepare = ""): unknown[] {
  const database = open(url);
  try {
    database.exec(prepare);
    return database
      .prepare(everything)
      .all()
      .map((row) => JSON.stringify(row));
  } finally {
    database.close();
  }
}
