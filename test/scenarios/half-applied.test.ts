import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { apply, doctor, plan, repair, rollback, status, validate } from "../../src/index.ts";
import { targets } from "../support/servers.ts";
import {
  applied,
  historyOf,
  refused,
  refusedUnchanged,
  scene,
  type Scene,
  stem,
  tableNames,
  version,
  killedAt,
} from "./scene.ts";

const up = (number: number) => `${stem(number)}.up.sql`;
const down = (number: number) => `${stem(number)}.down.sql`;
const lines = (...statements: readonly string[]) => statements.map((text) => `${text};\n`).join("");

/** Servers that commit each definition by itself, so that a file can take effect in part. */
const committing = targets.filter(({ engine }) => engine === "mysql");

const made = ["CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (id int PRIMARY KEY)"];

for (const { name, skip } of committing) {
  /** Two tables are made, the third statement fails. */
  const half = (play: (own: Scene) => Promise<void>) => () =>
    scene(
      name,
      {
        [up(1)]: lines(...made, "CREATE TABLE a (again int)", "CREATE TABLE d (id int)"),
        [down(1)]: lines("DROP TABLE d", "DROP TABLE b", "DROP TABLE a"),
      },
      async (own) => {
        const error = await refused(apply(own.options), "GW6001");
        assert.match(error.message, /\.up\.sql:3:/);
        assert.deepEqual(await tableNames(own), ["a", "b"]);
        assert.equal((await status(own.options)).migrations[0]?.state, "half-applied");
        await play(own);
      },
    );

  test(
    `${name}: what is still to do of a half-applied migration may be edited`,
    { skip },
    half(async (own) => {
      // The directive is what the error about a time-out tells to write.
      await own.write({
        [up(1)]: `-- godwit: statement-timeout 1h\n${lines(...made, "CREATE TABLE c (id int)")}-- no more\n`,
      });
      await applied(own);
      assert.deepEqual(await tableNames(own), ["a", "b", "c"]);
      assert.deepEqual(await historyOf(own), [`apply ${version(1)}`]);
    }),
  );

  test(
    `${name}: what is done of a half-applied migration must stand in the file as it ran`,
    { skip },
    half(async (own) => {
      const texts = [
        lines(
          "CREATE TABLE a (id bigint PRIMARY KEY)",
          "CREATE TABLE b (id int PRIMARY KEY)",
          "CREATE TABLE c (id int)",
        ),
        lines(
          "CREATE TABLE b (id int PRIMARY KEY)",
          "CREATE TABLE a (id int PRIMARY KEY)",
          "CREATE TABLE c (id int)",
        ),
        lines("CREATE TABLE c (id int)", ...made),
        lines("CREATE TABLE a (id int PRIMARY KEY)"),
      ];
      for (const text of texts) {
        await own.write({ [up(1)]: text });
        const error = await refused(apply(own.options), "GW5007");
        assert.equal(error.outcome, "changed");
        assert.deepEqual(await tableNames(own), ["a", "b"]);
        assert.deepEqual(await historyOf(own), []);
      }
      await own.write({ [up(1)]: lines(...made, "CREATE TABLE c (id int)") });
      await applied(own);
    }),
  );

  test(
    `${name}: a half-applied migration cannot lose its file, nor be rolled back`,
    { skip },
    half(async (own) => {
      await refusedUnchanged(own, () => rollback(own.options), "GW5009");
      await rm(join(own.folder, "migrations", up(1)));
      await rm(join(own.folder, "migrations", down(1)));
      const error = await refusedUnchanged(own, () => apply(own.options), "GW5007");
      assert.equal(error.outcome, "changed");
      assert.match(error.hint, new RegExp(`repair --forget ${version(1)}`));
      const report = await status(own.options);
      const { state, fileMissing, progress } = report.migrations[0] ?? {};
      assert.deepEqual([state, fileMissing, progress?.doneStatements], ["half-applied", true, 2]);
      assert.deepEqual([report.counts.problems, report.problems[0]?.code], [1, "GW5007"]);
      const { problems } = await validate(own.options);
      assert.deepEqual(
        problems.map(({ code, hint }) => [code, hint]),
        [["GW5007", error.hint]],
      );
      assert.equal((await doctor(own.options)).healthy, false);
      await own.write({ [up(1)]: lines(...made, "CREATE TABLE d (id int)") });
      await own.write({ [down(1)]: lines("DROP TABLE d", "DROP TABLE b", "DROP TABLE a") });
      await applied(own);
      await rollback(own.options);
      assert.deepEqual(await tableNames(own), []);
    }),
  );

  test(
    `${name}: a half-applied migration may be cut down to what is done, and is recorded then`,
    { skip },
    half(async (own) => {
      await own.write({ [up(1)]: lines(...made), [down(1)]: lines("DROP TABLE b", "DROP TABLE a") });
      await applied(own);
      assert.deepEqual(await historyOf(own), [`apply ${version(1)}`]);
      assert.equal((await status(own.options)).migrations[0]?.state, "applied");
    }),
  );

  test(
    `${name}: an edit may join the rest of a half-applied migration to rows that are written`,
    { skip },
    () =>
      scene(
        name,
        { [up(1)]: lines(made[0] ?? "", "INSERT INTO a VALUES (1)", "CREATE TABLE a (again int)") },
        async (own) => {
          await refused(apply(own.options), "GW6001");
          await own.write({
            [up(1)]: lines(made[0] ?? "", "INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (2)"),
          });
          await applied(own);
          assert.deepEqual(
            (await own.sql("SELECT id FROM a ORDER BY id")).map(({ id }) => Number(id)),
            [1, 2],
          );
        },
      ),
  );

  for (const [what, prepare] of [
    ["is applied from its start", async () => {}],
    [
      "may lose its file",
      async (own: Scene) => {
        await rm(join(own.folder, "migrations", up(1)));
        await rm(join(own.folder, "migrations", down(1)));
      },
    ],
    [
      "may be edited",
      (own: Scene) =>
        own.write({ [up(1)]: lines("CREATE TABLE b (id bigint)", "CREATE TABLE a (id bigint)") }),
    ],
  ] as const) {
    test(
      `${name}: a half-applied migration that was undone by hand and forgotten ${what}`,
      { skip },
      half(async (own) => {
        await own.sql("DROP TABLE a");
        await own.sql("DROP TABLE b");
        own.events.length = 0;
        await repair({ ...own.options, forget: [version(1)] });
        const warned = own.events.find((event) => event.type === "warning:raised");
        assert.match(
          warned?.message ?? "",
          new RegExp(`${version(1)}/up/1, ${version(1)}/up/2 \\(recorded as done\\) will count as not done`),
        );
        assert.deepEqual(await historyOf(own), [`forget ${version(1)}`]);
        assert.equal((await status(own.options)).migrations[0]?.state, "pending");
        await prepare(own);
        if (what === "is applied from its start") await refused(apply(own.options), "GW6001");
        else await applied(own);
        assert.deepEqual(await tableNames(own), what === "may lose its file" ? [] : ["a", "b"]);
        assert.equal((await validate(own.options)).valid, true);
      }),
    );
  }

  test(`${name}: a half-undone rollback can be finished by hand and forgotten`, { skip }, () =>
    scene(
      name,
      { [up(1)]: lines(...made), [down(1)]: lines("DROP TABLE b", "DROP TABLE nothing", "DROP TABLE a") },
      async (own) => {
        await applied(own);
        await refused(rollback(own.options), "GW6001");
        await rm(join(own.folder, "migrations", up(1)));
        await rm(join(own.folder, "migrations", down(1)));
        const [entry] = (await status(own.options)).migrations;
        assert.deepEqual([entry?.state, entry?.fileMissing], ["half-rolled-back", true]);
        const error = await refusedUnchanged(own, () => rollback(own.options), "GW5007");
        assert.match(error.hint, /godwit rollback.*--forget/);
        await own.sql("DROP TABLE a");
        await repair({ ...own.options, forget: [version(1)] });
        await applied(own);
        assert.deepEqual((await status(own.options)).migrations, []);
      },
    ),
  );

  test(`${name}: an unfinished rollback is finished before anything else`, { skip }, () =>
    scene(
      name,
      { [up(1)]: lines(...made), [down(1)]: lines("DROP TABLE b", "DROP TABLE nothing", "DROP TABLE a") },
      async (own) => {
        await applied(own);
        await refused(rollback(own.options), "GW6001");
        assert.deepEqual(await tableNames(own), ["a"]);
        assert.equal((await status(own.options)).migrations[0]?.state, "half-rolled-back");
        await refusedUnchanged(own, () => apply(own.options), "GW4005");
        await own.write({ [down(1)]: lines("DROP TABLE b", "DROP TABLE a") });
        await rollback(own.options);
        assert.deepEqual(await tableNames(own), []);
        await applied(own);
        assert.deepEqual(
          await historyOf(own),
          ["apply", "rollback", "apply"].map((word) => `${word} ${version(1)}`),
        );
      },
    ),
  );

  test(
    `${name}: a statement whose outcome nobody can tell blocks the run until a person says`,
    { skip },
    () =>
      scene(
        name,
        { [up(1)]: lines("CREATE TABLE log (n int)", "CALL note()", "CREATE TABLE after_it (n int)") },
        async (own) => {
          await own.sql("CREATE TABLE calls (n int)");
          await own.sql("CREATE PROCEDURE note() INSERT INTO calls VALUES (1)");
          const key = `${version(1)}/up/2`;
          await killedAt(own, "bare:after-statement", 2);
          const error = await refused(apply(own.options), "GW4004");
          assert.ok(error.message.includes(key) && error.hint.includes(key), error.message);
          assert.equal((await status(own.options)).run?.state, "blocked");
          await refusedUnchanged(own, () => repair({ ...own.options, done: ["other"] }), "GW1001");
          await refusedUnchanged(own, () => repair(own.options), "GW1001");
          await repair({ ...own.options, done: [key] });
          assert.deepEqual(await tableNames(own), ["calls", "log"]);
          await applied(own);
          assert.equal((await own.sql("SELECT n FROM calls")).length, 1);
          assert.deepEqual(await tableNames(own), ["after_it", "calls", "log"]);
        },
      ),
  );

  test(`${name}: a blocked run is free when its migration was undone and is forgotten`, { skip }, () =>
    scene(name, { [up(1)]: lines("CREATE TABLE log (n int)", "CALL note()") }, async (own) => {
      await own.sql("CREATE TABLE calls (n int)");
      await own.sql("CREATE PROCEDURE note() INSERT INTO calls VALUES (1)");
      await killedAt(own, "bare:after-intent", 2);
      await refused(apply(own.options), "GW4004");
      await own.sql("DROP TABLE log");
      await repair({ ...own.options, forget: [version(1)] });
      const { run, problems } = await status(own.options);
      assert.deepEqual([run?.state, run?.error, problems], ["resumable", null, []]);
      await applied(own);
      assert.equal((await own.sql("SELECT n FROM calls")).length, 1);
    }),
  );

  test(`${name}: a statement that a person says was not done is done again`, { skip }, () =>
    scene(name, { [up(1)]: lines("CREATE TABLE log (n int)", "CALL note()") }, async (own) => {
      await own.sql("CREATE TABLE calls (n int)");
      await own.sql("CREATE PROCEDURE note() INSERT INTO calls VALUES (1)");
      await killedAt(own, "bare:after-intent", 2);
      await refused(apply(own.options), "GW4004");
      await repair({ ...own.options, notDone: [`${version(1)}/up/2`] });
      assert.equal((await own.sql("SELECT n FROM calls")).length, 0);
      await applied(own);
      assert.equal((await own.sql("SELECT n FROM calls")).length, 1);
    }),
  );

  test(
    `${name}: a list of accounts that is refused in its middle is not said to have changed nothing`,
    { skip },
    () =>
      scene(name, {}, async (own) => {
        // Accounts belong to the whole server.
        const suffix = new URL(own.url).pathname.slice(-12);
        const [there, missing] = [`'there_${suffix}'`, `'missing_${suffix}'`];
        const accounts = async () =>
          (await own.sql(`SELECT user FROM mysql.user WHERE user LIKE '%${suffix}'`)).length;
        await own.sql(`CREATE USER ${there}`);
        try {
          for (const [sql, outcome] of [
            [`CREATE USER ${there}`, "unchanged"],
            [`GRANT SELECT ON *.* TO ${missing} WITH FROBNICATION`, "unchanged"],
            [`OPTIMIZE TABLE missing`, "unchanged"],
            [`GRANT SELECT ON nowhere.* TO ${there}, ${missing}`, "unknown"],
            [`DROP USER ${missing}, ${there}`, "unknown"],
          ] as const) {
            await own.write({ [up(1)]: lines("CREATE TABLE IF NOT EXISTS a (id int)", sql) });
            const isForbidden = name === "mysql" && sql.startsWith("GRANT SELECT ON nowhere");
            const error = await refused(apply(own.options), isForbidden ? "GW3006" : "GW6001");
            assert.equal(error.outcome, outcome, `${sql}: ${error.message}`);
            assert.equal(
              /a part of it may have taken effect/.test(error.message),
              outcome === "unknown",
              sql,
            );
            assert.equal((await status(own.options)).run?.state, "resumable");
          }
          // MySQL takes back the whole list, MariaDB goes through it.
          assert.equal(await accounts(), name === "mariadb" ? 0 : 1);
          await own.write({
            [up(1)]: lines(
              "CREATE TABLE IF NOT EXISTS a (id int)",
              `DROP USER IF EXISTS ${missing}, ${there}`,
            ),
          });
          await applied(own);
          assert.equal(await accounts(), 0);
        } finally {
          await own.sql(`DROP USER IF EXISTS ${there}, ${missing}`);
        }
      }),
  );

  test(`${name}: a statement that could not be announced was not sent, and the error says so`, { skip }, () =>
    scene(
      name,
      { [up(1)]: lines(made[0] ?? "", "SELECT forbid_writes()", "CREATE TABLE b (id int)") },
      async (own) => {
        const variable = name === "mariadb" ? "tx_read_only" : "transaction_read_only";
        // What a file says is refused before it is run; what a function does is not seen.
        await own.sql(`CREATE FUNCTION forbid_writes() RETURNS int DETERMINISTIC
          BEGIN SET SESSION ${variable} = 1; RETURN 1; END`);
        const error = await refused(apply(own.options), "GW5006");
        assert.match(error.message, /^CREATE TABLE.* was not sent, .*READ ONLY/);
        assert.equal(error.outcome, "unchanged");
        assert.deepEqual(await tableNames(own), ["a"]);
        assert.equal((await status(own.options)).run?.state, "resumable");
        await own.sql("DROP FUNCTION forbid_writes");
        await applied(own);
        assert.deepEqual(await tableNames(own), ["a", "b"]);
      },
    ),
  );

  for (const [file, text] of [
    [up(1), "ANALYZE TABLE a, missing;"],
    [
      `${stem(1)}.ts`,
      'export async function up(db) { await db.execute("ANALYZE TABLE a, missing"); }\nexport async function down() {}',
    ],
  ] as const) {
    test(`${name}: a failure that the server tells in rows is one: ${file}`, { skip }, () =>
      scene(name, { [file]: text }, async (own) => {
        await own.sql("CREATE TABLE a (id int)");
        const error = await refused(apply(own.options), "GW6001");
        assert.match(error.message, /missing' doesn't exist; a part of it may have taken effect$/);
        assert.equal(error.outcome, "unknown");
        assert.deepEqual(await historyOf(own), []);
        await own.sql("CREATE TABLE missing (id int)");
        await applied(own);
      }),
    );
  }

  for (const [what, second] of [
    ["definitions", "CREATE TABLE b (id int)"],
    ["rows", "INSERT INTO a VALUES (1)"],
  ] as const) {
    test(
      `${name}: a migration of ${what} that was rolled back and is killed when applied again is resumed`,
      { skip },
      () =>
        scene(
          name,
          {
            [up(1)]: lines("CREATE TABLE a (id int)", second),
            [down(1)]: lines("DROP TABLE IF EXISTS b", "DROP TABLE a"),
            [up(2)]: lines("CREATE TABLE a (again int)"),
          },
          async (own) => {
            await refused(apply(own.options), "GW6001");
            await rollback(own.options);
            await killedAt(own, "bare:after-commit", 1);
            assert.deepEqual(await tableNames(own), ["a"]);
            await own.write({ [up(2)]: lines("CREATE TABLE c (id int)") });
            await applied(own);
            assert.deepEqual(await tableNames(own), what === "rows" ? ["a", "c"] : ["a", "b", "c"]);
          },
        ),
    );
  }

  test(`${name}: a TypeScript migration that was killed goes on after its last statement`, { skip }, () =>
    scene(
      name,
      {
        [`${stem(1)}.ts`]: `
          export async function up(db) {
            await db.execute("CREATE TABLE a (id int)");
            await db.sql\`INSERT INTO a VALUES (\${1})\`;
            await db.execute("CREATE TABLE b (id int)");
            await db.sql\`INSERT INTO a VALUES (\${2})\`;
          }
          export async function down(db) {
            await db.execute("DROP TABLE b");
            await db.execute("DROP TABLE a");
          }`,
      },
      async (own) => {
        for (const [point, nth] of [
          ["transaction:after-commit", 1],
          ["bare:after-statement", 1],
          ["transaction:before-record", 1],
        ] as const) {
          await killedAt(own, point, nth);
        }
        await applied(own);
        assert.deepEqual(
          (await own.sql("SELECT id FROM a ORDER BY id")).map(({ id }) => Number(id)),
          [1, 2],
        );
        await rollback(own.options);
        assert.deepEqual(await tableNames(own), []);
      },
    ),
  );
}

/** A setting that is made, and a statement after it that fails and stands alone. */
const settings: Readonly<Record<string, { setting: string; other: string; fails: string; works: string }>> = {
  postgres: {
    setting: "SET lock_timeout = '5s'",
    other: "SET lock_timeout = '6s'",
    fails: "CREATE INDEX CONCURRENTLY x ON nope (i)",
    works: "CREATE INDEX CONCURRENTLY x ON known (i)",
  },
  sqlite: {
    setting: "PRAGMA foreign_keys = ON",
    other: "PRAGMA foreign_keys = OFF",
    fails: "INSERT INTO nope VALUES (1)",
    works: "INSERT INTO known VALUES (1)",
  },
  mysql: {
    setting: "SET foreign_key_checks = 0",
    other: "SET foreign_key_checks = 1",
    fails: "CREATE TABLE y (i nope)",
    works: "CREATE TABLE y (i int)",
  },
};

for (const { name, engine, skip } of targets) {
  const { setting, other, fails, works } = settings[engine] as (typeof settings)[string] & object;
  /** The setting was made, and nothing else. */
  const onlySet = (play: (own: Scene) => Promise<void>) => () =>
    scene(name, { [up(1)]: lines(setting, fails) }, async (own) => {
      await own.sql("CREATE TABLE known (i int)");
      await refused(apply(own.options), "GW6001");
      assert.equal((await status(own.options)).migrations[0]?.state, "pending");
      await play(own);
    });

  test(
    `${name}: a setting of the session that was made before a failure may be edited`,
    { skip },
    onlySet(async (own) => {
      await own.write({ [up(1)]: lines(other, works) });
      assert.deepEqual(
        (await plan(own.options))?.steps.flatMap((step) =>
          step.kind === "sql" ? step.statements.map(({ text }) => text) : [],
        ),
        [other, works],
      );
      await applied(own);
      assert.deepEqual(await historyOf(own), [`apply ${version(1)}`]);
    }),
  );

  test(
    `${name}: a file of which only a setting was carried out may be deleted`,
    { skip },
    onlySet(async (own) => {
      await rm(join(own.folder, "migrations", up(1)));
      await applied(own);
      assert.deepEqual((await status(own.options)).migrations, []);
      assert.deepEqual(await historyOf(own), []);
    }),
  );

  test(
    `${name}: a file of which only a setting was carried out goes on when it is corrected after it`,
    { skip },
    onlySet(async (own) => {
      await own.write({ [up(1)]: lines(setting, works) });
      await applied(own);
    }),
  );
}

for (const { name, skip } of committing) {
  test(`${name}: a setting that a function computes is not taken for one without an effect`, { skip }, () =>
    scene(name, { [up(1)]: lines("SET @id = note()", "CREATE TABLE y (i nope)") }, async (own) => {
      await own.sql("CREATE TABLE calls (n int)");
      await own.sql(
        "CREATE FUNCTION note() RETURNS int DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO calls VALUES (1); RETURN 1; END",
      );
      await refused(apply(own.options), "GW6001");
      assert.equal((await status(own.options)).migrations[0]?.state, "half-applied");
      await own.write({ [up(1)]: lines("SET @id = 2", "CREATE TABLE y (i int)") });
      await refused(apply(own.options), "GW5007");
      assert.equal((await own.sql("SELECT n FROM calls")).length, 1);
    }),
  );

  test(
    `${name}: settings around what is done may be edited, and the rest runs under the edited ones`,
    { skip },
    () => {
      const seen = (value: number) =>
        `CREATE TABLE seen_${value} AS SELECT @@session.sort_buffer_size AS a, @@session.max_sort_length AS b`;
      const sets = (a: number, b: number) => [
        `SET sort_buffer_size = ${a}`,
        made[0] ?? "",
        `SET max_sort_length = ${b}`,
      ];
      return scene(name, { [up(1)]: lines(...sets(40000, 100), "CREATE TABLE y (i nope)") }, async (own) => {
        await refused(apply(own.options), "GW6001");
        const { state, progress } = (await status(own.options)).migrations[0] ?? {};
        assert.deepEqual([state, progress?.next?.number], ["half-applied", 4]);
        await own.write({ [up(1)]: lines(...sets(50000, 200), seen(1)) });
        await applied(own);
        assert.deepEqual(
          (await own.sql("SELECT a, b FROM seen_1")).map(({ a, b }) => [Number(a), Number(b)]),
          [[50000, 200]],
        );
      });
    },
  );
}

for (const { name, skip } of targets.filter(({ engine }) => engine === "postgres")) {
  test(`${name}: after an edited setting, those of a done transaction are made again`, { skip }, () => {
    const text = (timeout: string, last: string) =>
      lines(
        `SET lock_timeout = '${timeout}'`,
        "CREATE INDEX CONCURRENTLY first ON known (i)",
        "SET work_mem = '9MB'",
        "INSERT INTO known VALUES (1)",
        "CREATE INDEX CONCURRENTLY second ON known (i)",
        last,
      );
    return scene(name, { [up(1)]: text("5s", "SELECT 1 FROM nope") }, async (own) => {
      await own.sql("CREATE TABLE known (i int)");
      await refused(apply(own.options), "GW6001");
      await own.write({
        [up(1)]: text(
          "6s",
          "CREATE TABLE seen AS SELECT current_setting('work_mem') AS w, current_setting('lock_timeout') AS l",
        ),
      });
      await applied(own);
      const [row] = await own.sql("SELECT w FROM seen");
      assert.equal(row?.["w"], "9MB");
      assert.equal((await own.sql("SELECT i FROM known")).length, 1);
    });
  });
}
