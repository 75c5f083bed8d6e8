import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { apply, baseline, plan, redo, repair, rollback, status, validate } from "../../src/index.ts";
import { targets } from "../support/servers.ts";
import {
  applied,
  historyOf,
  ledgerTable,
  refused,
  refusedUnchanged,
  scene,
  type Scene,
  stem,
  tableNames,
  tables,
  version,
} from "./scene.ts";

const up = (number: number) => `${stem(number)}.up.sql`;
const columns = [
  "version",
  "name",
  "kind",
  "action",
  "raw_hash",
  "sql_hash",
  "run_id",
  "actor",
  "tool",
  "applied_at",
  "prev_hash",
  "row_hash",
];

/** What somebody may do to the history by hand, and the row that the error has to name. */
function tamperings(migration: string): readonly { what: string; sql: readonly string[]; row: number }[] {
  const edits = columns.map((column) => ({
    what: `${column} edited`,
    sql: [`UPDATE ${migration} SET ${column} = 'x' WHERE seq = 2`],
    row: 2,
  }));
  const row = (seq: number) =>
    `SELECT ${seq}, '20260101000099', 'by_hand', kind, action, raw_hash, sql_hash, source, run_id, epoch, actor, tool,
       applied_at, duration_ms, prev_hash, row_hash FROM ${migration} WHERE seq = 3`;
  return [
    ...edits,
    {
      what: "a number edited",
      sql: [`UPDATE ${migration} SET duration_ms = 9007199254740993 WHERE seq = 1`],
      row: 1,
    },
    { what: "first removed", sql: [`DELETE FROM ${migration} WHERE seq = 1`], row: 2 },
    { what: "middle removed", sql: [`DELETE FROM ${migration} WHERE seq = 2`], row: 3 },
    { what: "last removed", sql: [`DELETE FROM ${migration} WHERE seq = 3`], row: 3 },
    { what: "all removed", sql: [`DELETE FROM ${migration}`], row: 3 },
    {
      what: "two swapped",
      sql: [
        `UPDATE ${migration} SET seq = -1 WHERE seq = 1`,
        `UPDATE ${migration} SET seq = 1 WHERE seq = 2`,
        `UPDATE ${migration} SET seq = 2 WHERE seq = -1`,
      ],
      row: 1,
    },
    { what: "one moved to the end", sql: [`UPDATE ${migration} SET seq = 9 WHERE seq = 1`], row: 2 },
    { what: "one added at the end", sql: [`INSERT INTO ${migration} ${row(4)}`], row: 4 },
    { what: "one added in front", sql: [`INSERT INTO ${migration} ${row(0)}`], row: 0 },
  ];
}

for (const { name, skip } of targets) {
  test(`${name}: every tampering with the history is found, and named`, { skip }, () =>
    scene(name, tables(1, 2, 3), async (own) => {
      await applied(own);
      await own.write(tables(4));
      const migration = ledgerTable(name, "migration");
      await own.sql(`CREATE TABLE kept AS SELECT * FROM ${migration}`);
      for (const [index, { what, sql, row }] of tamperings(migration).entries()) {
        // What the hash covers is the same for every server; one is enough for each single column.
        if (name !== "sqlite" && index > 0 && index < columns.length) continue;
        for (const text of sql) await own.sql(text);
        const found = await validate(own.options);
        const problem = found.problems.find(({ code }) => code === "GW5004");
        assert.match(problem?.message ?? "nothing found", new RegExp(`history row ${row} `), what);
        await refusedUnchanged(own, () => apply(own.options), "GW5004");
        if (index === 0) {
          await refusedUnchanged(own, () => plan(own.options), "GW5004");
          await refusedUnchanged(own, () => rollback(own.options), "GW5004");
          const report = await status(own.options);
          assert.ok(report.problems.some(({ code }) => code === "GW5004"));
        }
        await own.sql(`DELETE FROM ${migration}`);
        await own.sql(`INSERT INTO ${migration} SELECT * FROM kept`);
      }
      await own.sql("DROP TABLE kept");
      await applied(own);
    }),
  );

  test(`${name}: reseal accepts what stands there; what is done to it later is found again`, { skip }, () =>
    scene(name, tables(1, 2, 3), async (own) => {
      await applied(own);
      const migration = ledgerTable(name, "migration");
      await own.sql(`DELETE FROM ${migration} WHERE seq = 3`);
      await own.sql(`UPDATE ${migration} SET actor = 'nobody' WHERE seq = 1`);
      await refused(repair({ ...own.options, accept: "all" }), "GW5004");
      await repair({ ...own.options, reseal: true });
      assert.deepEqual(await historyOf(own), [`apply ${version(1)}`, `apply ${version(2)}`, "reseal "]);
      assert.equal((await validate(own.options)).valid, true);
      await own.sql("DROP TABLE t3");
      await own.write(tables(4));
      await applied(own);
      for (const text of [
        `UPDATE ${migration} SET actor = 'somebody' WHERE seq = 1`,
        `UPDATE ${migration} SET name = 'x' WHERE action = 'reseal'`,
        `DELETE FROM ${migration} WHERE seq = 2`,
        `DELETE FROM ${migration} WHERE version = '${version(4)}'`,
      ]) {
        await own.sql(text);
        await refusedUnchanged(own, () => apply(own.options), "GW5004");
        await repair({ ...own.options, reseal: true });
        assert.deepEqual(
          (await validate(own.options)).problems.filter(({ code }) => code === "GW5004"),
          [],
        );
      }
    }),
  );

  test(`${name}: a version edited into nonsense is shown, and can be forgotten`, { skip }, () =>
    scene(name, tables(1, 2), async (own) => {
      await applied(own);
      await own.sql(`UPDATE ${ledgerTable(name, "migration")} SET version = 'nonsense' WHERE seq = 2`);
      await repair({ ...own.options, reseal: true });
      const { migrations } = await status(own.options);
      assert.deepEqual(
        migrations.map((entry) => `${entry.version} ${entry.state}`),
        ["nonsense missing", `${version(1)} applied`, `${version(2)} pending`],
      );
      await refusedUnchanged(own, () => apply(own.options), "GW5002");
      await repair({ ...own.options, forget: ["nonsense"] });
      await own.sql("DROP TABLE t2");
      await applied(own);
    }),
  );

  test(`${name}: comments may be edited, SQL may not, and the difference is shown`, { skip }, () =>
    scene(name, tables(1), async (own) => {
      await applied(own);
      await own.write({
        [up(1)]: "-- a comment\nCREATE TABLE t1 (\n  id int PRIMARY KEY\n);\n",
        ...tables(2),
      });
      own.events.length = 0;
      await applied(own);
      const warned = own.events.filter((event) => event.type === "warning:raised");
      assert.ok(warned.some(({ code, message }) => code === "GW5001" && message.includes(stem(1))));
      assert.deepEqual(await tableNames(own), ["t1", "t2"]);

      await own.write({ [up(1)]: "CREATE TABLE t1 (id bigint PRIMARY KEY);\n", ...tables(3) });
      for (const command of [apply, plan]) {
        const error = await refusedUnchanged(own, () => command(own.options), "GW5001");
        assert.ok(error.message.includes(stem(1)), error.message);
        const [edit] = error.details["edits"] as { diff: string }[];
        assert.match(edit?.diff ?? "", /^-CREATE TABLE t1 \(id int PRIMARY KEY\);$/m);
        assert.match(edit?.diff ?? "", /^\+CREATE TABLE t1 \(id bigint PRIMARY KEY\);$/m);
      }
      const { problems, edits } = await validate(own.options);
      assert.deepEqual([problems[0]?.code, edits.length], ["GW5001", 1]);

      await repair({ ...own.options, accept: [version(1)] });
      await applied(own);
      assert.deepEqual(await historyOf(own), [
        `apply ${version(1)}`,
        `apply ${version(2)}`,
        `accept ${version(1)}`,
        `apply ${version(3)}`,
      ]);
    }),
  );

  test(
    `${name}: an applied migration without its file stops everything until it is forgotten`,
    { skip },
    () =>
      scene(name, tables(1, 2), async (own) => {
        await applied(own);
        await removePair(own, 2);
        await own.write(tables(3));
        const error = await refusedUnchanged(own, () => apply(own.options), "GW5002");
        assert.ok(error.message.includes(stem(2)), error.message);
        await refusedUnchanged(own, () => rollback(own.options), "GW5002");
        await refusedUnchanged(own, () => repair({ ...own.options, accept: [version(2)] }), "GW5002");
        await refusedUnchanged(own, () => repair({ ...own.options, forget: [version(9)] }), "GW2013");
        await repair({ ...own.options, forget: [version(2)] });
        await applied(own);
        assert.deepEqual(await tableNames(own), ["t1", "t2", "t3"]);
      }),
  );

  test(`${name}: a migration merged late is refused, warned of or run, and never skipped`, { skip }, () =>
    scene(name, tables(1, 3), async (own) => {
      await applied(own);
      // As after the merge of a branch that was begun earlier.
      await own.write(tables(2, 4));
      const error = await refusedUnchanged(own, () => apply(own.options), "GW5003");
      assert.ok(error.message.includes(stem(2)), error.message);
      await refusedUnchanged(own, () => apply({ ...own.options, to: version(4) }), "GW5003");
      const { migrations, counts } = await status(own.options);
      assert.deepEqual(counts, { applied: 2, pending: 2, problems: 1 });
      assert.equal(migrations[1]?.outOfOrder, true);
      own.events.length = 0;
      await applied(own, { outOfOrder: "warn" });
      assert.ok(own.events.some((event) => event.type === "warning:raised" && event.code === "GW5003"));
      assert.deepEqual(await tableNames(own), ["t1", "t2", "t3", "t4"]);
      // By the order of their running, not of their versions.
      assert.deepEqual((await rollback({ ...own.options, steps: 3 })).versions, [
        version(4),
        version(2),
        version(3),
      ]);
      await applied(own, { outOfOrder: "allow" });
      assert.equal((await apply(own.options)).state, "nothing");
    }),
  );

  test(`${name}: redo does one migration again, also one that came late, and nothing else`, { skip }, () =>
    scene(name, tables(1, 3), async (own) => {
      assert.equal((await redo(own.options)).apply.state, "nothing");
      assert.deepEqual(await tableNames(own), []);
      await applied(own);
      await own.write(tables(2));
      await applied(own, { outOfOrder: "allow" });
      await own.write(tables(4));
      assert.deepEqual((await redo(own.options)).versions, [version(2)]);
      assert.deepEqual(await tableNames(own), ["t1", "t2", "t3"]);
      assert.deepEqual((await historyOf(own)).slice(-3), [
        `apply ${version(2)}`,
        `rollback ${version(2)}`,
        `apply ${version(2)}`,
      ]);
    }),
  );

  test(`${name}: what a failed apply had done can be rolled back, and is done again`, { skip }, () =>
    scene(name, { ...tables(1), [up(2)]: "CREATE TABLE t1 (id int);" }, async (own) => {
      await refused(apply(own.options), "GW6001");
      await rollback(own.options);
      assert.deepEqual(await tableNames(own), []);
      await own.write({ [up(2)]: "CREATE TABLE t2 (id int);" });
      await applied(own);
      assert.deepEqual(await tableNames(own), ["t1", "t2"]);
    }),
  );

  test(`${name}: what a failed apply had done can be forgotten, and is done again`, { skip }, () =>
    scene(name, { ...tables(1), [up(2)]: "CREATE TABLE t1 (id int);" }, async (own) => {
      await refused(apply(own.options), "GW6001");
      await own.sql("DROP TABLE t1");
      await repair({ ...own.options, forget: [version(1)] });
      await own.write({ [up(2)]: "CREATE TABLE t2 (id int);" });
      await applied(own);
      assert.deepEqual(await tableNames(own), ["t1", "t2"]);
    }),
  );

  test(
    `${name}: a baseline takes an existing schema over, and only a database without history`,
    { skip },
    () =>
      scene(name, tables(1, 2, 3), async (own) => {
        await own.sql("CREATE TABLE t1 (id int)");
        await own.sql("CREATE TABLE t2 (id int)");
        await refusedUnchanged(own, () => baseline({ ...own.options, version: "two" }), "GW1001");
        // One digit more skips everything that there is and will be for a thousand years.
        const slip = await refusedUnchanged(
          own,
          () => baseline({ ...own.options, version: `${version(2)}0` }),
          "GW2013",
        );
        assert.match(slip.message, new RegExp(`nearest to it: ${version(3)}$`));
        const between = await refused(baseline({ ...own.options, version: "20260101000002.5" }), "GW2013");
        assert.match(between.message, new RegExp(`nearest to it: ${version(2)} and ${version(3)}$`));
        assert.match(between.hint, /--without-file/);
        const { covers } = await baseline({ ...own.options, version: version(2) });
        assert.deepEqual(covers, [stem(1), stem(2)]);
        const { counts, baseline: at } = await status(own.options);
        assert.deepEqual([counts, at], [{ applied: 2, pending: 1, problems: 0 }, version(2)]);
        await applied(own);
        await refusedUnchanged(own, () => baseline({ ...own.options, version: version(3) }), "GW5008");
        await rollback({ ...own.options, to: "0" });
        assert.deepEqual(await tableNames(own), ["t1", "t2"]);
      }),
  );

  test(`${name}: a baseline without a file is taken only when that is said`, { skip }, () =>
    scene(name, tables(1, 2), async (own) => {
      const choice = { ...own.options, version: "20260101000001.5", withoutFile: true };
      assert.deepEqual((await baseline(choice)).covers, [stem(1)]);
      await applied(own);
      assert.deepEqual(await tableNames(own), ["t2"]);
    }),
  );

  test(
    `${name}: after a rollback repeatable migrations run again, because it may have dropped them`,
    { skip },
    () =>
      scene(
        name,
        {
          ...tables(1),
          [`${stem(2)}.up.sql`]: "CREATE TABLE a (id int);",
          // What CASCADE does on PostgreSQL.
          [`${stem(2)}.down.sql`]: "DROP VIEW v; DROP TABLE a;",
          "R__v.sql": "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT id FROM a;",
        },
        async (own) => {
          await applied(own);
          assert.equal((await apply(own.options)).state, "nothing");
          await redo(own.options);
          const { migrations, counts } = await status(own.options);
          assert.equal(migrations.find(({ version: of }) => of === "R__v")?.state, "outdated");
          assert.deepEqual(counts, { applied: 2, pending: 1, problems: 0 });
          await applied(own);
          assert.deepEqual(await own.sql("SELECT id FROM v"), []);
          assert.equal((await apply(own.options)).state, "nothing");
          assert.deepEqual((await historyOf(own)).slice(-2), [`apply ${version(2)}`, "apply R__v"]);
        },
      ),
  );

  test(`${name}: a text that the history keeps is checked against its hash`, { skip }, () =>
    scene(
      name,
      {
        [up(1)]: "\uFEFFCREATE TABLE t1 (\r\n  id int -- größer als 🦄\r\n);\r\n",
        ...tables(2),
        "R__v.sql": "SELECT 1;",
      },
      async (own) => {
        await applied(own);
        await own.write({ "R__v.sql": "SELECT 2;" });
        await applied(own);
        await rollback(own.options);
        await own.write({ [up(1)]: "-- only a comment\nCREATE TABLE t1 (id int);\n" });
        await repair({ ...own.options, accept: [version(1)] });
        await applied(own);
        const migration = ledgerTable(name, "migration");
        await own.sql(`UPDATE ${migration} SET source = 'zz' WHERE seq = 2`);
        const { problems } = await validate(own.options);
        assert.deepEqual(
          problems.map(({ code }) => code),
          ["GW5004"],
        );
        assert.match(problems[0]?.message ?? "", /^history row 2 .*keeps a text that was edited/);
        await own.write({ [`${stem(2)}.up.sql`]: "CREATE TABLE t2 (id bigint);" });
        const { edits } = await validate(own.options);
        assert.ok(edits.every(({ diff }) => diff === null || !diff.includes("zz")));
        await own.write(tables(2));
        await repair({ ...own.options, reseal: true });
        assert.equal((await validate(own.options)).valid, true);
      },
    ),
  );

  test(`${name}: --to stops there, and must be a version that there is`, { skip }, () =>
    scene(name, { ...tables(1, 2, 3), "R__view.sql": "SELECT 1;" }, async (own) => {
      for (const to of [version(9), "nonsense", "R__view"]) {
        await refusedUnchanged(own, () => apply({ ...own.options, to }), "GW2013");
        await refusedUnchanged(own, () => rollback({ ...own.options, to }), "GW2013");
      }
      await apply({ ...own.options, to: version(2) });
      assert.deepEqual(await tableNames(own), ["t1", "t2"]);
      await rollback({ ...own.options, to: version(1) });
      assert.deepEqual(await historyOf(own), [
        `apply ${version(1)}`,
        `apply ${version(2)}`,
        `rollback ${version(2)}`,
      ]);
      await refusedUnchanged(own, () => rollback({ ...own.options, steps: 1, to: "0" }), "GW1001");
      await refusedUnchanged(own, () => rollback({ ...own.options, steps: 0 }), "GW1001");
    }),
  );

  test(`${name}: a newer ledger and an unreadable one are errors, never an empty history`, { skip }, () =>
    scene(name, tables(1), async (own) => {
      await applied(own);
      await own.write(tables(2));
      const ledger = ledgerTable(name, "ledger");
      await own.sql(`INSERT INTO ${ledger} (version, applied_at, tool) VALUES (999, '-', '-')`);
      for (const command of [apply, status, plan, validate, rollback, redo]) {
        await refusedUnchanged(own, () => command(own.options), "GW5005");
      }
      await own.sql(`DELETE FROM ${ledger} WHERE version = 999`);
      await own.sql(
        `ALTER TABLE ${ledgerTable(name, "migration")} RENAME TO ${name === "postgres" ? "" : "godwit_"}aside`,
      );
      for (const command of [apply, status, plan, validate, rollback, redo]) {
        await refusedUnchanged(own, () => command(own.options), "GW5006");
      }
    }),
  );
}

async function removePair(own: Scene, number: number): Promise<void> {
  for (const ending of ["up.sql", "down.sql"]) {
    await rm(join(own.folder, "migrations", `${stem(number)}.${ending}`));
  }
}
