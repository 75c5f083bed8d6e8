import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { copy, type StampedEvent, verify } from "../../src/index.ts";
import { runSql } from "../faults/copy-scene.ts";
import { asker } from "../faults/evidence.ts";
import { withOwnDatabase } from "../faults/own-database.ts";
import { target, type TargetName } from "../support/servers.ts";

/*
 * An incremental copy takes the rows whose watermark has grown, and those of the very moment at which the last one
 * ended; what it took is held against the source. Rows that are gone from the source stay.
 */
const pairs: readonly (readonly [TargetName, TargetName])[] = [
  ["sqlite", "postgres"],
  ["postgres", "mariadb"],
  ["mariadb", "sqlite"],
  ["mysql", "postgres"],
];
const alone = { env: {}, cwd: import.meta.dirname };

function tables(name: TargetName): string[] {
  const time = {
    postgres: "timestamp(6)",
    mariadb: "datetime(6)",
    mysql: "datetime(6)",
    sqlite: "timestamp",
  };
  return [
    `CREATE TABLE item (id integer NOT NULL PRIMARY KEY, note varchar(40), changed ${time[name]})`,
    "INSERT INTO item VALUES (1, 'a', '2026-01-01 10:00:00'), (2, 'b', '2026-01-01 10:00:00.5'), (3, 'c', '2026-01-01 11:00:00'), (4, 'd', NULL)",
    "CREATE TABLE plain (id integer NOT NULL PRIMARY KEY)",
    `CREATE TABLE keyless (note varchar(40), changed ${time[name]})`,
  ];
}

const changes = [
  // Newer; at the very moment of the last one; gone; and late, which no watermark can show.
  "UPDATE item SET note = 'a2', changed = '2026-01-01 12:00:00' WHERE id = 1",
  "INSERT INTO item VALUES (5, 'tie', '2026-01-01 11:00:00'), (6, 'new', '2026-01-01 12:00:00.25')",
  "DELETE FROM item WHERE id = 2",
  "INSERT INTO item VALUES (7, 'late', '2026-01-01 10:30:00')",
];

for (const [from, to] of pairs) {
  const skip =
    [from, to].map((name) => (name === "sqlite" ? false : target(name).skip)).find(Boolean) ?? false;
  test(`${from} → ${to}: an incremental copy goes on at the watermark`, { skip }, () =>
    withOwnDatabase(from, async (source) => {
      await runSql(from, source, tables(from));
      await withOwnDatabase(to, async (url) => {
        const ask = asker(to, url);
        const notes = async () =>
          (await ask("SELECT id, note FROM item ORDER BY id")).map(
            ({ id, note }) => `${String(id)} ${String(note)}`,
          );
        const options = { ...alone, source, target: url, tables: ["item"], watermark: "changed" };
        const events: StampedEvent[] = [];
        const rows = () =>
          events.splice(0).flatMap((event) => (event.type === "chunk:finished" ? event.rows : []));
        const incremental = () =>
          copy({ ...options, mode: "incremental", onEvent: (event) => void events.push(event) });

        await assert.rejects(incremental, { code: "GW7004", message: /has no table .*item/ });
        await copy(options);
        assert.deepEqual(await notes(), ["1 a", "2 b", "3 c", "4 d"]);
        await runSql(from, source, changes);
        rows();
        await incremental();
        // The one of the same moment again, beside what is new.
        assert.deepEqual(rows(), [4]);
        assert.deepEqual(await notes(), ["1 a2", "2 b", "3 c", "4 d", "5 tie", "6 new"]);
        await incremental();
        assert.deepEqual(rows(), [1]);

        // An emptied table is filled, whatever was recorded.
        await runSql(to, url, ["DELETE FROM item"]);
        await incremental();
        assert.deepEqual(await notes(), ["1 a2", "3 c", "4 d", "5 tie", "6 new", "7 late"]);

        // A refresh records it, too, once it has swapped.
        await runSql(from, source, ["UPDATE item SET changed = '2026-01-02 00:00:00' WHERE id = 7"]);
        await copy({ ...options, mode: "refresh" });
        rows();
        await incremental();
        assert.deepEqual(rows(), [1]);

        await assert.rejects(copy({ ...options, tables: ["item", "plain"], mode: "incremental" }), {
          code: "GW7004",
          message: /no number, date or timestamp changed is copied of (\w+\.)?plain$/,
        });
        await assert.rejects(copy({ ...options, tables: ["keyless"], mode: "incremental" }), {
          code: "GW7004",
          message: /keyless has no unique key without NULLs/,
        });
      });
    }),
  );
}

test(
  "an interrupted incremental copy goes on where rows that it took are newer or gone since",
  { skip: target("postgres").skip },
  () =>
    withOwnDatabase("sqlite", async (source) => {
      await runSql("sqlite", source, [
        "CREATE TABLE item (id integer NOT NULL PRIMARY KEY, changed integer)",
        "INSERT INTO item WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) SELECT i, i FROM n",
      ]);
      await withOwnDatabase("postgres", async (url) => {
        const options = { ...alone, source, target: url, watermark: "changed", chunkBytes: 50, jobs: 1 };
        await copy(options);
        await runSql("sqlite", source, ["UPDATE item SET changed = changed + 100 WHERE id > 10"]);
        const stop = new AbortController();
        let rows = 0;
        const onEvent = (event: StampedEvent) => {
          if (event.type !== "chunk:finished") return;
          rows += event.rows;
          if (rows > 2) stop.abort();
        };
        const incremental = { ...options, mode: "incremental" } as const;
        await assert.rejects(copy({ ...incremental, signal: stop.signal, onEvent }), { code: "GW4006" });
        const ids = async () =>
          (await asker("postgres", url)("SELECT id FROM item WHERE changed > 100 ORDER BY id")).map(
            ({ id }) => Number(id),
          );
        const taken = await ids();
        assert.ok(taken.length > 2 && taken.length < 50, `${taken.length} rows were taken`);
        const [first, second] = taken;
        await runSql("sqlite", source, [
          `DELETE FROM item WHERE id = ${first}`,
          `UPDATE item SET changed = 900 WHERE id = ${second}`,
        ]);
        await copy(incremental);
        await copy(incremental);
        assert.deepEqual(
          await ids(),
          Array.from({ length: 50 }, (_, n) => n + 11),
        );
        const [row] = await asker("postgres", url)(`SELECT changed FROM item WHERE id = ${second}`);
        assert.equal(Number(row?.changed), 900);
      });
    }),
);

test(
  "a watermark of decimals is one of numbers where SQLite keeps their digits as texts",
  { skip: target("postgres").skip },
  () =>
    withOwnDatabase("postgres", async (source) => {
      const add = (rows: string) => runSql("postgres", source, [`INSERT INTO item VALUES ${rows}`]);
      await runSql("postgres", source, [
        "CREATE TABLE item (id integer NOT NULL PRIMARY KEY, at numeric(9,3))",
      ]);
      await add("(1, -10.25), (2, -5.375)");
      await withOwnDatabase("sqlite", async (url) => {
        const options = { ...alone, source, target: url, watermark: "at" };
        await copy(options);
        for (const rows of ["(3, -1.25)", "(4, 9.5)", "(5, 10.25)", "(6, 10.5), (7, 100)"]) {
          await add(rows);
          await copy({ ...options, mode: "incremental" });
        }
        const where = await verify({ ...alone, source, target: url, where: "at > 9 AND at < 50.5" });
        assert.deepEqual(
          where.tables.map(({ rows, differences }) => [rows, differences]),
          [[{ source: "3", target: "3" }, 0]],
        );
        assert.equal(where.equal, true);
      });
    }),
);

test("modes that contradict other options are refused before a server is asked", async () => {
  const ends = { ...alone, source: "postgres://nobody@127.0.0.1:1/none", target: "sqlite:none.db" };
  for (const choice of [
    { mode: "incremental" },
    { mode: "refresh", schemaOnly: true },
    { mode: "truncate", schemaOnly: true },
    { mode: "refresh", dataOnly: true },
    { schemaOnly: true, dataOnly: true },
  ] as const) {
    await assert.rejects(copy({ ...ends, ...choice }), { code: "GW1001" }, JSON.stringify(choice));
  }
  assert.deepEqual(
    (await readdir(import.meta.dirname)).filter((name) => name.startsWith("none.db")),
    [],
  );
});
