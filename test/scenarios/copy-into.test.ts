import assert from "node:assert/strict";
import { test } from "node:test";
import { copy, planCopy, type StampedEvent, verify } from "../../src/index.ts";
import { runSql } from "../faults/copy-scene.ts";
import { asker } from "../faults/evidence.ts";
import { withOwnDatabase } from "../faults/own-database.ts";
import { target, type TargetName } from "../support/servers.ts";

/*
 * Tables that are there, with references among them in every order: to a parent, to themselves, in a circle. Each mode
 * ends with the source's rows, the references valid, and counters that go on.
 */
const names: readonly TargetName[] = ["postgres", "mariadb", "mysql", "sqlite"];
const alone = { env: {}, cwd: import.meta.dirname };

const source = [
  "CREATE TABLE zone (id integer PRIMARY KEY AUTOINCREMENT, name varchar(20) NOT NULL, chief integer REFERENCES person (id))",
  // Children come before their parents, in a table that is larger than theirs.
  "CREATE TABLE person (id integer PRIMARY KEY AUTOINCREMENT, boss integer REFERENCES person (id), zone integer REFERENCES zone (id), about varchar(200))",
  "CREATE TABLE visit (id integer PRIMARY KEY AUTOINCREMENT, person integer NOT NULL REFERENCES person (id))",
  "PRAGMA foreign_keys = OFF",
  "INSERT INTO zone VALUES (1, 'north', 3), (2, 'south', NULL)",
  `INSERT INTO person VALUES (1, 3, 1, '${"x".repeat(200)}'), (2, 1, 2, '${"y".repeat(200)}'), (3, NULL, 1, '')`,
  "INSERT INTO visit VALUES (10, 1), (20, 3)",
  "DELETE FROM person WHERE id = 99",
  "INSERT INTO visit VALUES (70, 2)",
  "DELETE FROM visit WHERE id = 70",
];

test("sqlite: rows that refer to rows that are not there are named, and the copy is none", () =>
  withOwnDatabase("sqlite", async (from) => {
    await runSql("sqlite", from, [
      "PRAGMA foreign_keys = OFF",
      "CREATE TABLE parent (id integer PRIMARY KEY)",
      "CREATE TABLE child (id integer PRIMARY KEY, parent integer REFERENCES parent (id))",
      "INSERT INTO parent VALUES (1)",
      "INSERT INTO child VALUES (1, 1), (2, 7), (3, NULL)",
    ]);
    await withOwnDatabase("sqlite", async (target) => {
      const ends = { ...alone, source: from, target };
      await copy({ ...ends, schemaOnly: true });
      await assert.rejects(copy({ ...ends, dataOnly: true }), {
        code: "GW7005",
        message: /refer to rows that are not there: 1 rows of child/,
      });
    });
  }));

test(
  "postgres: the target's triggers are told that fire for what the mode does, and what keeps rows that it has read",
  { skip: target("postgres").skip },
  () =>
    withOwnDatabase("sqlite", async (from) => {
      await runSql("sqlite", from, ["CREATE TABLE note (id integer PRIMARY KEY, body text)"]);
      await withOwnDatabase("postgres", async (url) => {
        await runSql("postgres", url, [
          "CREATE TABLE note (id int PRIMARY KEY, body text)",
          "CREATE VIEW shown AS SELECT upper(body) AS body FROM note",
          "CREATE MATERIALIZED VIEW kept AS SELECT * FROM shown",
          "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
          ...["off", "on"].map(
            (name) => `CREATE TRIGGER is_${name} AFTER INSERT ON note EXECUTE FUNCTION f()`,
          ),
          "ALTER TABLE note DISABLE TRIGGER is_off",
          "CREATE TRIGGER deleted AFTER DELETE ON note EXECUTE FUNCTION f()",
          "CREATE TRIGGER emptied AFTER TRUNCATE ON note EXECUTE FUNCTION f()",
        ]);
        const parts = async (choice: { dataOnly?: true; mode?: "truncate" | "upsert" }) =>
          (await planCopy({ ...alone, source: from, target: url, ...choice })).ofTarget;
        const fires = (name: string) => `trigger ${name} on public.note: it fires for what is written`;
        const kept =
          "view public.kept: it keeps what it has read of public.note; afterwards: REFRESH MATERIALIZED VIEW public.kept";
        assert.deepEqual(await parts({ dataOnly: true }), [fires("is_on"), kept]);
        assert.deepEqual(await parts({ mode: "truncate" }), [fires("emptied"), fires("is_on"), kept]);
        assert.deepEqual(await parts({ mode: "upsert" }), [fires("is_on"), kept]);
      });
    }),
);

test(
  "postgres: a number of no digits is not taken for an amount of money",
  { skip: target("postgres").skip },
  () =>
    withOwnDatabase("postgres", async (from) => {
      await runSql("postgres", from, [
        "CREATE TABLE tax (id int PRIMARY KEY, amount numeric(19,2))",
        "INSERT INTO tax VALUES (1, 0), (2, NULL)",
      ]);
      await withOwnDatabase("postgres", async (url) => {
        await runSql("postgres", url, ["CREATE TABLE tax (id int PRIMARY KEY, amount money)"]);
        await copy({ ...alone, source: from, target: url, dataOnly: true });
        const rows = await asker("postgres", url)("SELECT amount = 0::money AS same FROM tax ORDER BY id");
        assert.deepEqual(rows, [{ same: true }, { same: null }]);
      });
    }),
);

test(
  "postgres: tables that are compared at once are told in their order",
  { skip: target("postgres").skip },
  () =>
    withOwnDatabase("postgres", async (from) => {
      const tables = ["a", "b", "c", "d"];
      const made = tables.map((name) => `CREATE TABLE ${name} (id int PRIMARY KEY, v text)`);
      await runSql("postgres", from, [
        ...made,
        ...tables.map((name) => `INSERT INTO ${name} VALUES (1, 'x'), (2, 'y')`),
      ]);
      await withOwnDatabase("postgres", async (url) => {
        await runSql("postgres", url, [
          ...made,
          "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v := upper(NEW.v); RETURN NEW; END'",
          ...["b", "d"].map(
            (name) =>
              `CREATE TRIGGER shouted BEFORE INSERT ON ${name} FOR EACH ROW WHEN (NEW.id = 2) EXECUTE FUNCTION shout()`,
          ),
        ]);
        const compared: string[] = [];
        const onEvent = (event: StampedEvent) => {
          if (event.type === "table:compared") compared.push(`${event.table} ${event.differences}`);
        };
        await assert.rejects(
          copy({ ...alone, source: from, target: url, dataOnly: true, jobs: 3, onEvent }),
          {
            code: "GW7005",
            message: /differs from the source: public\.b in 1 rows, public\.d in 1 rows/,
          },
        );
        assert.deepEqual(compared.toSorted(), ["public.a 0", "public.b 1", "public.c 0", "public.d 1"]);
      });
    }),
);

for (const name of names) {
  const skip = name === "sqlite" ? false : target(name).skip;
  test(`${name}: rows come into tables that are there, whatever refers to what`, { skip }, () =>
    withOwnDatabase("sqlite", async (from) => {
      await runSql("sqlite", from, source);
      await withOwnDatabase(name, async (url) => {
        const ask = asker(name, url);
        const ends = { ...alone, source: from, target: url };
        const same = async () => {
          const report = await verify(ends);
          assert.ok(report.equal, JSON.stringify(report, null, 1));
        };
        const before = await (async () => {
          await copy({ ...ends, schemaOnly: true });
          return definitions(name, ask);
        })();
        await copy({ ...ends, dataOnly: true });
        await same();
        assert.deepEqual(await definitions(name, ask), before);
        await ask("INSERT INTO visit (person) VALUES (1)");
        assert.deepEqual(await ask("SELECT max(id) AS id FROM visit").then(first), 71);

        await assert.rejects(copy({ ...ends, dataOnly: true }), {
          code: "GW7004",
          message: /hold rows already/,
        });
        await copy({ ...ends, mode: "truncate" });
        await same();
        assert.deepEqual(await definitions(name, ask), before);

        // A parent and its child are new; they come in that order.
        await runSql("sqlite", from, [
          "INSERT INTO zone VALUES (3, 'west', NULL)",
          "INSERT INTO person VALUES (4, 1, 3, '')",
          "INSERT INTO visit VALUES (80, 4)",
          "UPDATE zone SET name = 'far north' WHERE id = 1",
        ]);
        await copy({ ...ends, mode: "upsert", tables: ["zone", "person", "visit"] });
        await same();
        assert.deepEqual(await definitions(name, ask), before);
        await ask("INSERT INTO visit (person) VALUES (1)");
        assert.deepEqual(await ask("SELECT max(id) AS id FROM visit").then(first), 81);

        // What would be left without its parent is named, and nothing is emptied.
        await assert.rejects(copy({ ...ends, mode: "truncate", tables: ["person", "zone"] }), {
          code: "GW7004",
          message:
            /that are not copied refer to those that would be emptied: .* of .*visit refers to .*person/,
        });
        assert.deepEqual(await ask("SELECT count(*) AS n FROM person").then(first), 4);

        // A parent that is missing in the source as well is found, wherever the server does not look.
        await runSql("sqlite", from, ["PRAGMA foreign_keys = OFF", "DELETE FROM person WHERE id = 4"]);
        await assert.rejects(copy({ ...ends, mode: "truncate" }), (error: Error & { code?: string }) => {
          assert.match(String(error.code), /^GW(7005|6\d{3})$/, error.message);
          assert.match(error.message, /visit/);
          return true;
        });
      });
    }),
  );
}

type Ask = ReturnType<typeof asker>;

function first(rows: readonly Record<string, unknown>[]): number {
  return Number(Object.values(rows[0] ?? {})[0]);
}

/** The foreign keys, by the server's own catalogue. */
async function definitions(name: TargetName, ask: Ask): Promise<unknown> {
  switch (name) {
    case "postgres":
      return ask(
        "SELECT conname, convalidated, pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1",
      );
    case "sqlite":
      return ask("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'godwit%' ORDER BY 1");
    default:
      return ask(
        "SELECT TABLE_NAME, COLUMN_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE 'godwit%' ORDER BY 1, 2, 3",
      );
  }
}
