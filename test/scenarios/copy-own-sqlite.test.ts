import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { test } from "node:test";
import { backupCreate, backupRestore, backupVerify } from "../../src/index.ts";
import { copy } from "../../src/commands/copy.ts";
import { type Pair, withPair } from "../support/laboratory/pair.ts";
import { makeProject } from "../support/project.ts";
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

/** The rowids that a full-text index gives for a word. */
function found(file: string, index: string, word: string): unknown[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = database
      .prepare(`SELECT rowid FROM "${index}" WHERE "${index}" MATCH ? ORDER BY rowid`)
      .all(word);
    return rows.map(({ rowid }) => rowid);
  } finally {
    database.close();
  }
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
      "CREATE VIRTUAL TABLE place USING rtree(id, x0, x1)",
      "CREATE TRIGGER placed AFTER INSERT ON note BEGIN INSERT INTO place VALUES (new.id, 0, 1); END",
      "INSERT INTO note VALUES (1, 'green apples'), (2, 'red apples')",
      "INSERT INTO found(found, rank) VALUES ('rank', 'bm25(10.0, ''5'')'), ('automerge', 8), ('pgsz', 512)",
    ]);
    assert.deepEqual(told(await copied(pair)), ["trigger placed on note", "virtual table place"]);
    await pair.change(["INSERT INTO note VALUES (3, 'red pears')"]);
    const file = pair.target.slice("sqlite:".length);
    assert.deepEqual(
      [found(file, "found", "apples"), found(file, "found", "red")],
      [
        [1, 2],
        [2, 3],
      ],
    );
    const database = new DatabaseSync(file);
    try {
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

const shadowNamed = [
  "CREATE TABLE docs_content (id integer PRIMARY KEY, body text)",
  "CREATE INDEX by_body ON docs_content (body)",
  "INSERT INTO docs_content VALUES (1, 'green apples'), (2, 'red apples')",
  "CREATE TABLE mail_content (a)",
  "INSERT INTO mail_content VALUES (x'00'), ('kept')",
  "CREATE TRIGGER docs_in AFTER INSERT ON docs_content BEGIN INSERT INTO docs(rowid, body) VALUES (new.id, new.body); END",
  "CREATE VIRTUAL TABLE docs USING fts5(body, content='docs_content', content_rowid=id)",
  "CREATE VIRTUAL TABLE mail USING fts5(body, content='')",
  "INSERT INTO docs(docs) VALUES ('rebuild')",
];

/** The tables and triggers of a file that SQLite takes for a virtual table's own, and their rows. */
function shadowed(file: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const all = (sql: string) => database.prepare(sql).all();
    return [
      all(
        "SELECT sql FROM sqlite_schema WHERE tbl_name IN ('docs', 'docs_content', 'mail_content') ORDER BY name",
      ),
      all("SELECT id, body FROM docs_content ORDER BY id"),
      all("SELECT quote(a) AS a FROM mail_content ORDER BY 1"),
    ];
  } finally {
    database.close();
  }
}

test("a table that is only named like a part of a virtual table is copied and backed up like any other", () =>
  withPair("sqlite", "sqlite", async (pair) => {
    await pair.prepare(shadowNamed);
    const [from, to] = [pair.source, pair.target].map((url) => url.slice("sqlite:".length)) as [
      string,
      string,
    ];
    assert.deepEqual(told(await copied(pair)), ["virtual table mail"]);
    assert.deepEqual(shadowed(to), shadowed(from));
    assert.deepEqual(found(to, "docs", "apples"), [1, 2]);
    assert.equal((await pair.verify()).equal, true);

    await using project = await makeProject();
    const options = { cwd: project.folder, env: {}, url: pair.source };
    const { file } = await backupCreate(options);
    const restored = join(project.folder, "restored.db");
    const restore = { ...options, url: `sqlite:${restored}`, file, confirm: "restored" };
    await backupRestore(restore);
    assert.deepEqual(shadowed(restored), shadowed(from));
    // Over what is there, SQLite keeps them until it has read that the virtual table is gone.
    await backupRestore(restore);
    assert.deepEqual(shadowed(restored), shadowed(from));
  }));

test("a table that SQLite takes for a part of a virtual table is refused before rows are written to it, and given up with it", () =>
  withPair("sqlite", "sqlite", async (pair) => {
    await pair.prepare(shadowNamed);
    const options = { source: pair.source, target: pair.target, env: {} };
    const stop = new AbortController();
    const onEvent = ({ type }: { readonly type: string }) => {
      if (type === "object:made") stop.abort();
    };
    await assert.rejects(copy({ ...options, onEvent, signal: stop.signal }), { code: "GW4006" });
    assert.equal((await copy({ ...options, restart: true })).state, "done");
    for (const mode of ["truncate", "upsert", "refresh"] as const) {
      await assert.rejects(copy({ ...options, tables: ["docs_content"], mode }), {
        code: "GW7004",
        message: /take no rows: docs_content \(SQLite takes it for a part/,
      });
    }
    const [from, to] = [pair.source, pair.target].map((url) => url.slice("sqlite:".length));
    assert.deepEqual(shadowed(to!), shadowed(from!));
  }));

test("a virtual table is read as SQLite reads it, and what it does not make is told before", () =>
  withPair("sqlite", "sqlite", async (pair) => {
    await pair.prepare([
      `CREATE TABLE "it's, here" (id integer PRIMARY KEY, body text)`,
      `INSERT INTO "it's, here" VALUES (1, 'green apples')`,
      `CREATE VIRTUAL TABLE "Ähren" USING "fts5"(body, tokenize="unicode61 tokenchars ',content=x'", content='it''s, here', content_rowid=id)`,
      `INSERT INTO "Ähren"("Ähren") VALUES ('rebuild')`,
      "CREATE TABLE gone (id, body)",
      "CREATE VIEW broken AS SELECT id, body FROM gone",
      "CREATE VIRTUAL TABLE of_broken USING fts5(body, content=broken, content_rowid=id)",
      "DROP TABLE gone",
      "CREATE VIRTUAL TABLE mail USING fts5(body)",
      "CREATE VIEW sizes AS SELECT count(*) AS n FROM mail_docsize",
      "CREATE TABLE log (mail text, n integer)",
      "CREATE VIEW mails AS SELECT mail, log.mail AS again FROM log WHERE mail <> 'mail'",
      "CREATE TRIGGER logged AFTER INSERT ON log BEGIN UPDATE log SET mail = upper(new.mail) WHERE rowid = new.rowid; END",
      "CREATE VIRTUAL TABLE foreign_text USING fts5(body)",
    ]);
    // As an application with a tokenizer of its own leaves it.
    const [from, to] = [pair.source, pair.target].map((url) => url.slice("sqlite:".length)) as [
      string,
      string,
    ];
    const database = new DatabaseSync(from, { defensive: false });
    database.exec(
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '(body)', '(body, tokenize=own)') WHERE name = 'foreign_text'",
    );
    database.close();
    const result = await copied(pair);
    assert.deepEqual(
      Object.fromEntries(result.undone.map(({ what, name, reason }) => [`${what} ${name}`, reason])),
      {
        "virtual table foreign_text": "no such tokenizer: own",
        "virtual table mail": "a copy does not make it",
        "virtual table of_broken": "broken cannot be read: no such table: main.gone",
        "view sizes": "it needs mail, which is not copied",
      },
    );
    assert.deepEqual(found(to, "Ähren", "apples"), [1]);
    await pair.change(["INSERT INTO log VALUES ('a', 1)"]);
    assert.equal((await pair.verify()).tables.length, 2);

    await using project = await makeProject();
    const options = { cwd: project.folder, env: {}, url: pair.source };
    const { file, missing } = await backupCreate(options);
    assert.deepEqual(missing.slice(0, 1), [
      "the virtual table foreign_text, which SQLite does not make here (no such tokenizer: own); --form native holds it",
    ]);
    const restored = join(project.folder, "restored.db");
    await backupRestore({ ...options, url: `sqlite:${restored}`, file, confirm: "restored" });
    await backupVerify({ ...options, backup: (await backupCreate({ ...options, form: "native" })).file });
  }));

test("a view that was made before the index it reads goes when the target refuses that", () =>
  withPair("sqlite", "sqlite", async (pair) => {
    await pair.prepare([
      "CREATE TABLE note (id integer PRIMARY KEY, body text)",
      "CREATE VIEW shown AS SELECT id, json_extract(body, '$.x') AS body FROM note",
      "CREATE VIRTUAL TABLE found USING fts5(body, content=shown, content_rowid=id)",
      "INSERT INTO note VALUES (1, 'no JSON')",
      "INSERT INTO found(rowid, body) VALUES (1, 'apples')",
      "CREATE VIEW all_hits AS SELECT * FROM hits",
      "CREATE VIEW hits AS SELECT rowid AS id FROM found",
    ]);
    assert.deepEqual(told(await copied(pair)), ["view all_hits", "view hits", "virtual table found"]);
    const database = new DatabaseSync(pair.target.slice("sqlite:".length), { readOnly: true });
    const views = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'").all();
    database.close();
    assert.deepEqual(
      views.map(({ name }) => name),
      ["shown"],
    );
  }));

test("a full-text index that was not given all rows is not made, nor what needs it", () =>
  withPair("sqlite", "sqlite", async (pair) => {
    await pair.prepare([
      "CREATE TABLE note (id integer PRIMARY KEY, body text, published)",
      "INSERT INTO note VALUES (1, 'green apples', 1), (2, 'red apples', 0)",
      "CREATE VIRTUAL TABLE found USING fts5(body, content='note', content_rowid=id)",
      "INSERT INTO found(rowid, body) SELECT id, body FROM note WHERE published",
      "CREATE TABLE post (id integer PRIMARY KEY, body text)",
      "INSERT INTO post VALUES (1, 'pears'), (2, 'plums')",
      "CREATE VIRTUAL TABLE posts USING fts4(body, content=post)",
      "INSERT INTO posts(posts) VALUES ('rebuild')",
      "UPDATE post SET id = 3 WHERE id = 2",
      "CREATE VIEW hits AS SELECT rowid AS id FROM found",
      "CREATE VIEW hit_count AS SELECT count(*) AS n FROM hits",
      "CREATE TRIGGER noted AFTER INSERT ON note BEGIN INSERT INTO found(rowid, body) VALUES (new.id, new.body); END",
    ]);
    const result = await copied(pair);
    assert.deepEqual(
      Object.fromEntries(result.undone.map(({ what, name, reason }) => [`${what} ${name}`, reason])),
      {
        "virtual table found":
          "it holds 1 of the 2 rows of note, and would find all of them if it were made anew",
        "virtual table posts": "it holds other rows than post has, and would find those if it were made anew",
        "view hits": "it needs found, which is not copied",
        "view hit_count": "it needs hits, which is not copied",
        "trigger noted on note": "it needs found, which is not copied",
      },
    );
    await pair.change(["INSERT INTO note VALUES (3, 'red pears', 1)"]);
  }));

test("a full-text index of a view is made after it, and of a table that is left out not at all", () =>
  withPair("sqlite", "sqlite", async (pair) => {
    await pair.prepare([
      "CREATE TABLE note (id integer PRIMARY KEY, body text)",
      "INSERT INTO note VALUES (1, 'green apples'), (2, 'red apples')",
      "CREATE TABLE other (id integer PRIMARY KEY, body text)",
      "CREATE VIEW shown AS SELECT id, upper(body) AS body FROM note",
      "CREATE VIRTUAL TABLE found USING fts5(body, content='shown', content_rowid=id)",
      "CREATE VIRTUAL TABLE others USING fts5(body, content='other', content_rowid=id)",
      "CREATE TRIGGER noted AFTER INSERT ON note BEGIN INSERT INTO found(rowid, body) VALUES (new.id, new.body); END",
      "CREATE TRIGGER othered AFTER INSERT ON note BEGIN INSERT INTO others(rowid, body) VALUES (new.id, new.body); END",
      "INSERT INTO found(found) VALUES ('rebuild')",
    ]);
    const result = await copy({ source: pair.source, target: pair.target, env: {}, exclude: ["other"] });
    assert.deepEqual(told(result), ["trigger othered on note", "virtual table others"]);
    await pair.change(["INSERT INTO note VALUES (3, 'red pears')"]);
    assert.deepEqual(found(pair.target.slice("sqlite:".length), "found", "red"), [2, 3]);
  }));

test("what the target's own triggers and indexes do with rows that come later is told", () =>
  withPair("sqlite", "sqlite", async (pair) => {
    await pair.prepare([
      "CREATE TABLE note (id integer PRIMARY KEY, body text)",
      "INSERT INTO note VALUES (1, 'green apples')",
      "CREATE VIRTUAL TABLE found USING fts5(body, content='note', content_rowid=id)",
      "CREATE VIEW shown AS SELECT id, upper(body) AS body FROM note",
      "CREATE VIRTUAL TABLE of_view USING fts5(body, content='shown', content_rowid=id)",
      "INSERT INTO found(found) VALUES ('rebuild')",
      "INSERT INTO of_view(of_view) VALUES ('rebuild')",
      "CREATE TRIGGER noted AFTER INSERT ON note BEGIN SELECT 1; END",
      "CREATE TRIGGER removed AFTER DELETE ON note BEGIN SELECT 1; END",
    ]);
    const options = { source: pair.source, target: pair.target, env: {} };
    const refill = `INSERT INTO main."found" ("found") VALUES ('rebuild')`;
    const indexes = [
      `virtual table found: it keeps what it has read of note; afterwards: ${refill}`,
      `virtual table of_view: it keeps what it has read of note; afterwards: ${refill.replaceAll("found", "of_view")}`,
    ];
    const fires = (name: string) => `trigger ${name} on note: it fires for what is written`;
    assert.deepEqual((await copy({ ...options, schemaOnly: true })).parts, []);
    // A trigger fires for what the mode does, and no other.
    assert.deepEqual((await copy({ ...options, dataOnly: true })).ofTarget, [fires("noted"), ...indexes]);
    const file = pair.target.slice("sqlite:".length);
    assert.deepEqual(found(file, "found", "apples"), []);
    // Also where the index does not hold all rows, and a copy of it could not be made.
    assert.deepEqual((await copy({ ...options, mode: "truncate" })).ofTarget, [
      fires("noted"),
      fires("removed"),
      ...indexes,
    ]);
    await pair.change([refill]);
    assert.deepEqual(found(file, "found", "apples"), [1]);
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
      ]);
      assert.deepEqual(told(await copied(pair)), [
        "collation of index by_a on t",
        "conflict clause t",
        "number of the application user_version",
      ]);
    }),
);
