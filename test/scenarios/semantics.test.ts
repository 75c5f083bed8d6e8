import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, plan, rollback, status } from "../../src/index.ts";
import { targets } from "../support/servers.ts";
import {
  applied,
  historyOf,
  ledgerTable,
  refusedUnchanged,
  scene,
  stem,
  tableNames,
  tables,
} from "./scene.ts";

for (const { name, skip } of targets) {
  test(
    `${name}: a repeatable migration runs last, and again when its SQL changes, not its comments`,
    { skip },
    () =>
      scene(name, { ...tables(1), "R__b.sql": "INSERT INTO t1 VALUES (1);" }, async (own) => {
        await applied(own);
        assert.equal((await apply(own.options)).state, "nothing");
        await own.write({ "R__b.sql": "-- a comment\nINSERT INTO t1\n  VALUES (1);" });
        assert.equal((await apply(own.options)).state, "nothing");
        await own.write({
          ...tables(2),
          "R__b.sql": "INSERT INTO t1 VALUES (2);",
          "R__a.sql": "INSERT INTO t2 VALUES (1);",
        });
        const planned = await plan(own.options);
        assert.deepEqual(
          planned?.steps.map(({ unit }) => unit),
          ["20260101000002", "R__a", "R__b"],
        );
        await applied(own);
        assert.equal((await own.sql("SELECT id FROM t1")).length, 2);
        // Versioned migrations only are rolled back.
        assert.deepEqual((await rollback({ ...own.options, steps: 9 })).versions.length, 2);
      }),
  );

  test(`${name}: Flyway's names: numbers in their order, undone by U`, { skip }, () =>
    scene(
      name,
      {
        "V1.9__c.sql": "CREATE TABLE c (id int);",
        "V1_10__d.sql": "INSERT INTO c VALUES (10);",
        "V2__e.sql": "CREATE TABLE e (id int);",
        "V01__a.sql": "CREATE TABLE a (id int);",
        "U1.10__undo.sql": "DELETE FROM c;",
        "U2.0__undo.sql": "DROP TABLE e;",
      },
      async (own) => {
        await applied(own);
        assert.deepEqual(await historyOf(own), ["apply 1", "apply 1.9", "apply 1.10", "apply 2"]);
        assert.deepEqual((await rollback({ ...own.options, to: "1.9.0" })).versions, ["2", "1.10"]);
        assert.deepEqual(await tableNames(own), ["a", "c"]);
        await refusedUnchanged(own, () => rollback(own.options), "GW2008");
        await apply({ ...own.options, to: "1_10" });
        assert.deepEqual(
          (await status(own.options)).migrations.map(({ state }) => state),
          ["applied", "applied", "applied", "pending"],
        );
      },
    ),
  );

  test(`${name}: TypeScript migrations go up and down, with values as parameters`, { skip }, () =>
    scene(
      name,
      {
        [`${stem(1)}.ts`]: `
          export async function up(db: any): Promise<void> {
            await db.execute("CREATE TABLE t (id bigint, word varchar(40))");
            await db.sql\`INSERT INTO t VALUES (\${9223372036854775807n}, \${"it's ?"})\`;
            const rows = await db.sql\`SELECT id, word FROM t WHERE word = \${"it's ?"} AND 'Why?' <> ''\`;
            if (rows.length !== 1 || String(rows[0].id) !== "9223372036854775807") throw new Error("not so");
          }
          export const down = async (db: any) => { await db.execute("DROP TABLE t"); };`,
      },
      async (own) => {
        await applied(own);
        const [row] = await own.sql(
          `SELECT ${name === "postgres" || name === "sqlite" ? "CAST(id AS text)" : "CAST(id AS char)"} AS id, word FROM t`,
        );
        assert.deepEqual({ ...row }, { id: "9223372036854775807", word: "it's ?" });
        await rollback(own.options);
        assert.deepEqual(await tableNames(own), []);
      },
    ),
  );

  test(`${name}: the ledger keeps the file's text exactly, whatever is in it`, { skip }, () =>
    scene(name, {}, async (own) => {
      const odd = `it''s "quoted" \`so\` \u2028 \u{1F9A2} \u00e9 e\u0301 \\ % _ ? $1 :x \${y} \u202e\t\u0001`;
      const charset = name === "mariadb" || name === "mysql" ? " CHARACTER SET utf8mb4" : "";
      const texts = [
        `-- ${odd}\nCREATE TABLE t (word varchar(200))${charset};\n-- the end without a line end`,
        `INSERT INTO t (word) VALUES ('${odd.replace("\\", "")}');\r\n\r\n`,
        `/* ${odd} */ INSERT INTO t (word) VALUES ('x');`,
      ];
      await own.write(Object.fromEntries(texts.map((text, at) => [`${stem(at)}.up.sql`, text])));
      await applied(own);
      const rows = await own.sql(`SELECT source FROM ${ledgerTable(name, "migration")} ORDER BY seq`);
      assert.deepEqual(
        rows.map(({ source }) => source),
        texts,
      );
      const [row] = await own.sql("SELECT word FROM t WHERE word <> 'x'");
      assert.equal(row?.["word"], odd.replace("\\", "").replace("''", "'"));
    }),
  );
}
