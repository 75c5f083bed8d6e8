import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { copy } from "../../src/commands/copy.ts";
import { godwit } from "../support/cli.ts";
import { crashAt } from "../support/crash.ts";
import { type Pair, withPair } from "../support/laboratory/pair.ts";
import { target } from "../support/servers.ts";

const kinds = [
  `CREATE TABLE /* what stays */ people (name PRIMARY KEY ON CONFLICT IGNORE, -- takes NULL
     mail text COLLATE NOCASE UNIQUE ON CONFLICT REPLACE, age "weird type!" DEFAULT (1 + 2) CONSTRAINT grown CHECK (age > 0 OR age IS NULL),
     born date DEFAULT CURRENT_DATE, upper text AS (upper(name)) STORED, CHECK (length(mail) > 1))`,
  `INSERT INTO people (name, mail, age) VALUES ('a', 'A@x', 1), (NULL, NULL, NULL), (NULL, 'B@x', 2.5), (x'00ff', 'C@x', 'text')`,
  "CREATE TABLE pairs (a int, b text COLLATE RTRIM, n real, PRIMARY KEY (b DESC, a)) WITHOUT ROWID",
  "INSERT INTO pairs VALUES (1, 'x', 2.5), (2, 'x', -0.0)",
  "CREATE TABLE firm (id integer PRIMARY KEY, v any, r real, t text NOT NULL, FOREIGN KEY (id) REFERENCES counted DEFERRABLE INITIALLY DEFERRED) STRICT",
  "CREATE TABLE counted (id integer PRIMARY KEY AUTOINCREMENT, n numeric(10, 2), [odd name] varchar(3) NOT NULL DEFAULT 'x')",
  "CREATE TABLE empty_counter (id integer PRIMARY KEY AUTOINCREMENT)",
  "INSERT INTO counted (n) VALUES (1), ('2.50'), ('x')",
  "DELETE FROM counted WHERE id = 3",
  "INSERT INTO firm VALUES (1, 'v', 1.5, 't'), (2, 7, NULL, 'u')",
  "CREATE UNIQUE INDEX by_mail ON people (mail COLLATE RTRIM, age DESC) WHERE age > 1",
  "CREATE INDEX by_lower ON people (lower(name) COLLATE NOCASE)",
  "CREATE UNIQUE INDEX counted_n_key ON counted (n)",
  "CREATE VIEW shown AS SELECT name FROM people",
  "CREATE TRIGGER noted AFTER INSERT ON people BEGIN UPDATE counted SET n = 5 WHERE id = 1; END",
  "PRAGMA user_version = 42",
  "PRAGMA application_id = 252006673",
];

/** All that SQLite itself says of the file, and its rows with their storage classes; without the ledger. */
function said(url: string): unknown {
  const database = new DatabaseSync(url.slice("sqlite:".length), { readOnly: true });
  try {
    const all = (sql: string, ...values: string[]) => database.prepare(sql).all(...values);
    const tables = all(
      "SELECT name, ncol, wr, strict, type FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'godwit%' AND name NOT LIKE 'sqlite_schema' ORDER BY name",
    );
    return {
      tables,
      texts: all(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'godwit%' ORDER BY type, name",
      ),
      parts: tables.map(({ name }) => {
        const own = String(name);
        const indexes = all(
          "SELECT name, [unique], origin, partial FROM pragma_index_list(?) ORDER BY name",
          own,
        );
        return {
          columns: all("SELECT * FROM pragma_table_xinfo(?)", own),
          references: all("SELECT * FROM pragma_foreign_key_list(?)", own),
          indexes,
          of: indexes.map((index) => all("SELECT * FROM pragma_index_xinfo(?)", String(index.name))),
        };
      }),
      numbers: [all("PRAGMA user_version"), all("PRAGMA application_id")],
      rows: ["people", "pairs", "firm", "counted", "empty_counter"].map((name) => {
        const columns = all("SELECT name FROM pragma_table_xinfo(?)", name).map(
          (row) => `"${String(row.name)}"`,
        );
        const values = columns.map((column) => `typeof(${column}) || quote(${column})`).join(" || ',' || ");
        return all(`SELECT ${values} AS row FROM ${name} ORDER BY 1`);
      }),
      counters: all("SELECT * FROM sqlite_sequence WHERE name NOT LIKE 'godwit%' ORDER BY name"),
    };
  } finally {
    database.close();
  }
}

const told = (result: Awaited<ReturnType<typeof copied>>) =>
  result.undone.map(({ what, name }) => `${what} ${name}`).toSorted();

function copied(pair: Pair) {
  return copy({ source: pair.source, target: pair.target, env: {} });
}

test("a copy of a SQLite file gives every definition back as it was", () =>
  withPair("sqlite", "sqlite", async (pair) => {
    await pair.prepare(kinds);
    const result = await copied(pair);
    assert.deepEqual([told(result), result.parts], [[], []]);
    assert.deepEqual(said(pair.target), said(pair.source));
    assert.equal((await pair.verify()).equal, true);
  }));

test("a full-text index of a table is made anew, and what writes to a virtual table that is not made is left", () =>
  withPair("sqlite", "sqlite", async (pair) => {
    await pair.prepare([
      "CREATE TABLE note (id integer PRIMARY KEY, body text)",
      "CREATE VIRTUAL TABLE found USING fts5(body, content='note', content_rowid=id)",
      "CREATE TRIGGER noted AFTER INSERT ON note BEGIN INSERT INTO found(rowid, body) VALUES (new.id, new.body); END",
      "CREATE VIRTUAL TABLE words USING fts5vocab('found', 'row')",
      "CREATE TRIGGER told AFTER DELETE ON note BEGIN SELECT count(*) FROM words; END",
      "INSERT INTO note VALUES (1, 'green apples'), (2, 'red apples')",
      "INSERT INTO found(found, rank) VALUES ('rank', 'bm25(10.0, ''5'')'), ('automerge', 8), ('pgsz', 512)",
    ]);
    assert.deepEqual(told(await copied(pair)), ["trigger told on note", "virtual table words"]);
    await pair.change(["INSERT INTO note VALUES (3, 'red pears')"]);
    const database = new DatabaseSync(pair.target.slice("sqlite:".length));
    try {
      const match = (word: string) =>
        database
          .prepare("SELECT rowid FROM found WHERE found MATCH ? ORDER BY rowid")
          .all(word)
          .map(({ rowid }) => rowid);
      assert.deepEqual(
        [match("apples"), match("red")],
        [
          [1, 2],
          [2, 3],
        ],
      );
      database.exec("INSERT INTO found(found) VALUES ('integrity-check')");
      const settings = database
        .prepare("SELECT k, v FROM found_config WHERE k <> 'version' ORDER BY k")
        .all();
      assert.deepEqual(
        settings.map(({ k, v }) => [k, v]),
        [
          ["automerge", 8],
          ["pgsz", 512],
          ["rank", "bm25(10.0, '5')"],
        ],
      );
    } finally {
      database.close();
    }
  }));

/** Virtual tables with rows of their own, of every module that this SQLite has; deleted, merged and configured ones too. */
const virtual = [
  "CREATE TABLE note (id integer PRIMARY KEY, body text)",
  `CREATE VIRTUAL TABLE "the ""text""" USING fts5(title, body, tokenize = 'porter ascii', prefix = '2 3')`,
  "CREATE VIRTUAL TABLE bare USING fts5(body, content='', contentless_delete=1)",
  "CREATE VIRTUAL TABLE lost USING fts5(body, content='gone', columnsize=0)",
  "CREATE VIRTUAL TABLE old4 USING fts4(a, b, notindexed=b)",
  "CREATE VIRTUAL TABLE old3 USING fts3(a)",
  "CREATE VIRTUAL TABLE place USING rtree(id, x0, x1, y0, y1, +label)",
  "CREATE VIRTUAL TABLE whole USING rtree_i32(id, x0, x1)",
  "CREATE VIRTUAL TABLE shape USING geopoly(name)",
  "CREATE VIRTUAL TABLE empty USING fts5(a)",
  "CREATE VIRTUAL TABLE nowhere USING rtree(id, x0, x1)",
  `INSERT INTO "the ""text""" ("the ""text""", rank) VALUES ('secure-delete', 1), ('pgsz', 64)`,
  `CREATE TRIGGER noted AFTER INSERT ON note BEGIN
     INSERT INTO "the ""text""" (rowid, title, body) VALUES (new.id, 'note', new.body);
     INSERT INTO bare (rowid, body) VALUES (new.id, new.body);
     INSERT INTO lost (rowid, body) VALUES (new.id, new.body);
     INSERT INTO old4 (docid, a, b) VALUES (new.id, new.body, x'00ff');
     INSERT INTO old3 (docid, a) VALUES (new.id, new.body);
     INSERT INTO place VALUES (new.id, new.id, new.id + 1, -new.id, 0, new.body);
     INSERT INTO whole VALUES (new.id, new.id, new.id + 1);
     INSERT INTO shape (_shape, name) VALUES ('[[0,0],[' || new.id || ',0],[0,1],[0,0]]', new.body);
   END`,
  "CREATE VIEW apples AS SELECT rowid FROM bare WHERE bare MATCH 'apples'",
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
     INSERT INTO note SELECT i, iif(i % 3, 'green ', 'red ') || iif(i % 5, 'apples ', 'pears ') || i FROM n`,
  `DELETE FROM "the ""text""" WHERE rowid % 7 = 0`,
  "DELETE FROM bare WHERE rowid = 15",
  "DELETE FROM place WHERE id % 7 = 0",
  "INSERT INTO old4(old4) VALUES ('optimize')",
];

/** What SQLite finds by them, what it says of their state, and each row of the tables that hold theirs. */
function indexed(url: string): unknown {
  const database = new DatabaseSync(url.slice("sqlite:".length), { readBigInts: true });
  try {
    const all = (sql: string) => database.prepare(sql).all();
    for (const name of ['"the ""text"""', "bare", "old4", "old3", "empty"]) {
      database.exec(`INSERT INTO ${name}(${name}) VALUES ('integrity-check')`);
    }
    const shadows = all("SELECT name FROM pragma_table_list WHERE type = 'shadow' ORDER BY name");
    return {
      texts: all("SELECT type, name, sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'godwit%' ORDER BY 1, 2"),
      found: [
        `SELECT rowid, title, body, rank FROM "the ""text""" WHERE "the ""text""" MATCH 'appl* AND red' ORDER BY rank, rowid`,
        "SELECT rowid, rank FROM bare WHERE bare MATCH 'pears' ORDER BY rowid",
        "SELECT rowid FROM lost WHERE lost MATCH 'red pears' ORDER BY rowid",
        "SELECT rowid FROM apples ORDER BY rowid",
        "SELECT docid, a, hex(b) FROM old4 WHERE old4 MATCH 'red' ORDER BY docid",
        "SELECT docid FROM old3 WHERE a MATCH 'pears' ORDER BY docid",
        "SELECT id, label FROM place WHERE x0 < 30 AND y1 > -9 ORDER BY id",
        "SELECT id FROM whole WHERE x0 BETWEEN 8 AND 80 ORDER BY id",
        "SELECT rowid, name FROM shape WHERE geopoly_overlap(_shape, '[[2,0],[3,0],[3,1],[2,0]]') ORDER BY rowid",
      ].map(all),
      checks: ["place", "whole", "nowhere", "shape"].map((name) => all(`SELECT rtreecheck('${name}')`)),
      rows: shadows.map(({ name }) => [
        name,
        all(`SELECT * FROM "${String(name).replaceAll('"', '""')}" ORDER BY 1, 2`),
      ]),
    };
  } finally {
    database.close();
  }
}

test("virtual tables with rows of their own come along as they are", () =>
  withPair("sqlite", "sqlite", async (pair) => {
    await pair.prepare(virtual);
    assert.deepEqual(told(await copied(pair)), []);
    assert.deepEqual(indexed(pair.target), indexed(pair.source));
    assert.equal((await pair.verify()).equal, true);
    // The copy lives on as its source does.
    for (const url of [pair.source, pair.target]) {
      const database = new DatabaseSync(url.slice("sqlite:".length));
      database.exec("INSERT INTO note VALUES (401, 'red pears'); DELETE FROM bare WHERE rowid = 9");
      database.close();
    }
    assert.deepEqual(indexed(pair.target), indexed(pair.source));
    await pair.change(["INSERT INTO place VALUES (9999, 1, 2, 3, 4, 'more')"]);
    const { equal, tables } = await pair.verify();
    const differing = tables.filter(({ differences }) => differences > 0).map(({ target }) => target);
    assert.deepEqual([equal, differing.toSorted()], [false, ["place_node", "place_rowid"]]);
  }));

test("a copy of virtual tables that is killed goes on to the same end, or is given up and made again", () =>
  withPair("sqlite", "sqlite", async (pair) => {
    await pair.prepare(virtual);
    const args = ["copy", pair.source, pair.target, "--jobs", "1"];
    // Behind the making of the tables, and amid their rows.
    await crashAt({ name: "chunk:before-commit", nth: 1 }, args);
    await crashAt({ name: "chunk:after-commit", nth: 9 }, [...args, "--restart"]);
    await crashAt({ name: "chunk:after-commit", nth: 20 }, [...args, "--restart"]);
    await crashAt({ name: "chunk:before-commit", nth: 9 }, args);
    const { code, stdout } = await godwit(args);
    assert.equal(code, 0, stdout);
    assert.deepEqual(indexed(pair.target), indexed(pair.source));
  }));

test("a virtual table is chosen by its own name, and its rows come only where the copy makes it", () =>
  withPair("sqlite", "sqlite", async (pair) => {
    await pair.prepare(virtual);
    const own = { source: pair.source, target: pair.target, env: {} };
    await assert.rejects(
      copy({ ...own, tables: ["place_node"] }),
      /no table of the source is called place_node/,
    );
    await copy({ ...own, tables: ["place"] });
    const database = new DatabaseSync(pair.target.slice("sqlite:".length));
    const list = (sql: string) =>
      database
        .prepare(sql)
        .all()
        .map(({ name }) => name);
    const made = "SELECT name FROM pragma_table_list WHERE type = 'virtual' ORDER BY name";
    assert.deepEqual(list(made), ["place"]);
    // It is not told of a table that was not asked for, unless what writes to it cannot be made.
    const partial = await copy({ ...own, tables: ["note"], watermark: "id" });
    assert.deepEqual([told(partial), list(made)], [["trigger noted on note"], ["place"]]);
    database.exec("DROP TABLE note");
    await copy({ ...own, exclude: ["place", "note"], schemaOnly: true });
    assert.deepEqual(list("SELECT id AS name FROM whole"), []);
    database.exec(
      "INSERT INTO whole VALUES (1, 2, 3); CREATE TABLE note (id integer PRIMARY KEY, body text)",
    );
    database.close();
    const result = await copy({ ...own, tables: ["note", "whole"], mode: "truncate" });
    assert.deepEqual(result.parts, [
      "rows of the virtual table whole: only a copy that makes the tables brings them",
    ]);
    await assert.rejects(copy({ ...own, tables: ["whole"], mode: "truncate" }), { code: "GW7004" });
  }));

test(
  "a copy into another product tells what of a SQLite file only SQLite has",
  { skip: target("postgres").skip },
  () =>
    withPair("sqlite", "postgres", async (pair) => {
      await pair.prepare([
        "CREATE TABLE t (a text UNIQUE ON CONFLICT REPLACE, b text COLLATE NOCASE)",
        "CREATE UNIQUE INDEX by_a ON t (a COLLATE RTRIM, b)",
        "PRAGMA user_version = 3",
        "CREATE VIRTUAL TABLE found USING fts5(a)",
      ]);
      assert.deepEqual(told(await copied(pair)), [
        "collation of index by_a on t",
        "conflict clause t",
        "number of the application user_version",
        "virtual table found",
      ]);
      assert.equal((await pair.verify()).equal, true);
    }),
);
