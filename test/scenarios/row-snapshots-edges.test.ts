import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  apply,
  doctor,
  dropSnapshots,
  plan,
  planCopy,
  rehearse,
  rollback,
  snapshots,
} from "../../src/index.ts";
import { administer, target, targets } from "../support/servers.ts";
import { bytesOf } from "./row-bytes.ts";
import { refused, type Scene, scene, stem, tableNames, version } from "./scene.ts";

const up = (number: number) => `${stem(number)}.up.sql`;
const down = (number: number) => `${stem(number)}.down.sql`;
const warned = (own: Scene) =>
  own.events.flatMap((event) =>
    event.type === "warning:raised" && event.code === "GW8305" ? [event.message] : [],
  );

// MariaDB and MySQL are one engine.
for (const { name, skip } of targets.filter(
  (each) => each.name !== "mysql" || target("mariadb").skip !== false,
)) {
  test(
    `${name}: a down file says where; the schema has no part in it; what is dropped is gone`,
    { skip },
    () =>
      scene(
        name,
        {
          [up(1)]:
            "CREATE TABLE items (id int PRIMARY KEY, price int); INSERT INTO items VALUES (1, 5), (2, 7);",
          [down(1)]: "DROP TABLE items;",
          [up(2)]: `ALTER TABLE items ADD COLUMN note varchar(10);
-- godwit: snapshot
UPDATE items SET price = price * 100, note = 'cents';`,
          [down(2)]:
            "-- godwit: restore\nALTER TABLE items DROP COLUMN note;\nUPDATE items SET price = price + 0;",
        },
        async (own) => {
          const options = { ...own.options, schemaFile: "schema.sql" };
          const before = [
            { id: 1, price: 5 },
            { id: 2, price: 7 },
          ];
          const items = async () =>
            (await own.sql("SELECT id, price FROM items ORDER BY id")).map(({ id, price }) => ({
              id: Number(id),
              price: Number(price),
            }));
          const planned = await plan(own.options);
          const [kept] = (planned?.steps ?? []).flatMap((step) =>
            step.kind === "sql" ? step.statements.flatMap(({ keeps }) => keeps ?? []) : [],
          );
          // Forward, back and forward again, with the same names each time.
          assert.ok((await rehearse(own.options))?.verified);
          await apply(options);
          assert.ok((await tableNames(own)).includes(kept?.before ?? "none"), "the plan names the table");
          const schema = await readFile(join(own.folder, "schema.sql"), "utf8");
          assert.match(schema, /items/);
          assert.doesNotMatch(schema, /_rollback_|_changed_/);
          const ends = { source: own.url, target: `sqlite:${join(own.folder, "none.db")}`, env: {} };
          const { survey } = await planCopy({ ...ends, cwd: own.folder });
          assert.deepEqual(
            survey.tables.map(({ source }) => source.name),
            ["items"],
            "copies leave them out",
          );
          await rollback(own.options);
          assert.deepEqual(await items(), before);
          await apply(own.options);
          await own.sql("ALTER TABLE items ADD COLUMN later int");
          const shape = await refused(rollback(own.options), "GW8304");
          assert.match(shape.message, /has other columns than when they were kept: later int/i);
          await own.sql("ALTER TABLE items DROP COLUMN later");

          const list = await snapshots(own.options);
          assert.deepEqual(
            list.map(({ state, rows, table }) => `${state} ${rows} ${table.name}`),
            ["restored 2 items", "kept 2 items"],
          );
          await dropSnapshots({ ...own.options, drop: ["restored"] });
          assert.deepEqual(
            (await tableNames(own)).sort(),
            [list[1]?.before.name, list[1]?.after?.name, "items"].sort(),
          );
          await refused(dropSnapshots({ ...own.options, drop: ["nosuch"] }), "GW1001");
          await dropSnapshots({ ...own.options, drop: [list[1]?.id ?? ""] });
          assert.deepEqual(await tableNames(own), ["items"]);
          assert.match((await refused(rollback(own.options), "GW8304")).message, /was dropped/);
          assert.deepEqual(await items(), [
            { id: 1, price: 500 },
            { id: 2, price: 700 },
          ]);
        },
      ),
  );
}

test(
  "postgres: triggers, cascades, partitions, MERGE, another key, and conditions that are not what they were",
  {
    skip: target("postgres").skip,
  },
  () =>
    scene("postgres", {}, async (own) => {
      const round = async (create: string, table: string, change: string, number: number) => {
        for (const statement of create.split(";\n")) await own.sql(statement);
        await own.write({ [up(number)]: `-- godwit: snapshot\n${change};` });
        const before = await bytesOf(own, table);
        own.events.length = 0;
        await apply(own.options);
        assert.notDeepEqual(await bytesOf(own, table), before);
        await rollback(own.options);
        assert.deepEqual(await bytesOf(own, table), before, change);
        await own.write({ [up(number)]: "SELECT 1;" });
        await apply(own.options);
      };
      await round(
        `CREATE TABLE p (id int PRIMARY KEY, touched timestamptz DEFAULT now(), n int);
CREATE TABLE log (what text);
CREATE TABLE child (id int REFERENCES p ON DELETE CASCADE);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched := clock_timestamp(); RETURN NEW; END $$;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (TG_OP); RETURN NULL; END $$;
CREATE TRIGGER touching BEFORE INSERT OR UPDATE ON p FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER noting AFTER UPDATE OR DELETE ON p FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE p ENABLE ALWAYS TRIGGER noting;
INSERT INTO p (id, n) VALUES (1, 1), (2, 2), (3, 3)`,
        "p",
        "UPDATE p SET n = 9 WHERE id < 3",
        1,
      );
      assert.match(
        warned(own)[0] ?? "",
        /public\.p are changed, the trigger noting runs; what that does is not kept/,
      );
      assert.equal((await own.sql("SELECT * FROM log")).length, 2, "the rollback set no trigger off");
      assert.deepEqual(
        (
          await own.sql(
            "SELECT tgname AS n, tgenabled AS e FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
          )
        ).map(({ n, e }) => `${String(n)} ${String(e)}`),
        ["noting A", "touching O"],
      );
      await round("SELECT 1", "p", "DELETE FROM p WHERE id = 3", 2);
      assert.ok(warned(own).some((message) => /rows of child that refer to it are deleted/.test(message)));
      await round(
        `CREATE TABLE parts (region text, id int, n int, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
CREATE TABLE parts_a PARTITION OF parts FOR VALUES IN ('a');
CREATE TABLE parts_b PARTITION OF parts FOR VALUES IN ('b');
CREATE TRIGGER own AFTER UPDATE ON parts_b FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER whole AFTER UPDATE ON parts FOR EACH ROW EXECUTE FUNCTION note();
ALTER TABLE parts_a DISABLE TRIGGER whole;
ALTER TABLE parts_b ENABLE ALWAYS TRIGGER whole;
TRUNCATE log;
INSERT INTO parts VALUES ('a', 1, 1), ('b', 1, 2), ('b', 2, 3)`,
        "parts",
        "WITH few AS (SELECT 1 AS id) UPDATE parts SET n = parts.n + 1 FROM few JOIN parts AS other ON other.id = few.id WHERE parts.id = other.id",
        3,
      );
      // Both of parts_b, for each of its two rows; and nothing on the way back.
      assert.equal((await own.sql("SELECT * FROM log")).length, 2);
      assert.ok(warned(own).some((message) => /the trigger own runs/.test(message)));
      assert.deepEqual(
        (
          await own.sql(
            "SELECT tgrelid::regclass || ' ' || tgname AS n, tgenabled AS e FROM pg_trigger WHERE tgname IN ('own', 'whole') ORDER BY 1",
          )
        ).map(({ n, e }) => `${String(n)} ${String(e)}`),
        ["parts whole O", "parts_a whole D", "parts_b own O", "parts_b whole A"],
      );
      await round(
        `CREATE TABLE m (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL UNIQUE, n int);
INSERT INTO m (code, n) SELECT 'c' || g, g FROM generate_series(1, 6) g`,
        "m",
        "MERGE INTO m USING (VALUES (1), (2), (3)) AS s (id) ON m.id = s.id WHEN MATCHED AND m.n = 2 THEN DELETE WHEN MATCHED AND m.n = 3 THEN UPDATE SET n = 33",
        4,
      );
      // The statement sets one key, so rows are found again by the other one.
      await round("SELECT 1", "m", "UPDATE m SET code = upper(code), n = 0", 5);
      assert.deepEqual((await snapshots(own.options)).at(-1)?.key, ["id"]);

      const rows = await bytesOf(own, "m");
      await own.sql("INSERT INTO p (id, n) SELECT g, 0 FROM generate_series(10, 90) g");
      for (const [change, code, why] of [
        [
          "UPDATE p SET n = 1 WHERE random() < 0.5",
          "GW8302",
          /the statement changed \d+ rows of public\.p, and \d+ of them were kept/,
        ],
        ["UPDATE m SET id = DEFAULT, code = 'x'", "GW8301", /it sets id, which is of the key/],
        ["DELETE FROM pg_temp.nosuch", "GW8301", /no table nosuch/],
      ] as const) {
        await own.write({ [up(6)]: `-- godwit: snapshot\n${change};` });
        const before = await bytesOf(own, "p");
        assert.match((await refused(apply(own.options), code)).message, why);
        assert.deepEqual(await bytesOf(own, "p"), before);
      }
      assert.deepEqual(await bytesOf(own, "m"), rows);
    }),
);

test(
  "mariadb: a limit without an order is held against what was kept; a trigger in the way is told",
  {
    skip: target("mariadb").skip,
  },
  () =>
    scene("mariadb", {}, async (own) => {
      await own.sql("CREATE TABLE p (id int PRIMARY KEY, n int, seen int DEFAULT 0)");
      await own.sql("INSERT INTO p (id, n) VALUES (1, 1), (2, 2), (3, 3)");
      await own.write({ [up(1)]: "-- godwit: snapshot\nDELETE FROM p LIMIT 2;" });
      const before = await bytesOf(own, "p");
      await apply(own.options);
      assert.equal((await bytesOf(own, "p")).length, 1);
      await rollback(own.options);
      assert.deepEqual(await bytesOf(own, "p"), before);

      await own.sql("CREATE TRIGGER seeing BEFORE UPDATE ON p FOR EACH ROW SET NEW.seen = NEW.seen + 1");
      await own.write({ [up(1)]: "-- godwit: snapshot\nUPDATE p SET n = 5 WHERE id < 3;" });
      await apply(own.options);
      assert.match(warned(own).at(-1) ?? "", /the trigger seeing runs/);
      const after = await bytesOf(own, "p");
      assert.match(
        (await refused(rollback(own.options), "GW8304")).message,
        /2 of 2 rows of p would not be as they were/,
      );
      assert.deepEqual(await bytesOf(own, "p"), after);
      await own.write({ [up(2)]: "-- godwit: snapshot\nUPDATE p SET n = 6 WHERE rand() < 0.5;" });
      await own.sql("INSERT INTO p (id, n) SELECT seq, 0 FROM seq_10_to_90");
      await refused(apply(own.options), "GW8302");
      // A killed run's empty tables are no change of the migration: the corrected file is applied from its start.
      await own.write({ [up(2)]: "INSERT INTO p (id) VALUES (99);" });
      await apply(own.options);
      const keptRows = async () =>
        (await doctor(own.options)).findings.filter(({ check }) => check === "kept-rows");
      const [stray] = await keptRows();
      assert.match(stray?.remedy ?? "", /^DROP TABLE `p_changed_\w{8}`; DROP TABLE `p_rollback_\w{8}`$/);
      for (const sql of (stray?.remedy ?? "").split("; ")) await own.sql(sql);
      assert.deepEqual(
        (await keptRows()).map(({ status, message }) => `${status} ${message}`),
        ["ok 2 snapshots of 4 rows are kept; godwit snapshots lists them"],
      );
    }),
);

test(
  "postgres: a migration's own role keeps rows and has them put back, without a right on the ledger",
  {
    skip: target("postgres").skip,
  },
  async () => {
    const role = `godwit_role_${randomBytes(6).toString("hex")}`;
    await administer("postgres", (sql) => sql(`CREATE ROLE ${role}`));
    try {
      await scene(
        "postgres",
        {
          [up(1)]: `CREATE SCHEMA own AUTHORIZATION ${role}; SET ROLE ${role};
CREATE TABLE own.items (id int PRIMARY KEY, n int); INSERT INTO own.items VALUES (1, 1), (2, 2);`,
          [up(2)]: `SET ROLE ${role};\nSET search_path = own;\n-- godwit: snapshot\nUPDATE items SET n = 9;`,
          [down(2)]:
            `SET ROLE ${role};\nUPDATE own.items SET n = n WHERE false;\n-- godwit: restore\nSELECT 1;`,
        },
        async (own) => {
          await apply({ ...own.options, to: version(1) });
          const before = await bytesOf(own, "own.items");
          await apply(own.options);
          assert.notDeepEqual(await bytesOf(own, "own.items"), before);
          await rollback(own.options);
          assert.deepEqual(await bytesOf(own, "own.items"), before);
        },
      );
    } finally {
      await administer("postgres", (sql) => sql(`DROP ROLE ${role}`));
    }
  },
);

test("sqlite: cascades are told where foreign keys are on, and a table that replaces rows is refused", () =>
  scene(
    "sqlite",
    {
      [up(1)]: `CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, n INT);
CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES P ON DELETE CASCADE);
CREATE TABLE d (id INTEGER PRIMARY KEY, code TEXT REFERENCES p (code) ON UPDATE SET NULL);
INSERT INTO p VALUES (1, 'a', 1), (2, 'b', 2);
CREATE TABLE u (id INTEGER PRIMARY KEY, mail TEXT UNIQUE ON /* so */ CONFLICT replace, v TEXT);
INSERT INTO u VALUES (1, 'a', 'one'), (2, 'A', 'two');`,
    },
    async (own) => {
      await apply(own.options);
      for (const [pragma, change, told] of [
        ["ON", "DELETE FROM p WHERE id = 9", ["rows of c that refer to it are deleted"]],
        ["ON", "UPDATE p SET code = 'z' WHERE id = 9", ["d gets NULL"]],
        ["ON", "UPDATE p SET n = 3", []],
        ["OFF", "DELETE FROM p WHERE id = 9", []],
      ] as const) {
        await own.write({ [up(2)]: `PRAGMA foreign_keys = ${pragma};\n-- godwit: snapshot\n${change};` });
        own.events.length = 0;
        await apply(own.options);
        assert.deepEqual(
          warned(own).map((message) => /are changed, (.*);/.exec(message)?.[1]),
          told,
        );
        await rollback(own.options);
      }
      await own.write({ [up(2)]: "-- godwit: snapshot\nUPDATE u SET mail = lower(mail);" });
      const rows = await bytesOf(own, "u");
      assert.match((await refused(apply(own.options), "GW8301")).message, /u has ON CONFLICT REPLACE/);
      assert.deepEqual(await bytesOf(own, "u"), rows);

      // It came after the rows were kept: they meet somebody's row, and do not take its place.
      await own.sql("CREATE TABLE w (id INTEGER PRIMARY KEY, mail TEXT UNIQUE)");
      await own.sql("INSERT INTO w VALUES (1, 'a'), (2, 'b')");
      await own.write({ [up(2)]: "-- godwit: snapshot\nUPDATE w SET mail = 'z' WHERE id = 1;" });
      await apply(own.options);
      await own.sql("DROP TABLE w");
      await own.sql("CREATE TABLE w (id INTEGER PRIMARY KEY, mail TEXT UNIQUE ON CONFLICT REPLACE)");
      await own.sql("INSERT INTO w VALUES (1, 'z'), (3, 'a')");
      const theirs = await bytesOf(own, "w");
      assert.match((await refused(rollback(own.options), "GW8304")).message, /UNIQUE/);
      assert.deepEqual(await bytesOf(own, "w"), theirs);
    },
  ));
