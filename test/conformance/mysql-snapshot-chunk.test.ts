import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PortableType } from "../../src/core/portable.ts";
import { chunk } from "../../src/engines/mysql/chunk.ts";
import { rangeCondition } from "../../src/engines/mysql/key-range.ts";
import { read } from "../../src/engines/mysql/read.ts";
import { snapshot } from "../../src/engines/mysql/snapshot.ts";
import { mysqlTargets, withPlace, type Place } from "./mysql-roles.ts";
import { collected, readColumn, readRequest } from "./mysql-rows.ts";

const integer: PortableType = { kind: "integer", bits: 64, unsigned: false };
const text: PortableType = { kind: "text", length: 20, fixed: false };
const bytes: PortableType = { kind: "bytes", length: 20, fixed: false };
const numbers = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)";

/** Keys with their declaration, and the values of row n. */
const keys: readonly (readonly [string, string, readonly PortableType[], string])[] = [
  ["dense numbers", "a bigint", [integer], "i"],
  ["sparse numbers", "a bigint", [integer], "i * i * i - 100000"],
  ["two columns", "a int, b varchar(20)", [integer, text], "i % 7, CONCAT('k', i)"],
  [
    "three columns",
    "a date, b datetime(6), c int",
    [{ kind: "date" }, { kind: "timestamp", precision: 6, zone: false }, integer],
    "DATE '2020-01-01' + INTERVAL i % 5 DAY, TIMESTAMP '2020-01-01 00:00:00.5' + INTERVAL i % 11 MICROSECOND, i",
  ],
  [
    "text by its collation",
    "a varchar(20) COLLATE utf8mb4_general_ci",
    [text],
    "CONCAT(ELT(1 + i % 4, 'z', 'A', 'b\u00e9\\n', '\\\\'), i)",
  ],
  [
    "latin1",
    "a varchar(20) CHARACTER SET latin1",
    [text],
    "CONCAT(ELT(1 + i % 3, '\u00e9', 'e', '\u20ac'), i)",
  ],
  ["bytes", "a varbinary(20)", [bytes], "UNHEX(LEFT(SHA2(i, 256), 20))"],
  ["decimals", "a decimal(20,5)", [{ kind: "decimal", precision: 20, scale: 5 }], "i / 7 - 50"],
  ["floats", "a float", [{ kind: "float", bits: 32 }], "i / 7 - 50"],
  ["bits", "a bit(40)", [{ kind: "bits", length: 40, varying: false }], "i * 1000"],
  [
    "times",
    "a time(3)",
    [{ kind: "time", precision: 3, zone: false, signed: true }],
    "SEC_TO_TIME(i * 100 - 40000)",
  ],
  [
    "an enum",
    "a enum('z','a'), b int",
    [{ kind: "enum", name: null, labels: ["z", "a"] }, integer],
    "1 + i % 2, i",
  ],
];

for (const server of mysqlTargets) {
  describe(`parts of ${server.name}`, { skip: server.skip }, () => {
    const place = (title: string, work: (place: Place) => Promise<void>) =>
      test(title, () => withPlace(server.name, work));

    for (const [title, sql, types, values] of keys) {
      place(`ranges hold each row once: ${title}`, async ({ open }) => {
        const session = await open();
        const names = ["a", "b", "c"].slice(0, types.length);
        await session.execute(
          `CREATE TABLE t (${sql}, r int, PRIMARY KEY (${names.join(", ")})) DEFAULT CHARSET utf8mb4`,
        );
        await session.execute(`INSERT INTO t ${numbers} SELECT ${values}, i FROM n`);
        const key = names.map((name, at) => ({ name, type: types[at]! }));
        const table = { schema: "", name: "t" };
        const ranges = await chunk.split(session, {
          table,
          key,
          estimate: { rows: 900, bytes: 9_000 },
          chunkBytes: 1_000,
        });
        if (title === "an enum") return assert.deepEqual(ranges, [{ by: "all" }]);
        assert.ok(ranges.length >= 9 && ranges.length <= 11, `${ranges.length} ranges`);
        const seen: number[] = [];
        for (const range of ranges) {
          const rows = await collected(
            read.rows(session, readRequest("t", [readColumn("r", integer)], { key, range })),
          );
          const got = rows.toString().split("\n").slice(0, -1).map(Number);
          assert.ok(got.length <= 200, `${got.length} rows in one range`);
          seen.push(...got);
        }
        assert.deepEqual(
          seen.toSorted((one, other) => one - other),
          Array.from({ length: 900 }, (_, at) => at + 1),
        );
      });
    }

    place("what the index has in another order than it compares is one range", async ({ open }) => {
      const session = await open();
      const [version] = await session.query("SELECT VERSION() AS v");
      const collation = /mariadb/i.test(String(version?.v)) ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
      await session.execute(
        `CREATE TABLE t (a char(6) COLLATE ${collation}, r int, PRIMARY KEY (a)) DEFAULT CHARSET utf8mb4`,
      );
      await session.execute("INSERT INTO t VALUES ('', 1), ('\t', 2), ('a', 3), ('a\t', 4), ('b', 5)");
      const key = [{ name: "a", type: { kind: "text", length: 6, fixed: true } as const }];
      const ranges = await chunk.split(session, {
        table: { schema: "", name: "t" },
        key,
        estimate: { rows: 5, bytes: 50 },
        chunkBytes: 10,
      });
      const seen: string[] = [];
      for (const range of ranges) {
        const rows = read.rows(session, readRequest("t", [readColumn("r", integer)], { key, range }));
        seen.push(...(await collected(rows)).toString().split("\n").slice(0, -1));
      }
      assert.deepEqual(seen.toSorted(), ["1", "2", "3", "4", "5"]);
    });

    place("a table whose statistics count too few rows is cut little finer", async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE t (a int PRIMARY KEY)");
      await session.execute(`INSERT INTO t ${numbers} SELECT i FROM n`);
      const ranges = await chunk.split(session, {
        table: { schema: "", name: "t" },
        key: [{ name: "a", type: integer }],
        estimate: { rows: 3, bytes: 9_000 },
        chunkBytes: 1_000,
      });
      assert.ok(ranges.length > 9 && ranges.length < 9 * 8, `${ranges.length} ranges`);
    });

    place("a range of two columns is read from the index", async ({ open }) => {
      const session = await open();
      await session.execute(
        "CREATE TABLE t (a int, b varchar(20), r text, PRIMARY KEY (a, b)) DEFAULT CHARSET utf8mb4",
      );
      await session.execute(
        `INSERT INTO t ${numbers} SELECT i % 30, CONCAT('k', i), REPEAT('x', 500) FROM n`,
      );
      await session.query("ANALYZE TABLE t");
      const key = [
        { name: "a", type: integer },
        { name: "b", type: text },
      ];
      const condition = rangeCondition({ by: "key", after: ["3", "k3"], upTo: ["5", "k5"] }, key);
      const [plan] = await session.query(`EXPLAIN FORMAT=TRADITIONAL SELECT r FROM t WHERE ${condition}`);
      assert.equal(plan?.type, "range");
      assert.equal(plan?.key, "PRIMARY");
    });

    place("all sessions see one state, and a later write is noticed", async ({ open }) => {
      const writer = await open();
      await writer.execute("CREATE TABLE t (id bigint AUTO_INCREMENT PRIMARY KEY) ENGINE InnoDB");
      const readers = await Promise.all([open(), open(), open()]);
      const stop = new AbortController();
      const writing = (async () => {
        while (!stop.signal.aborted) await writer.execute("INSERT INTO t () VALUES ()");
      })();
      for (let round = 0; round < 5; round += 1) {
        const taken = await snapshot.align(readers);
        assert.equal(taken.weakness, null);
        assert.match(taken.position, /:\d+/);
        const counts = [];
        for (const reader of readers)
          counts.push((await reader.query("SELECT CAST(COUNT(*) AS CHAR) AS n FROM t"))[0]?.n);
        assert.equal(new Set(counts).size, 1, counts.join());
        for (const reader of readers) await reader.rollback();
      }
      stop.abort();
      await writing;
      const { token } = await snapshot.align([readers[0]!]);
      await readers[0]!.rollback();
      await writer.execute("INSERT INTO t () VALUES ()");
      assert.equal(await snapshot.unchangedSince(readers[1]!, token), false);
      assert.equal(await snapshot.unchangedSince(readers[1]!, ""), false);
      await assert.doesNotReject(snapshot.unchangedSince(readers[1]!, "nonsense"));
    });

    place("a table without transactions is named", async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE old (id int) ENGINE MyISAM");
      const { weakness } = await snapshot.align([session]);
      assert.match(weakness ?? "", /old \(MyISAM\)/);
    });
  });
}
