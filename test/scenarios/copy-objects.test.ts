import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { copy, type CopyOptions } from "../../src/commands/copy.ts";
import { loadEngine } from "../../src/engines/registry.ts";
import type { StampedEvent } from "../../src/core/event.ts";
import { clientText } from "../support/laboratory/client-rows.ts";
import { type Pair, run, withPair } from "../support/laboratory/pair.ts";
import { makeProject } from "../support/project.ts";
import { target, type TargetName } from "../support/servers.ts";
import { refused } from "./scene.ts";

const skipFor = (...names: readonly TargetName[]) =>
  names.map((name) => target(name).skip).find((skip) => skip !== false) ?? false;

/** Copies, and gives what was told of objects beside the result. */
async function copied(pair: Pair, options: Partial<CopyOptions> = {}) {
  const events: StampedEvent[] = [];
  const result = await copy({
    source: pair.source,
    target: pair.target,
    env: {},
    onEvent: (event) => events.push(event),
    ...options,
  });
  const undone = result.undone.map(({ what, name, reason }) => `${what} ${name}: ${reason}`);
  const made = events.flatMap((event) => (event.type === "object:made" ? `${event.what} ${event.name}` : []));
  return { result, undone, made };
}

describe("a schema's other objects within one engine", { concurrency: 2 }, () => {
  test("PostgreSQL's, those first that tables need", { skip: skipFor("postgres") }, () =>
    withPair("postgres", "postgres", async (pair) => {
      await pair.prepare([
        "CREATE SCHEMA tools",
        "CREATE TYPE tools.pair AS (a int, b int)",
        "CREATE SEQUENCE numbers INCREMENT 5 START 100",
        "SELECT nextval('numbers'), nextval('numbers')",
        // Its body, which nobody reads before it runs, names what comes later.
        "CREATE FUNCTION tools.twice(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT n * 2'",
        `CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval('numbers'), n int NOT NULL DEFAULT tools.twice(4),
           m int GENERATED ALWAYS AS (tools.twice(n)) STORED, CHECK (tools.twice(n) < 100))`,
        "CREATE INDEX by_twice ON t (tools.twice(n))",
        "CREATE TABLE seen (id int, what text)",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO seen VALUES (NEW.id, TG_OP); RETURN NEW; END'",
        "INSERT INTO t VALUES (1, 1), (2, 2)",
        "CREATE TRIGGER noted AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note()",
        "CREATE TRIGGER quiet AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION note()",
        "ALTER TABLE t DISABLE TRIGGER quiet",
        "CREATE VIEW z AS SELECT id, m FROM t",
        "CREATE VIEW a AS SELECT z.id, now() - now() AS nothing FROM z",
        "COMMENT ON VIEW a IS 'over z'",
        "CREATE FUNCTION rows_of_a() RETURNS SETOF a LANGUAGE sql AS 'SELECT * FROM a'",
        "CREATE MATERIALIZED VIEW stored AS SELECT count(*) AS n FROM t",
        "CREATE UNIQUE INDEX stored_n ON stored (n)",
        "CREATE PROCEDURE add_one() LANGUAGE sql AS 'INSERT INTO t DEFAULT VALUES'",
      ]);
      const { undone, result } = await copied(pair);
      assert.deepEqual([undone, result.parts], [[], []]);
      const ask = (sql: string) => clientText("postgres", pair.target, sql).trim();
      assert.equal(ask("SELECT count(*) FROM seen"), "0", "no trigger fires for copied rows");
      await pair.change(["CALL add_one()"]);
      assert.equal(ask("SELECT id, n, m FROM t WHERE id > 2"), "110|8|16");
      assert.equal(ask("SELECT id, what FROM seen"), "110|INSERT", "the one that is switched off stays so");
      assert.equal(ask("SELECT string_agg(id::text, ',' ORDER BY id) FROM rows_of_a()"), "1,2,110");
      assert.equal(ask("SELECT n FROM stored"), "2");
      assert.equal(ask("SELECT count(*) FROM pg_indexes WHERE indexname IN ('stored_n', 'by_twice')"), "2");
      assert.equal(ask("SELECT obj_description('a'::regclass)"), "over z");
      await assert.rejects(pair.change(["INSERT INTO t (n) VALUES (50)"]), /check/);
    }),
  );

  for (const name of ["mariadb", "mysql"] as const) {
    test(`${name}'s, as they were read when they were made`, { skip: skipFor(name) }, () =>
      withPair(name, name, async (pair) => {
        await pair.prepare([
          "CREATE TABLE t (id int PRIMARY KEY, n int, at datetime)",
          "INSERT INTO t (id, n) VALUES (1, 1), (2, 2)",
          "SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'",
          `CREATE FUNCTION label(n int) RETURNS varchar(20) DETERMINISTIC RETURN 'no ' || n`,
          `CREATE TRIGGER stamped BEFORE UPDATE ON t FOR EACH ROW BEGIN SET NEW.at = '2024-01-02'; SET NEW.n = NEW."n" + 1; END`,
          "SET sql_mode = DEFAULT",
          "CREATE PROCEDURE touch_all() BEGIN UPDATE t SET n = n; UPDATE t SET n = n; END",
          "CREATE VIEW c AS SELECT id, n FROM t WHERE n > 0",
          "CREATE VIEW b AS SELECT id, label(n) AS label FROM c",
          "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO DELETE FROM t",
        ]);
        const { undone, made, result } = await copied(pair);
        assert.deepEqual(undone, []);
        assert.deepEqual(result.parts, [
          "event nightly is made switched off, so that its work is not done twice",
        ]);
        assert.deepEqual(made.toSorted(), [
          "event nightly",
          "function label",
          "procedure touch_all",
          "trigger stamped on t",
          "view b",
          "view c",
        ]);
        const ask = (sql: string) => clientText(name, pair.target, sql).trim();
        assert.equal(
          ask("SELECT count(*) FROM t WHERE at IS NOT NULL"),
          "0",
          "no trigger fires for copied rows",
        );
        await pair.change(["CALL touch_all()"]);
        assert.equal(ask("SELECT label FROM b WHERE id = 2"), "no 4");
        assert.equal(ask("SELECT DATE(at) FROM t WHERE id = 1"), "2024-01-02");
        const state = `SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()`;
        assert.equal(ask(state), "DISABLED", "two databases must not both do its work");
      }),
    );
  }

  test("only those of the tables that are wanted", { skip: skipFor("postgres") }, () =>
    withPair("postgres", "postgres", async (pair) => {
      await pair.prepare([
        "CREATE TABLE one (id int PRIMARY KEY)",
        "CREATE TABLE two (id int PRIMARY KEY)",
        "CREATE FUNCTION used() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE FUNCTION unused() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TRIGGER t BEFORE INSERT ON one FOR EACH ROW EXECUTE FUNCTION used()",
        "CREATE VIEW of_one AS SELECT id FROM one",
        "CREATE VIEW of_both AS SELECT one.id FROM one JOIN two USING (id)",
      ]);
      const { undone, made } = await copied(pair, { tables: ["one"] });
      assert.deepEqual(undone, []);
      assert.deepEqual(made.toSorted(), [
        "function public.used()",
        "trigger t on public.one",
        "view public.of_one",
      ]);
    }),
  );

  test("what the target has already stays as it is", { skip: skipFor("postgres") }, () =>
    withPair("postgres", "postgres", async (pair) => {
      await pair.prepare([
        "CREATE TABLE t (id int)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      ]);
      await pair.change(["CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'"]);
      const { undone } = await copied(pair);
      assert.deepEqual(undone, [
        "function public.f(): the target has one of this name, which stays as it is",
      ]);
      assert.equal(clientText("postgres", pair.target, "SELECT f()").trim(), "2");
    }),
  );
});

describe("a copy that is begun anew", { concurrency: 2 }, () => {
  const sources: Readonly<Record<string, readonly string[]>> = {
    postgres: [
      "CREATE SEQUENCE numbers",
      "CREATE FUNCTION twice(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT n * 2'",
      "CREATE TABLE t (id int PRIMARY KEY DEFAULT nextval('numbers'), n int DEFAULT twice(2))",
      "CREATE VIEW a AS SELECT id, twice(n) AS n FROM t",
      "CREATE VIEW b AS SELECT id FROM a",
      "CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
      "CREATE TRIGGER stay BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION stay()",
    ],
    mysql: [
      "CREATE TABLE t (id int PRIMARY KEY, n int)",
      "CREATE VIEW a AS SELECT id, n FROM t",
      "CREATE VIEW b AS SELECT id FROM a",
      "CREATE PROCEDURE p() SELECT 1",
      "CREATE TRIGGER stay BEFORE UPDATE ON t FOR EACH ROW SET NEW.n = 1",
    ],
    sqlite: [
      "CREATE TABLE t (id integer PRIMARY KEY, n int)",
      "CREATE VIEW a AS SELECT id, n FROM t",
      "CREATE VIEW b AS SELECT id FROM a",
      "CREATE TRIGGER stay AFTER UPDATE ON t BEGIN SELECT 1; END",
    ],
  };
  const ways: readonly (readonly [TargetName, TargetName])[] = [
    ["postgres", "postgres"],
    ["mysql", "mysql"],
    ["sqlite", "sqlite"],
    ["sqlite", "postgres"],
  ];
  for (const [from, to] of ways) {
    test(`makes again what the one before it made, from ${from} to ${to}`, { skip: skipFor(from, to) }, () =>
      withPair(from, to, async (pair) => {
        await pair.prepare(sources[from]!);
        const stop = new AbortController();
        const options = { source: pair.source, target: pair.target, env: {} };
        const interrupted = copy({
          ...options,
          signal: stop.signal,
          // The last of its views is there, and the copy is not compared.
          onEvent: (event) => {
            if (event.type === "object:made" && /\bb$/.test(event.name)) stop.abort();
          },
        });
        await refused(interrupted, "GW4006");
        const { undone, made } = await copied(pair, { restart: true });
        assert.deepEqual(
          undone.filter((each) => !each.startsWith("trigger ")),
          [],
        );
        assert.ok(made.some((each) => /^view .*b$/.test(each)));
        assert.equal((await pair.verify()).equal, true);
      }),
    );
  }
});

describe("a schema's other objects between engines", { concurrency: 2 }, () => {
  test(
    "a view that gives other rows is dropped again, with what reads it",
    { skip: skipFor("postgres") },
    () =>
      withPair("postgres", "sqlite", async (pair) => {
        await pair.prepare([
          "CREATE TABLE t (id int PRIMARY KEY, name text)",
          "INSERT INTO t VALUES (1, 'Ada'), (2, 'adam')",
          // Case counts in one of them.
          "CREATE VIEW b_lower AS SELECT id, name FROM t WHERE name LIKE 'a%'",
          "CREATE VIEW a_names AS SELECT b.name FROM b_lower b",
          "CREATE VIEW fine AS SELECT id FROM t",
          "CREATE MATERIALIZED VIEW stored AS SELECT count(*) AS n FROM t",
          "CREATE VIEW halves AS SELECT id, id / 2 AS half FROM t",
          "CREATE VIEW days AS SELECT date_trunc('day', now()) AS day FROM t",
        ]);
        const { undone, made, result } = await copied(pair);
        assert.deepEqual(made, ["view public.fine", "view public.halves", "view public.stored"]);
        assert.deepEqual(result.parts, [
          "view public.stored is made as a plain view, whose rows are always those of now",
        ]);
        assert.deepEqual(undone.toSorted(), [
          "view public.a_names: it needs view public.b_lower, which was not made",
          "view public.b_lower: the source's gives 1 rows, and it gives 2",
          "view public.days: its query holds what is not translated: date_trunc(…)",
        ]);
        const left = clientText(
          "sqlite",
          pair.target,
          "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name",
        );
        assert.equal(left.trim().replaceAll("\n", " "), "fine halves stored");
      }),
  );

  test("the target's refusal is told, and the rest is copied", { skip: skipFor("mariadb", "postgres") }, () =>
    withPair("mariadb", "postgres", async (pair) => {
      await pair.prepare([
        "CREATE TABLE t (id int PRIMARY KEY, name varchar(20), active tinyint(1))",
        "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 0)",
        // Not grouped by all that it shows, and a text where a number is wanted.
        "CREATE VIEW loose AS SELECT id, name, count(*) AS n FROM t GROUP BY name",
        "CREATE VIEW odd AS SELECT id FROM t WHERE name = 0",
        "CREATE VIEW flagged AS SELECT id FROM t WHERE active = 1",
      ]);
      const { undone, made } = await copied(pair);
      assert.deepEqual(made, ["view flagged"]);
      assert.match(undone.join("\n"), /view loose: .*GROUP BY/);
      assert.match(undone.join("\n"), /view odd: .*operator does not exist/);
    }),
  );

  const drafted = {
    mariadb: [
      "CREATE TABLE t (id int PRIMARY KEY, n int, at datetime)",
      "CREATE TRIGGER stamped BEFORE UPDATE ON t FOR EACH ROW SET NEW.n = ifnull(NEW.n, OLD.n) + 1",
      "CREATE TRIGGER busy AFTER INSERT ON t FOR EACH ROW BEGIN DELETE FROM t WHERE id < 0; END",
      "CREATE FUNCTION label(n int, `long name` decimal(10,2)) RETURNS varchar(20) DETERMINISTIC RETURN concat('-- no ', n)",
      "CREATE PROCEDURE work(IN a bigint unsigned, INOUT b date) BEGIN SELECT 1; END",
      "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO DELETE FROM t",
    ],
    postgres: [
      "CREATE TABLE t (id int PRIMARY KEY, n int, at timestamp)",
      "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.n := coalesce(NEW.n, OLD.n) + 1; RETURN NEW; END'",
      "CREATE TRIGGER stamped BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION stamp()",
      "CREATE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM t WHERE id < 0; RETURN NULL; END'",
      "CREATE TRIGGER busy AFTER INSERT OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION busy()",
      "CREATE FUNCTION label(n int, \"long name\" numeric) RETURNS text LANGUAGE sql AS 'SELECT n::text'",
      "CREATE PROCEDURE work(a bigint, INOUT b date) LANGUAGE sql AS 'SELECT b'",
    ],
    sqlite: [
      "CREATE TABLE t (id integer PRIMARY KEY, n int, at datetime)",
      "CREATE TRIGGER busy AFTER UPDATE OF n, at ON t WHEN new.n > 1 BEGIN DELETE FROM t WHERE id < 0; END",
    ],
  };
  const ways: readonly (readonly [keyof typeof drafted, TargetName])[] = [
    ["mariadb", "postgres"],
    ["postgres", "mysql"],
    ["postgres", "mariadb"],
    ["mariadb", "sqlite"],
    ["sqlite", "postgres"],
    ["sqlite", "mariadb"],
  ];
  for (const [from, to] of ways) {
    test(
      `drafts from ${from} that ${to} takes as they are, and refuses to run`,
      { skip: skipFor(from, to) },
      () =>
        withPair(from, to, async (pair) => {
          await using project = await makeProject({});
          const file = join(project.folder, "drafts.sql");
          await pair.prepare(drafted[from]);
          const { undone, result } = await copied(pair, { drafts: file });
          const text = await readFile(file, "utf8");
          assert.ok(undone.length > 0 && undone.length === result.undone.length);
          for (const each of result.undone) {
            assert.match(text, new RegExp(`^-- ${each.what} ${each.name.replaceAll(/[()]/g, ".")}$`, "m"));
          }
          // The engine's own rules cut it, as a client would.
          const { syntax } = await loadEngine(target(to).engine);
          await syntax.load();
          const statements = syntax.statements(text, file).map((statement) => statement.text);
          await run(to, pair.target, statements);
          await assert.rejects(
            pair.change(["INSERT INTO t (id, n) VALUES (1, 1)", "UPDATE t SET n = 2"]),
            /busy is a draft/,
          );
          if (from === "sqlite" || to === "sqlite") return;
          // What only sets columns of the new row was translated.
          const drop =
            to === "postgres"
              ? ["DROP TRIGGER busy ON t"]
              : ["DROP TRIGGER busy_insert", "DROP TRIGGER busy_delete"];
          await pair.change(from === "mariadb" && to !== "postgres" ? ["DROP TRIGGER busy"] : drop);
          await pair.change(["INSERT INTO t (id, n) VALUES (7, 1)", "UPDATE t SET n = NULL WHERE id = 7"]);
          assert.equal(clientText(to, pair.target, "SELECT n FROM t WHERE id = 7").trim(), "2");
          await assert.rejects(pair.change(["SELECT label(1, 2)"]), /label is a draft/);
        }),
    );
  }

  test("the file for drafts is nobody else's", { skip: false }, () =>
    withPair("sqlite", "sqlite", async (pair) => {
      await using project = await makeProject({});
      const file = join(project.folder, "notes.sql");
      await writeFile(file, "-- mine\n");
      await pair.prepare(["CREATE TABLE t (id int)"]);
      await refused(copied(pair, { drafts: file }), "GW1001");
      assert.equal(await readFile(file, "utf8"), "-- mine\n");
      assert.equal(existsSync(pair.target.slice("sqlite:".length)), false, "the target was not touched");
    }),
  );
});
