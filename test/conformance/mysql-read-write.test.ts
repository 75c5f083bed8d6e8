import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { GodwitError } from "../../src/core/error.ts";
import { rowCount } from "../../src/engines/mysql/counted-rows.ts";
import { dataSession } from "../../src/engines/mysql/data-session.ts";
import { insertRows } from "../../src/engines/mysql/insert-rows.ts";
import { read } from "../../src/engines/mysql/read.ts";
import { write } from "../../src/engines/mysql/write.ts";
import type { Session } from "../../src/engines/engine.ts";
import { administer, type ServerName } from "../support/servers.ts";
import { mysqlTargets, withPlace, type Place } from "./mysql-roles.ts";
import {
  collected,
  cut,
  labColumns,
  labInserts,
  labRows,
  labTable,
  readColumn,
  readRequest,
  writeRequest,
} from "./mysql-rows.ts";

const anything = "STRICT_ALL_TABLES,ALLOW_INVALID_DATES";
const integer = { kind: "integer", bits: 32, unsigned: false } as const;
const text = { kind: "text", length: null, fixed: false } as const;
const bytes = { kind: "bytes", length: null, fixed: false } as const;

/** As digits: MySQL's process list fails where another session's statement holds bytes that are no utf8mb3. */
const insertHex = "INSERT INTO t VALUES (?, CONVERT(UNHEX(?) USING utf8mb4), UNHEX(?))";
const hex = (value: string | Uint8Array) => Buffer.from(value as string).toString("hex");

for (const server of mysqlTargets) {
  describe(`rows out of and into ${server.name}`, { skip: server.skip }, () => {
    const place = (title: string, work: (place: Place) => Promise<void>) =>
      test(title, () => withPlace(server.name, work));
    const columns = labColumns(server.name);
    const readAll = columns.map((column) => readColumn(column.name, column.type));

    async function laboratory(session: Session): Promise<void> {
      await session.execute(`SET sql_mode = '${anything}'`);
      await session.execute(labTable("a", server.name));
      await session.execute(labTable("b", server.name));
      for (const sql of labInserts("a", server.name)) await session.execute(sql);
    }

    /** The bytes of every value, as the server keeps them. */
    function stored(session: Session, table: string) {
      const values = columns
        .filter((column) => column.type.kind !== "float")
        .map(({ name }) => `HEX(${name}) AS ${name}, LENGTH(${name}) AS ${name}_length`);
      const precise = [
        "CAST(f AS DOUBLE) AS f2",
        "CAST(g AS CHAR) AS g2",
        "CAST(moment AS CHAR) AS m2",
        "CAST(clock AS CHAR) AS c2",
        "CAST(b64 AS UNSIGNED) AS b2",
        "CAST(d AS CHAR) AS d2",
        "CAST(day AS CHAR) AS day2",
      ];
      return session.query(`SELECT ${[...values, ...precise].join(", ")} FROM ${table} ORDER BY id`);
    }

    place("the forms of values", async ({ open }) => {
      const session = await open();
      await laboratory(session);
      const lines = (await collected(read.rows(session, readRequest("a", readAll)))).toString().split("\n");
      assert.equal(lines.pop(), "");
      const fields = (row: number) =>
        Object.fromEntries(lines[row]!.split("\t").map((field, at) => [columns[at]!.name, field]));
      assert.deepEqual(
        fields(0),
        Object.fromEntries(columns.map(({ name }) => [name, name === "id" ? "1" : "\\N"])),
      );
      const full = fields(1);
      assert.deepEqual(
        [full.z, full.u64, full.d, full.f, full.gd, full.b1, full.b64],
        [
          "42",
          "18446744073709551615",
          "-99999999999999999999999999999999999.000000000000000000000000000001",
          "1.100000023841858",
          "1.10",
          "1",
          "1".repeat(64),
        ],
      );
      assert.deepEqual(
        [full.day, full.clock, full.moment, full.point_, full.y],
        ["9999-12-31", "-838:59:58.999999", "9999-12-31 23:59:59.999999", "2038-01-19 03:14:07.999", "2155"],
      );
      assert.deepEqual(
        [full.c, full.v, full.l1, full.u16, full.u3],
        ["padded", "  trailing  ", "\u20ac\u00e9", "\u{1f600} utf16", "\u00e9\u20ac"],
      );
      assert.equal(full.lt, "tab\\t nl\\n cr\\r back\\\\ \\\\N quote' nul\0 bell\b \x1a \u{1f600}");
      assert.deepEqual([full.bf, full.bv, full.lb], ["00ff0000", "0a0d095c00", "000102ff"]);
      assert.deepEqual([full.e, full.s], ["it's", 'a,b c,d"e']);
      assert.equal(full.p, "0101000020110f0000000000000000f83f00000000000000c0");
      assert.equal(fields(3).v, "\\\\N");
      assert.equal(fields(2).day, "0000-00-00");
      if (server.name === "mariadb") assert.equal(full.uu, "123e4567-e89b-12d3-a456-426614174000");
    });

    place("what differs by the target", async ({ open }) => {
      const session = await open();
      await laboratory(session);
      const array = { kind: "array", of: text } as const;
      const wanted = [
        readColumn("s", columns.find(({ name }) => name === "s")!.type, array),
        readColumn("s", columns.find(({ name }) => name === "s")!.type, { kind: "json", binary: true }),
        readColumn("b1", columns.find(({ name }) => name === "b1")!.type, { kind: "boolean" }),
        readColumn("bv", bytes),
      ];
      const request = readRequest("a", wanted, { form: { bytesPrefix: "\\\\x" } });
      const lines = (await collected(read.rows(session, request))).toString().split("\n");
      assert.equal(lines[1], '{"a","b c","d\\\\"e"}\t["a","b c","d\\\\"e"]\t1\t\\\\x0a0d095c00');
      assert.equal(lines[2], "{}\t[]\t0\t\\\\x");
    });

    for (const way of ["LOAD DATA", "INSERT"]) {
      place(`what is read is written again by ${way}`, async ({ open }) => {
        const session = await open();
        await laboratory(session);
        const rows = await collected(read.rows(session, readRequest("a", readAll)));
        const request = writeRequest("b", columns);
        await session.begin();
        const source = cut(rows, 7);
        const loaded =
          way === "LOAD DATA"
            ? await write.load(session, request, source)
            : await insertRows(
                await dataSession(session),
                request,
                request.table,
                source,
                rowCount(1e6, "b"),
              );
        await session.commit();
        assert.equal(loaded, BigInt(labRows.length));
        assert.deepEqual(await stored(session, "b"), await stored(session, "a"));
      });

      place(`the bytes of texts are stored as they are by ${way}`, async ({ open }) => {
        const session = await open();
        await session.execute(
          "CREATE TABLE t (x varchar(9) CHARACTER SET cp932, y char(9) CHARACTER SET ucs2)",
        );
        await session.execute("CREATE TABLE u LIKE t");
        await session.execute(
          "INSERT INTO t VALUES (_cp932 x'ED4085405C092020', _ucs2 x'0061D800'), (NULL, ''), (_cp932 x'FA5C', NULL)",
        );
        const reading = [
          { ...readColumn("x", text), encoding: "cp932" },
          { ...readColumn("y", text), encoding: "ucs2" },
        ];
        const rows = await collected(read.rows(session, readRequest("t", reading)));
        const writing = reading.map(({ name, from, encoding }) => ({ name, type: from, sql: "", encoding }));
        const request = { table: { schema: "", name: "u" }, columns: writing, upsertBy: null };
        if (way === "LOAD DATA") await write.load(session, request, cut(rows, 7));
        else
          await insertRows(
            await dataSession(session),
            request,
            request.table,
            cut(rows, 7),
            rowCount(1e6, "u"),
          );
        const stored = await session.query("SELECT HEX(x) AS x, HEX(y) AS y FROM u");
        assert.deepEqual(
          stored.map(({ x, y }) => [x, y]),
          [
            ["ED4085405C092020", "0061D800"],
            [null, ""],
            ["FA5C", null],
          ],
        );
      });

      place(`any text and bytes come through ${way}`, async ({ open }) => {
        const session = await open();
        await session.execute(
          "CREATE TABLE t (id int PRIMARY KEY, x longtext, y longblob) DEFAULT CHARSET utf8mb4",
        );
        await session.execute("CREATE TABLE u LIKE t");
        const reading = [readColumn("id", integer), readColumn("x", text), readColumn("y", bytes)];
        const writing = reading.map(({ name, from }) => ({ name, type: from, sql: "" }));
        const characters = fc.string({
          unit: fc.oneof(
            fc.constantFrom("\\", "\t", "\n", "\r", "N", "'", "\0", '"'),
            fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
          ),
        });
        const row = fc.tuple(fc.option(characters), fc.option(fc.uint8Array()));
        await fc.assert(
          fc.asyncProperty(
            fc.array(row, { minLength: 1, maxLength: 20 }),
            fc.integer({ min: 1, max: 50 }),
            async (values, pieceBytes) => {
              const plain = values.map(([x, y]) => [x?.isWellFormed() === false ? "" : x, y] as const);
              await session.execute("TRUNCATE t");
              await session.execute("TRUNCATE u");
              for (const [at, [x, y]] of plain.entries())
                await session.run(insertHex, [at, x === null ? null : hex(x), y === null ? null : hex(y)]);
              const rows = await collected(read.rows(session, readRequest("t", reading)));
              const request = { table: { schema: "", name: "u" }, columns: writing, upsertBy: null };
              if (way === "LOAD DATA") await write.load(session, request, cut(rows, pieceBytes));
              else
                await insertRows(
                  await dataSession(session),
                  request,
                  request.table,
                  cut(rows, pieceBytes),
                  rowCount(1e6, "u"),
                );
              const got = await session.query("SELECT x, y FROM u ORDER BY id");
              assert.deepEqual(
                got.map((one) => [
                  one.x,
                  one.y === null ? null : Buffer.from(one.y as Uint8Array).toString("hex"),
                ]),
                plain.map(([x, y]) => [x, y === null ? null : Buffer.from(y).toString("hex")]),
              );
            },
          ),
          { numRuns: 25, verbose: 1 },
        );
      });
    }

    place("floats keep their last bit", async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE t (id int PRIMARY KEY, f float, g double)");
      await session.execute("CREATE TABLE u LIKE t");
      const values = new Float32Array(2_000);
      const random = new Uint32Array(values.buffer);
      let state = Date.now() >>> 0;
      console.log(`seed ${state}`);
      for (let at = 0; at < random.length; at += 1) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        random[at] = state;
        if (!Number.isFinite(values[at])) values[at] = 1.5;
      }
      const shortest = (value: number) => {
        for (let digits = 1; ; digits += 1)
          if (Math.fround(Number(value.toPrecision(digits))) === value) return value.toPrecision(digits);
      };
      const lines = [...values]
        .map((value, at) => `${at}\t${shortest(value)}\t${value * 1.000000001}\n`)
        .join("");
      const types = [
        readColumn("id", integer),
        readColumn("f", { kind: "float", bits: 32 }),
        readColumn("g", { kind: "float", bits: 64 }),
      ];
      const writing = types.map(({ name, from }) => ({ name, type: from, sql: "" }));
      await write.load(
        session,
        { table: { schema: "", name: "t" }, columns: writing, upsertBy: null },
        cut(Buffer.from(lines), 5_000),
      );
      const out = await collected(read.rows(session, readRequest("t", types)));
      for (const line of out.toString().trimEnd().split("\n")) {
        const [id, f, g] = line.split("\t").map(Number) as [number, number, number];
        assert.equal(Math.fround(f), values[id] === 0 ? 0 : values[id]);
        assert.equal(g, values[id]! * 1.000000001);
      }
    });

    place("rows longer than max_allowed_packet", async ({ open }) => {
      const session = await open();
      const { maxAllowedPacket } = await dataSession(session);
      const half = Math.floor(maxAllowedPacket * 0.3) * 2;
      await session.execute(
        "CREATE TABLE t (id int PRIMARY KEY, x longblob, y longtext, z int) DEFAULT CHARSET latin1",
      );
      await session.execute(
        `INSERT INTO t VALUES (1, 'a', 'b', 1), (2, REPEAT('\\0\\n', ${half / 2}), NULL, 2), (3, 'c', REPEAT('\u00e9\\t', ${Math.floor(half / 2)}), 3), (4, NULL, NULL, NULL)`,
      );
      const types = [
        readColumn("id", integer),
        readColumn("x", bytes),
        readColumn("y", text),
        readColumn("z", integer),
      ];
      const rows = new Map<string, string>();
      let hash = createHash("md5");
      let head = "";
      for await (const piece of read.rows(session, readRequest("t", types))) {
        let at = 0;
        for (;;) {
          const end = piece.indexOf(10, at);
          const part = piece.subarray(at, end === -1 ? undefined : end);
          if (head === "" && part.length > 0) head = String.fromCharCode(part[0]!);
          hash.update(part);
          if (end === -1) break;
          rows.set(head, hash.digest("hex"));
          [hash, head, at] = [createHash("md5"), "", end + 1];
        }
      }
      const md5 = (line: string) => createHash("md5").update(line).digest("hex");
      assert.deepEqual([...rows].sort(), [
        ["1", md5("1\t61\tb\t1")],
        ["2", md5(`2\t${"000a".repeat(half / 2)}\t\\N\t2`)],
        ["3", md5(`3\t63\t${"\u00e9\\t".repeat(Math.floor(half / 2))}\t3`)],
        ["4", md5("4\t\\N\t\\N\t\\N")],
      ]);
    });

    place("a reading that is left early leaves the session usable", async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE t (x text)");
      await session.execute(
        "INSERT INTO t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT REPEAT('x', 60000) FROM n",
      );
      for await (const piece of read.rows(session, readRequest("t", [readColumn("x", text)]))) {
        assert.ok(piece.length > 0);
        break;
      }
      assert.deepEqual(await session.query("SELECT '1' AS one"), [{ one: "1" }]);
    });

    for (const [width, count] of [
      [60_000, 900],
      // Whole rows in one packet, of which nobody counts how many there should be.
      [500, 40_000],
    ] as const) {
      place(`a lost connection is an error, not an end, of rows of ${width} bytes`, async ({ open }) => {
        const session = await open();
        await session.execute("CREATE TABLE t (x text)");
        await session.execute(
          `INSERT INTO t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)
          SELECT REPEAT('x', ${width}) FROM n a, (SELECT i FROM n WHERE i <= 50) b LIMIT ${count}`,
        );
        let pieces = 0;
        await assert.rejects(async () => {
          for await (const _ of read.rows(session, readRequest("t", [readColumn("x", text)]))) {
            pieces += 1;
            if (pieces === 1) await administer(server.name as ServerName, (sql) => sql(`KILL ${session.id}`));
          }
        });
        await assert.rejects(session.query("SELECT 1"));
      });
    }

    const refusals: readonly [string, string, string, string | null][] = [
      ["a value that is too long", "v varchar(3)", "1\tabcd\n", "v"],
      ["a number out of range", "v tinyint", "1\t128\n", "v"],
      ["text for a number", "v int", "1\tx\n", "v"],
      ["an empty number", "v int", "1\t\n", "v"],
      ["digits that would be cut off", "v decimal(5,2)", "1\t1.234\n", "v"],
      ["a row that is there", "v int", "1\t1\n1\t2\n", null],
      ["NULL where there is none", "v int NOT NULL", "1\t\\N\n", "v"],
      ["no label of the enum", "v enum('a')", "1\tb\n", "v"],
      ["too few fields", "v int", "1\n", null],
      ["too many fields", "v int", "1\t1\t1\n", null],
      ["a thirteenth month", "v date", "1\t2024-13-01\n", "v"],
      ["infinity", "v double", "1\tInfinity\n", "v"],
      ["a check", "v int CHECK (v > 0)", "1\t-1\n", null],
    ];
    place("nothing is coerced or skipped", async ({ open }) => {
      const session = await open();
      for (const [title, sql, rows, column] of refusals) {
        await session.execute(`CREATE OR REPLACE VIEW nothing AS SELECT 1`);
        await session.execute("DROP TABLE IF EXISTS t");
        await session.execute(`CREATE TABLE t (id int PRIMARY KEY, ${sql}) DEFAULT CHARSET utf8mb4`);
        const request = writeRequest("t", [
          { name: "id", sql: "int", type: integer },
          { name: "v", sql, type: text },
        ]);
        await session.begin();
        const error = await write.load(session, request, cut(Buffer.from(rows), 3)).then(
          () => null,
          (caught: unknown) => caught,
        );
        await session.rollback();
        assert.ok(error !== null, title);
        assert.equal(write.blame(error).column, column, `${title}: ${write.blame(error).reason}`);
        await session.begin();
        await assert.rejects(
          async () =>
            insertRows(
              await dataSession(session),
              request,
              request.table,
              cut(Buffer.from(rows), 3),
              rowCount(100, "t"),
            ),
          Error,
          `${title}, by INSERT`,
        );
        await session.rollback();
      }
      const binary = writeRequest("t", [
        { name: "id", sql: "int", type: integer },
        { name: "v", sql: "", type: bytes },
      ]);
      await session.execute("DROP TABLE t");
      await session.execute("CREATE TABLE t (id int PRIMARY KEY, v varbinary(10))");
      await assert.rejects(
        write.load(session, binary, cut(Buffer.from("1\tabc\n"), 9)),
        GodwitError,
        "odd digits",
      );
      await session.execute("DROP TABLE t");
      await session.execute("CREATE TABLE t (id int PRIMARY KEY, v text) DEFAULT CHARSET utf8mb4");
      const request = writeRequest("t", [
        { name: "id", sql: "int", type: integer },
        { name: "v", sql: "", type: text },
      ]);
      await assert.rejects(
        write.load(session, request, cut(Buffer.from("1\t\xc3(\n", "latin1"), 9)),
        Error,
        "no UTF-8",
      );
      await assert.rejects(write.load(session, request, cut(Buffer.from("2\tx\n3\ty"), 9)), /end within row/);
      await assert.rejects(
        write.load(
          session,
          request,
          (async function* () {
            yield Buffer.from("5\tx\n");
            throw new Error("the source is gone");
          })(),
        ),
        /the source is gone/,
      );
      assert.deepEqual(await session.query("SELECT '1' AS one"), [{ one: "1" }]);
    });

    place("rows replace those with their key, and no others", async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE t (id int PRIMARY KEY, v text, w int UNIQUE)");
      await session.execute("INSERT INTO t VALUES (1, 'old', 10), (2, 'stays', 20)");
      const request = writeRequest(
        "t",
        [
          { name: "id", sql: "int", type: integer },
          { name: "v", sql: "text", type: text },
          { name: "w", sql: "int", type: integer },
        ],
        ["id"],
      );
      assert.equal(await write.load(session, request, cut(Buffer.from("1\tnew\t11\n3\tmore\t30\n"), 4)), 2n);
      const all = "SELECT CONCAT_WS(',', id, v, w) AS x FROM t ORDER BY id";
      assert.deepEqual(
        (await session.query(all)).map((row) => row.x),
        ["1,new,11", "2,stays,20", "3,more,30"],
      );
      await session.begin();
      await assert.rejects(write.load(session, request, cut(Buffer.from("4\tclash\t20\n"), 4)));
      await session.rollback();
      assert.equal((await session.query(all)).length, 3);
    });
  });
}
