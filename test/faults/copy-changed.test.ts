import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { crashAt, crashPoints } from "../support/crash.ts";
import type { TargetName } from "../support/servers.ts";
import { copyArgs, pairings, runSql, withBoth } from "./copy-scene.ts";
import { asker, assertClean } from "./evidence.ts";
import { openSession } from "./open-session.ts";
import { withOwnDatabase } from "./own-database.ts";
import { eventsOf, failureOf, run, runWell, type Line } from "./program.ts";
import { someOf } from "./seeded.ts";

/** In this order they are copied: one without a key, two with keys of numbers, one with a key of texts. */
const tables = ["log", "item", "line", "word"] as const;
type Table = (typeof tables)[number];

function statements(name: TargetName): string[] {
  const text = name === "mariadb" || name === "mysql" ? "varchar(200)" : "text";
  const rows = (count: number, make: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => make(n + 1)).join(", ");
  return [
    `CREATE TABLE log (message ${text}, level integer)`,
    `CREATE TABLE item (id integer NOT NULL PRIMARY KEY, name ${text})`,
    `CREATE TABLE line (a integer NOT NULL, b integer NOT NULL, note ${text}, PRIMARY KEY (a, b))`,
    `CREATE TABLE word (code varchar(40) NOT NULL PRIMARY KEY, note ${text})`,
    `INSERT INTO log VALUES ${rows(600, (n) => `('message ${n % 7} ${"y".repeat(100)}', ${n % 5})`)}`,
    `INSERT INTO item VALUES ${rows(400, (n) => `(${n}, 'item ${n} ${"x".repeat(90)}')`)}`,
    `INSERT INTO line VALUES ${rows(300, (n) => `(${n >> 2}, ${n % 4}, 'line ${n} ${"z".repeat(70)}')`)}`,
    `INSERT INTO word VALUES ${rows(200, (n) => `('code ${n}', 'word ${n} ${"w".repeat(60)}')`)}`,
    ...(name === "postgres" ? ["ANALYZE"] : name === "sqlite" ? [] : ["ANALYZE TABLE log, item, line, word"]),
  ];
}

/** Rows change, go, come, and move from one range into another one. */
const changes = [
  "UPDATE item SET name = 'other' WHERE id = 1",
  "UPDATE item SET id = 9005 WHERE id = 5",
  "DELETE FROM item WHERE id = 7",
  "INSERT INTO item VALUES (9001, 'new')",
  "UPDATE line SET note = 'other' WHERE a = 1 AND b = 1",
  "DELETE FROM line WHERE a = 70",
];
const touched = {
  item: [[1], [5], [7], [9001], [9005]],
  line: [[1, 1], ...[0, 1, 2, 3].map((b) => [70, b])],
};

async function contents(name: TargetName, url: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const table of tables) {
    const rows = await asker(name, url)(`SELECT * FROM ${table}`);
    found[table] = rows.map((row) => JSON.stringify(Object.values(row).map(String))).sort();
  }
  return found;
}

interface Chunk {
  readonly table: Table;
  readonly ordinal: number;
  readonly range: { readonly after?: readonly string[] | null; readonly upTo?: readonly string[] | null };
}

async function doneChunks(name: TargetName, url: string): Promise<Chunk[]> {
  const chunk = name === "postgres" ? "godwit.chunk" : "godwit_chunk";
  const rows = await asker(
    name,
    url,
  )(`SELECT table_name, ordinal, part FROM ${chunk} WHERE state = 'done' ORDER BY table_name, ordinal`);
  return rows.map((row): Chunk => {
    const table = String(row["table_name"]).replace(/^public\./, "") as Table;
    return {
      table,
      ordinal: Number(row["ordinal"]),
      range: JSON.parse(String(row["part"])) as Chunk["range"],
    };
  });
}

function isTouched({ table, range }: Chunk, keys: Readonly<Record<string, readonly number[][]>>): boolean {
  const compare = (key: readonly number[], bound: readonly string[]) =>
    key.reduce((order, value, n) => (order === 0 ? value - Number(bound[n]) : order), 0);
  return (keys[table] ?? []).some(
    (key) =>
      (range.after === null || range.after === undefined || compare(key, range.after) > 0) &&
      (range.upTo === null || range.upTo === undefined || compare(key, range.upTo) <= 0),
  );
}

const nameOf = ({ table, ordinal }: Pick<Chunk, "table" | "ordinal">) => `${table}#${ordinal}`;

function copied(lines: readonly Line[]): Set<string> {
  return new Set(
    eventsOf(lines, "chunk:finished").map((line) =>
      nameOf({
        table: String(line["table"]).replace(/^public\./, "") as Table,
        ordinal: Number(line["chunk"]),
      }),
    ),
  );
}

const some = someOf(
  pairings.filter(({ skip }) => skip === false),
  2,
);

suite("a source that changes between a kill and the next run", { concurrency: 3 }, () => {
  for (const pairing of some) {
    test(
      `${pairing.title}: only the chunks that differ are copied again`,
      { skip: pairing.skip },
      async () => {
        const cut = await withBoth(
          pairing,
          async ({ from, to, project }) => {
            const { lines } = await runWell(copyArgs(from, to, "--jobs", "1"), { url: to, project });
            return eventsOf(lines, "table:started").map((line) => Number(line["chunks"]));
          },
          statements,
        );
        assert.equal(cut.length, tables.length);
        await withBoth(
          pairing,
          async ({ from, to, project }) => {
            const { source, target } = pairing;
            const args = copyArgs(from, to, "--jobs", "1");
            const options = { url: to, project };
            // The last table is begun, and not done.
            const all = cut.reduce((sum, chunks) => sum + chunks, 0);
            const nth = all - Math.ceil(cut.at(-1)! / 2);
            await crashAt({ name: "chunk:after-commit", nth }, args, { cwd: project.folder });
            const before = await doneChunks(target.name, to);
            assert.equal(before.length, nth);

            // Nothing is copied again where nothing changed, whatever else the source's server had to do.
            await runSql(source.name, from, [
              "CREATE TABLE elsewhere (id integer)",
              "INSERT INTO elsewhere VALUES (1)",
            ]);
            await crashAt({ name: "chunk:before-begin", nth: 1 }, args, { cwd: project.folder });
            assert.deepEqual((await doneChunks(target.name, to)).map(nameOf), before.map(nameOf));

            await runSql(source.name, from, changes);
            await crashAt({ name: "renew:emptied", nth: 1 }, args, { cwd: project.folder });
            await runSql(source.name, from, ["UPDATE item SET name = 'again' WHERE id = 300"]);
            const ended = await runWell(args, options);

            assert.deepEqual(await contents(target.name, to), await contents(source.name, from));
            const again = copied(ended.lines);
            const keys = { ...touched, item: [...touched.item, [300]] };
            for (const chunk of before) {
              // All of a table that is one chunk is compared, and cut anew where it differs.
              assert.equal(again.has(nameOf(chunk)), isTouched(chunk, keys), `${nameOf(chunk)} copied again`);
            }
            const [renewed] = eventsOf(ended.lines, "snapshot:renewed");
            const told = (field: "tables" | "kept") =>
              ((renewed?.[field] ?? []) as string[]).map((name) => name.replace(/^public\./, "")).toSorted();
            assert.deepEqual(told("tables"), ["item", "line"]);
            assert.deepEqual(told("kept"), ["log", "word"]);
            await assertClean(target.name, to);
          },
          statements,
        );
      },
    );
  }

  const fromPostgres = pairings.find(({ title }) => title === "postgres → sqlite")!;
  test(
    "a server that cannot tell its state twice is not taken for one that did not change",
    {
      skip: fromPostgres.skip,
    },
    async () => {
      await withBoth(
        fromPostgres,
        async ({ from, to, project }) => {
          const args = copyArgs(from, to, "--jobs", "1");
          // PostgreSQL knows no such state while a transaction that writes is under way.
          await using busy = await openSession("postgres", from);
          await busy.sql("BEGIN; SELECT pg_current_xact_id()");
          await crashAt({ name: "chunk:after-commit", nth: 30 }, args, { cwd: project.folder });
          await runSql("postgres", from, [...changes, "DELETE FROM log WHERE level = 3"]);
          await runWell(args, { url: to, project });
          assert.deepEqual(await contents("sqlite", to), await contents("postgres", from));
        },
        statements,
      );
    },
  );

  const toPostgres = pairings.find(({ title }) => title === "sqlite → postgres")!;
  test("no row of another table goes with one that is copied again", { skip: toPostgres.skip }, async () => {
    await withBoth(
      toPostgres,
      async ({ from, to, project }) => {
        await runWell(copyArgs(from, to, "--schema-only"), { url: to, project });
        const referring = "REFERENCES item (id) ON DELETE CASCADE";
        await runSql("postgres", to, [`CREATE TABLE mark (item integer ${referring})`]);
        const args = copyArgs(from, to, "--data-only", "--tables", "item", "--jobs", "1");
        await crashAt({ name: "chunk:after-commit", nth: 3 }, args, { cwd: project.folder });
        await runSql("postgres", to, ["INSERT INTO mark VALUES (1)"]);
        await runSql("sqlite", from, changes);
        const ended = await run(args, { url: to, project });
        assert.equal(ended.error, "GW7004", failureOf(ended));
        assert.match(ended.message, /mark_item_fkey of mark/);
        assert.equal((await asker("postgres", to)("SELECT * FROM mark")).length, 1);
        await runSql("postgres", to, ["ALTER TABLE mark DROP CONSTRAINT mark_item_fkey"]);
        await runWell(args, { url: to, project });
        assert.deepEqual((await contents("postgres", to))["item"], (await contents("sqlite", from))["item"]);
        assert.equal((await asker("postgres", to)("SELECT * FROM mark")).length, 1);
      },
      statements,
    );
  });

  // One of each source.
  for (const pairing of pairings.filter(({ title }) =>
    /^(sqlite|postgres|mysql|mariadb) → (postgres|mysql)$/.test(title),
  )) {
    for (const [what, ddl] of [
      ["dropped", "ALTER TABLE item DROP COLUMN name"],
      ["added", "ALTER TABLE item ADD COLUMN more integer"],
    ] as const) {
      test(`${pairing.title}: a column that was ${what} stops the copy`, { skip: pairing.skip }, async () => {
        await withBoth(
          pairing,
          async ({ from, to, project }) => {
            const alone = copyArgs(from, to, "--jobs", "1");
            await crashAt({ name: "chunk:after-commit", nth: 3 }, alone, { cwd: project.folder });
            await runSql(pairing.source.name, from, [ddl]);
            const ended = await run(alone, { url: to, project });
            assert.equal(ended.error, "GW7007", failureOf(ended));
            assert.match(ended.message, /item/);
          },
          statements,
        );
      });
    }
  }
});

suite("a source that changed when all rows were copied", () => {
  const pairing = pairings.find(({ title }) => title === "sqlite → postgres")!;
  test(`${pairing.title}: a row that came since is missed`, { skip: pairing.skip }, async () => {
    await withBoth(pairing, async ({ from, to, project }) => {
      const args = copyArgs(from, to, "--tables", "log", "--jobs", "1");
      const options = { cwd: project.folder };
      // The last one is that of the comparison itself.
      const point = await withOwnDatabase("postgres", async (other) => {
        const points = await crashPoints(args.with(2, other), options);
        return points.filter(({ name }) => name === "transaction:after-commit").at(-2)!;
      });
      await crashAt(point, args, options);
      await runSql("sqlite", from, ["INSERT INTO log VALUES ('late', 1)"]);
      const ended = await run(args, { url: to, project });
      assert.equal(ended.error, "GW7005", failureOf(ended));
      assert.match(ended.message, /log in 1 rows/);
    });
  });
});
