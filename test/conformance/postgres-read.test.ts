import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { PortableType } from "../../src/core/portable.ts";
import { chunk } from "../../src/engines/postgres/chunk.ts";
import { read } from "../../src/engines/postgres/read.ts";
import { snapshot } from "../../src/engines/postgres/snapshot.ts";
import { administer, target } from "../support/servers.ts";
import { bytes, collect, integer, request, table, text, withPlace } from "./postgres-data.ts";

const { skip } = target("postgres");

describe("PostgreSQL: read", { skip }, () => {
  it("writes each type in its wire form, whatever the session's settings", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute(`SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601';
        SET extra_float_digits = 0; SET bytea_output = 'escape'`);
      for (const [declared, value, from, expected, to] of forms) {
        await session.execute(`CREATE TABLE one (c ${declared}); INSERT INTO one VALUES (${value}), (NULL)`);
        const rows = read.rows(session, request("one", { c: [from, to ?? from] }));
        assert.equal((await collect(rows)).toString(), `${expected}\n\\N\n`, `${declared} ${value}`);
        await session.execute("DROP TABLE one");
      }
    });
  });

  it("writes bytes with the prefix that the target asks for", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute(`CREATE TABLE one (c bytea); INSERT INTO one VALUES ('\\x00ff5c')`);
      for (const bytesPrefix of ["", "\\\\x", "0x", "\\\\\\\\"]) {
        const rows = read.rows(session, request("one", { c: bytes }, { form: { bytesPrefix } }));
        assert.equal((await collect(rows)).toString(), `${bytesPrefix}00ff5c\n`);
      }
    });
  });

  it("gives what psql gives, for any text, however the pieces are cut", async () => {
    await withPlace(async ({ open, psql }) => {
      const session = await open();
      await session.execute("CREATE TABLE t (id integer, a text, b text)");
      const character = fc.oneof(
        fc.constantFrom("\\", "\b", "\f", "\v", "\t", "\n", "\r", "b", "N", "'", "\u{1f600}", "\u0001"),
        fc.string({ unit: "binary", minLength: 1, maxLength: 3 }).map((s) => s.replaceAll("\0", "")),
      );
      const value = fc.array(character, { maxLength: 40 }).map((list) => list.join("").toWellFormed());
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 30 }), async (rows) => {
          await session.execute("TRUNCATE t");
          for (const [id, [a, b]] of rows.entries())
            await session.run("INSERT INTO t VALUES ($1, repeat($2, $4), $3)", [
              id,
              a,
              b,
              id === 0 ? 3000 : 1,
            ]);
          const found = await collect(read.rows(session, request("t", { id: integer, a: text, b: text })));
          const expected = psql("COPY t TO STDOUT")
            .toString()
            .replaceAll(/\\(.)/gs, (all, c: string) => ({ b: "\b", f: "\f", v: "\v" })[c] ?? all);
          assert.equal(found.toString(), expected);
        }),
        { numRuns: 25, verbose: 1 },
      );
    });
  });

  it("streams a value of 200 MB in pieces, and waits for its reader", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute(
        "CREATE TABLE big (a text); INSERT INTO big SELECT repeat('0123456789', 20000000)",
      );
      const before = process.memoryUsage().rss;
      let [length, largest] = [0, 0];
      for await (const piece of read.rows(session, request("big", { a: text }))) {
        length += piece.length;
        largest = Math.max(largest, piece.length);
      }
      assert.equal(length, 200_000_001);
      assert.ok(largest <= 1 << 20, `${largest}`);
      assert.ok(process.memoryUsage().rss - before < 120_000_000);
      const rows = read.rows(session, request("big", { a: text }))[Symbol.asyncIterator]();
      await rows.next();
      // The server goes on waiting: nobody takes what it sends.
      const waits = "SELECT wait_event FROM pg_stat_activity WHERE pid = " + session.id;
      const [state] = await administer("postgres", async (sql) => {
        await until(() => sql(waits), "ClientWrite");
        await sql("SELECT pg_sleep(1.5)");
        return sql(waits);
      });
      assert.equal(state?.["wait_event"], "ClientWrite");
    });
  });

  it("leaves the session usable after an early end, or closes it", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute(
        "CREATE TABLE t (a text); INSERT INTO t SELECT repeat('x', 100) FROM generate_series(1, 50000)",
      );
      for await (const _ of read.rows(session, request("t", { a: text }))) break;
      assert.deepEqual(await session.query("SELECT 1 AS one"), [{ one: 1 }]);
      await session.execute("INSERT INTO t SELECT repeat('x', 3000000) FROM generate_series(1, 100)");
      for await (const _ of read.rows(session, request("t", { a: text }))) break;
      await assert.rejects(session.query("SELECT 1"));
    });
  });

  it("rejects when the connection is lost or the server stops, and never just ends", async () => {
    await withPlace(async ({ open }) => {
      const admin = await open();
      await admin.execute(
        "CREATE TABLE t (a text); INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 50000)",
      );
      const session = await open();
      await assert.rejects(async () => {
        for await (const _ of read.rows(session, request("t", { a: text })))
          await admin.query(`SELECT pg_terminate_backend(${session.id})`);
      });
      const other = await open();
      await admin.execute("INSERT INTO t VALUES ('no number')");
      const divided = request("t", { a: [text, text] }, { where: null });
      await assert.rejects(collect(read.rows(other, { ...divided, table: table("nowhere") })), /nowhere/);
      assert.deepEqual(await other.query("SELECT 1 AS one"), [{ one: 1 }]);
    });
  });

  it("fails where a policy hides rows", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute(`CREATE TABLE t (a text); INSERT INTO t VALUES ('x'); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
        CREATE ROLE godwit_dev_hidden_${session.id}; GRANT SELECT ON t TO godwit_dev_hidden_${session.id}`);
      try {
        await session.execute(`SET ROLE godwit_dev_hidden_${session.id}`);
        await assert.rejects(collect(read.rows(session, request("t", { a: text }))), /row-level security/);
      } finally {
        await session.execute(
          `RESET ROLE; DROP OWNED BY godwit_dev_hidden_${session.id}; DROP ROLE godwit_dev_hidden_${session.id}`,
        );
      }
    });
  });
});

describe("PostgreSQL: chunk", { skip }, () => {
  const tables: readonly (readonly [string, string, Readonly<Record<string, PortableType>>])[] = [
    [
      "dense",
      "CREATE TABLE dense AS SELECT g AS a, 1 AS b FROM generate_series(-300, 700) g",
      { a: integer },
    ],
    [
      "gaps",
      "CREATE TABLE gaps AS SELECT (g::bigint * g * g * 1000000000) AS a, 1 AS b FROM generate_series(-500, 500) g",
      { a: { kind: "integer", bits: 64, unsigned: false } },
    ],
    [
      "words",
      "CREATE TABLE words AS SELECT chr(97 + g % 26) || E'\\\\\\t''' || g AS a, 1 AS b FROM generate_series(1, 1001) g",
      { a: text },
    ],
    [
      "days",
      "CREATE TABLE days AS SELECT timestamptz '2020-10-25 00:00+00' + g * interval '7 minutes' AS a, g AS b FROM generate_series(1, 1001) g",
      { a: { kind: "timestamp", precision: 6, zone: true } },
    ],
    [
      "ids",
      "CREATE TABLE ids AS SELECT md5(g::text)::uuid AS a, 1 AS b FROM generate_series(1, 1001) g",
      { a: { kind: "uuid" } },
    ],
    [
      "raw",
      "CREATE TABLE raw AS SELECT decode(md5(g::text), 'hex') AS a, 1 AS b FROM generate_series(1, 1001) g",
      { a: bytes },
    ],
    [
      "pairs",
      "CREATE TABLE pairs AS SELECT chr(97 + g % 3) AS a, g AS b FROM generate_series(1, 1001) g",
      { a: text, b: integer },
    ],
    [
      "keyless",
      "CREATE TABLE keyless AS SELECT g AS a, repeat('x', 500) AS b FROM generate_series(1, 1001) g",
      {},
    ],
    [
      "parted",
      "CREATE TABLE parted (a integer, b integer) PARTITION BY HASH (a); CREATE TABLE p0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE p1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1); INSERT INTO parted SELECT g, g FROM generate_series(1, 1001) g",
      { a: integer },
    ],
    [
      "parent",
      "CREATE TABLE parent AS SELECT g AS a, 1 AS b FROM generate_series(1, 1001) g; CREATE TABLE child () INHERITS (parent); INSERT INTO child SELECT * FROM parent",
      { a: integer },
    ],
  ];
  for (const [name, sql, key] of tables) {
    it(`holds each row of ${name} exactly once, in parts of about one size`, async () => {
      await withPlace(async ({ open, psql }) => {
        const session = await open();
        await session.execute(sql);
        const keys = Object.entries(key).map(([column, type]) => ({ name: column, type }));
        const ranges = await chunk.split(session, {
          table: table(name),
          key: keys,
          estimate: { rows: 1001, bytes: 100_000 },
          chunkBytes: 10_000,
        });
        assert.ok(ranges.length >= 9 && ranges.length <= 12, `${ranges.length} parts`);
        const all: string[] = [];
        const columns = { a: key["a"] ?? integer, b: name === "keyless" ? text : integer };
        for (const range of ranges) {
          const part = (
            await collect(read.rows(session, request(name, columns, { key: keys, range })))
          ).toString();
          const lines = part.split("\n").slice(0, -1);
          assert.ok(lines.length <= 220, `${lines.length} rows`);
          all.push(...lines);
        }
        const only = name === "parted" ? name : `ONLY ${name}`;
        const expected = psql(
          `COPY (SELECT a${name === "days" ? " AT TIME ZONE 'UTC'" : ""}, b FROM ${only}) TO STDOUT`,
        );
        assert.deepEqual(all.toSorted(), expected.toString().split("\n").slice(0, -1).toSorted());
      });
    });
  }
});

describe("PostgreSQL: snapshot", { skip }, () => {
  it("shows one state to all sessions, and knows when nothing was written since", async () => {
    await withPlace(async ({ open }) => {
      const [writer, ...readers] = await Promise.all([open(), open(), open(), open()]);
      await writer!.execute("CREATE TABLE t AS SELECT 1 AS a");
      // A write between the two snapshots, if they were two.
      const late = new Proxy(readers[1]!, {
        get: (session, name) =>
          name === "begin"
            ? async () => {
                await writer!.execute("INSERT INTO t VALUES (3)");
                return session.begin();
              }
            : Reflect.get(session, name),
      });
      const taken = await snapshot.align([readers[0]!, late, readers[2]!]);
      assert.equal(taken.weakness, null);
      assert.match(taken.position, /^[0-9A-F]+\/[0-9A-F]+$/);
      await writer!.execute("INSERT INTO t VALUES (2)");
      for (const reader of readers) {
        assert.equal((await collect(read.rows(reader, request("t", { a: integer })))).toString(), "1\n");
        const [timeouts] = await reader.query(
          "SELECT current_setting('idle_in_transaction_session_timeout') AS t",
        );
        assert.deepEqual(timeouts, { t: "0" });
        await assert.rejects(reader.execute("CREATE TABLE x ()"), /read-only/);
        await reader.rollback();
      }
      assert.equal(await snapshot.unchangedSince(writer!, taken.token), false);
      assert.equal(await snapshot.unchangedSince(writer!, ""), false);
    });
  });

  it("says so while nothing at all is written on the server", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      // Other tests write on the same server: one quiet moment is enough.
      for (let attempt = 0; attempt < 200; attempt++) {
        const { token } = await snapshot.align([session]);
        await session.rollback();
        if (token !== "" && (await snapshot.unchangedSince(session, token))) return;
      }
      assert.fail("no quiet moment");
    });
  });
});

async function until<T extends readonly Readonly<Record<string, unknown>>[]>(
  ask: () => Promise<T>,
  event: string,
): Promise<T> {
  for (;;) {
    const rows = await ask();
    if (rows[0]?.["wait_event"] === event) return rows;
  }
}

const unbounded = { precision: null, scale: null } as const;
const json: PortableType = { kind: "json", binary: true };
const date: PortableType = { kind: "date" };
const zoned: PortableType = { kind: "timestamp", precision: 6, zone: true };
const local: PortableType = { kind: "timestamp", precision: 6, zone: false };
const time: PortableType = { kind: "time", precision: 6, zone: false, signed: false };
const array = (of: PortableType): PortableType => ({ kind: "array", of });
const float = (bits: 32 | 64): PortableType => ({ kind: "float", bits });

const forms: readonly (readonly [
  declared: string,
  value: string,
  from: PortableType,
  expected: string,
  to?: PortableType,
])[] = [
  ["boolean", "true", { kind: "boolean" }, "1"],
  ["boolean", "false", { kind: "boolean" }, "0", { kind: "integer", bits: 8, unsigned: false }],
  ["bigint", "-9223372036854775808", { kind: "integer", bits: 64, unsigned: false }, "-9223372036854775808"],
  ["numeric", "1e-20", { kind: "decimal", ...unbounded }, "0.00000000000000000001"],
  [
    "numeric(38,2)",
    "999999999999999999999999999999999999.99",
    { kind: "decimal", precision: 38, scale: 2 },
    "999999999999999999999999999999999999.99",
  ],
  ["money", "1234567.89::numeric::money", { kind: "decimal", precision: 19, scale: 2 }, "1234567.89"],
  ["real", "0.1", float(32), "0.1"],
  ["double precision", "5e-324", float(64), "5e-324"],
  ["double precision", "0.1::float8 + 0.2::float8", float(64), "0.30000000000000004"],
  ["double precision", "'-Infinity'", float(64), "-Infinity"],
  ["char(5)", "'ab'", { kind: "text", length: 5, fixed: true }, "ab   "],
  ["text", "E'a\\\\b\\tc\\nd\\re\\bf'", text, "a\\\\b\\tc\\nd\\re\bf"],
  ["bytea", "'\\x0aFF'", bytes, "\\\\x0aff"],
  ["bytea", "'\\x0aFF'", bytes, "0aff", text],
  ["text", "'é'", text, "\\\\xc3a9", bytes],
  [
    "uuid",
    "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
    { kind: "uuid" },
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
  ],
  [
    "uuid",
    "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
    { kind: "uuid" },
    "\\\\xa0eebc999c0b4ef8bb6d6bb9bd380a11",
    bytes,
  ],
  ["bit(4)", "B'0101'", { kind: "bits", length: 4, varying: false }, "0101"],
  ["date", "'0001-02-03'", date, "0001-02-03"],
  ["date", "'9999-12-31'", date, "9999-12-31 00:00:00", local],
  ["date", "'0044-03-15 BC'", date, "0044-03-15 BC"],
  ["time", "'23:59:59.5'", time, "23:59:59.5"],
  ["timestamp", "'2020-01-02 03:04:05.678901'", local, "2020-01-02 03:04:05.678901"],
  ["timestamptz", "'2020-07-02 03:04:05+02'", zoned, "2020-07-02 01:04:05"],
  ["timestamptz", "'infinity'", zoned, "infinity"],
  ["timestamptz", "'2020-07-02 01:04:05+02'", zoned, "2020-07-01", date],
  ["interval", "'1 day 2:03:04.5'", { kind: "interval" }, "1 day 02:03:04.5"],
  [
    "interval",
    "'-1 day -2:03:04.5'",
    { kind: "interval" },
    "-26:03:04.5",
    { kind: "time", precision: 6, zone: false, signed: true },
  ],
  ["json", `'{"a" : 1, "a":2}'`, { kind: "json", binary: false }, `{"a" : 1, "a":2}`],
  ["jsonb", `'{"a":1e2}'`, json, `{"a": 100}`],
  ["text[]", `ARRAY['a', 'b "c"', NULL]`, array(text), `{a,"b \\\\"c\\\\"",NULL}`],
  ["text[]", `ARRAY['a', 'b', NULL]`, array(text), `["a","b",null]`, json],
  ["text[]", `ARRAY['a', 'b']`, array(text), `a,b`, { kind: "set", labels: ["a", "b"] }],
  ["inet", "'10.0.0.1/8'", { kind: "native", name: "inet" }, "10.0.0.1/8"],
  ["tsvector", "'a b:2'", { kind: "native", name: "tsvector" }, "'a' 'b':2"],
];
