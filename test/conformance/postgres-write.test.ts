import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PortableType } from "../../src/core/portable.ts";
import type { WriteRequest } from "../../src/engines/data-roles.ts";
import { read } from "../../src/engines/postgres/read.ts";
import { write } from "../../src/engines/postgres/write.ts";
import { target } from "../support/servers.ts";
import { integer, pieces, request, table, text, withPlace } from "./postgres-data.ts";

const { skip } = target("postgres");

function into(
  name: string,
  columns: Readonly<Record<string, PortableType>>,
  upsertBy: readonly string[] | null = null,
): WriteRequest {
  return {
    table: table(name),
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, type, sql: "" })),
    upsertBy,
  };
}

describe("PostgreSQL: write", { skip }, () => {
  it("loads what another session reads, as text and in binary form, exactly", async () => {
    await withPlace(async ({ open, psql }) => {
      const [source, sink] = await Promise.all([open(), open()]);
      await source.execute(laboratory);
      const columns = await typesOf(source);
      const expected = psql("COPY types TO STDOUT").toString();
      assert.equal(expected.split("\n").length, 5);
      for (const way of ["text", "binary"]) {
        await sink.execute("DROP TABLE IF EXISTS copied; CREATE TABLE copied (LIKE types)");
        await sink.begin();
        const wanted = request("types", columns);
        const rows =
          way === "text"
            ? await write.load(sink, into("copied", columns), read.rows(source, wanted))
            : await write.loadNative!(sink, into("copied", columns), read.native!(source, wanted));
        await sink.commit();
        assert.equal(rows, 4n);
        assert.equal(psql("COPY copied TO STDOUT").toString(), expected, way);
      }
    });
  });

  it("refuses what does not fit, names the column, and leaves the session to a rollback", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute('CREATE TABLE t (a integer, "b: c" varchar(3) NOT NULL, d boolean)');
      const columns = { a: integer, "b: c": text, d: { kind: "boolean" } as const };
      const wrong = [
        ["1\tabc\t1\n99999999999\tx\t0\n", "a", /out of range/],
        ["1\tabcd\t1\n", "b: c", /too long/],
        ["1\t\\N\t1\n", "b: c", /null value/],
        ["1\tx\t2\n", "d", /boolean/],
        ["1\tx\n", "d", /missing data/],
        ["1\tx\t1\t5\n", null, /extra data/],
      ] as const;
      for (const [rows, column, message] of wrong) {
        await session.begin();
        const error = await write.load(session, into("t", columns), pieces(rows)).catch((e: unknown) => e);
        assert.ok(error instanceof Error, rows);
        assert.deepEqual({ ...write.blame(error), reason: "" }, { column, reason: "" }, rows);
        assert.match(write.blame(error).reason, message);
        await session.rollback();
      }
      assert.deepEqual(await session.query("SELECT count(*)::int AS n FROM t"), [{ n: 0 }]);
    });
  });

  it("rejects with the error of the rows, wherever it comes, and keeps nothing", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE t (a integer)");
      async function* breaking(): AsyncGenerator<Uint8Array> {
        yield Buffer.from("1\n".repeat(100_000));
        throw new Error("the source is gone");
      }
      await session.begin();
      await assert.rejects(write.load(session, into("t", { a: integer }), breaking()), /the source is gone/);
      await session.rollback();
      assert.deepEqual(await session.query("SELECT count(*)::int AS n FROM t"), [{ n: 0 }]);
      assert.equal(await write.load(session, into("t", { a: integer }), pieces("1\n", "2", "\n")), 2n);
    });
  });

  it("stops at once when the server refuses, although the rows have not ended", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE t (a integer)");
      let ended = false;
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          yield Buffer.from("x\n".repeat(100_000));
          for (;;) yield Buffer.from("1\n".repeat(100_000));
        } finally {
          ended = true;
        }
      }
      await assert.rejects(write.load(session, into("t", { a: integer }), endless()), /invalid input syntax/);
      await Promise.resolve();
      assert.ok(ended);
      const silent: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
      };
      const waiting = assert.rejects(write.load(session, into("t", { a: integer }), silent));
      const other = await open();
      await other.query(`SELECT pg_terminate_backend(${session.id})`);
      await waiting;
    });
  });

  it("takes no more from its source while the server waits", async () => {
    await withPlace(async ({ open }) => {
      const [session, blocker] = await Promise.all([open(), open()]);
      await session.execute("CREATE TABLE t (k text UNIQUE, v text)");
      await blocker.begin();
      await blocker.execute("INSERT INTO t VALUES ('k')");
      const taken = { pieces: 0 };
      async function* rows(): AsyncGenerator<Uint8Array> {
        yield Buffer.from("k\t\n");
        for (; taken.pieces < 600; taken.pieces++) yield Buffer.from(`\\N\t${"x".repeat(100_000)}\n`);
      }
      const loading = write.load(session, into("t", { k: text, v: text }), rows());
      let before = -1;
      // Until the pipes are full.
      while (taken.pieces === 0 || taken.pieces > before) {
        before = taken.pieces;
        await blocker.query("SELECT pg_sleep(0.3)");
      }
      assert.ok(taken.pieces < 300, `${taken.pieces} pieces were taken`);
      await blocker.rollback();
      assert.equal(await loading, 601n);
    });
  });

  it("replaces rows by their key, and only the columns that it is given", async () => {
    await withPlace(async ({ open, psql }) => {
      const session = await open();
      await session.execute(`CREATE TABLE t (a integer GENERATED ALWAYS AS IDENTITY, b text, c text DEFAULT 'kept', UNIQUE (a));
        INSERT INTO t (b) VALUES ('one'), ('two')`);
      const columns = { a: integer, b: text };
      await session.begin();
      assert.equal(
        await write.load(session, into("t", columns, ["a"]), pieces("2\tnew\n", "3\tthree\n")),
        2n,
      );
      assert.equal(await write.load(session, into("t", columns, ["a"]), pieces("3\tagain\n")), 1n);
      await session.commit();
      assert.equal(
        psql("COPY (SELECT * FROM t ORDER BY a) TO STDOUT").toString(),
        "1\tone\tkept\n2\tnew\tkept\n3\tagain\tkept\n",
      );
      await session.begin();
      await assert.rejects(
        write.load(session, into("t", columns, ["a"]), pieces("5\tx\n5\ty\n")),
        /second time/,
      );
    });
  });

  it("takes a row of 100 MB in small pieces", async () => {
    await withPlace(async ({ open, psql }) => {
      const session = await open();
      await session.execute("CREATE TABLE t (a bytea)");
      async function* rows(): AsyncGenerator<Uint8Array> {
        yield Buffer.from("\\\\x");
        for (let n = 0; n < 1600; n++) yield Buffer.alloc(65_536, "ab");
        yield Buffer.from("\n");
      }
      assert.equal(
        await write.load(session, into("t", { a: { kind: "bytes", length: null, fixed: false } }), rows()),
        1n,
      );
      assert.equal(
        psql("COPY (SELECT length(a), md5(a) FROM t) TO STDOUT").toString().slice(0, 9),
        "52428800\t",
      );
    });
  });
});

async function typesOf(session: {
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}) {
  const rows = await session.query(
    "SELECT attname AS name, atttypid::regtype::text AS type FROM pg_attribute WHERE attrelid = 'types'::regclass AND attnum > 0",
  );
  return Object.fromEntries(rows.map((row) => [String(row["name"]), portable[String(row["type"])] ?? text]));
}

const portable: Readonly<Record<string, PortableType>> = {
  boolean: { kind: "boolean" },
  bytea: { kind: "bytes", length: null, fixed: false },
  "timestamp with time zone": { kind: "timestamp", precision: 6, zone: true },
  "integer[]": { kind: "array", of: integer },
  numeric: { kind: "decimal", precision: null, scale: null },
};

const laboratory = `
  CREATE TYPE mood AS ENUM ('sad', 'it''s', 'back\\slash', '');
  CREATE DOMAIN even AS integer CHECK (VALUE % 2 = 0);
  CREATE TABLE types (b boolean, s smallint, i integer, l bigint, n numeric, d numeric(38, 10), r real, f double precision,
    t text, v varchar(20), c char(6), x bytea, bi bit(5), bv bit varying, da date, ti time, tz timetz, ts timestamp,
    tt timestamptz, iv interval, u uuid, j json, jb jsonb, e mood, ev even, a integer[], ip inet, tv tsvector, xm xml,
    p point, rg int4range);
  INSERT INTO types VALUES
    (true, -32768, -2147483648, -9223372036854775808, 'NaN', -9999999999999999999999999999.9999999999, 1.17549435e-38, 5e-324,
     E'tab\\tnew\\nline\\rback\\\\slash\\b\\f\\v', '''"', 'a', '\\x00010d0a5c09ff', B'10101', B'', '0001-01-01', '00:00', '24:00:00+15:59', '0001-01-01',
     '0001-01-01 00:00+00', '-178000000 years', '00000000-0000-0000-0000-000000000000', '{"a":1,"a":2, "n":1.00000000000000000000001}',
     '{"n":123456789012345678901234567890}', 'it''s', 2, '{{1,2},{3,NULL}}', '::1/64', '''a b'':1A', '<a>&amp;</a>', '(1e-300,2)', '[1,5)'),
    (false, 32767, 2147483647, 9223372036854775807, 1e-100, 9999999999999999999999999999.9999999999, 3.4028235e38, 1.7976931348623157e308,
     '😀 \\N', '\\.', '', '', B'00000', B'1', '9999-12-31', '23:59:59.999999', '23:59:59.999999-15:59', '9999-12-31 23:59:59.999999',
     '9999-12-31 23:59:59.999999+00', '1 mon -1 day 00:00:00.000001', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '[]', 'null', 'back\\slash',
     -2, '{}', '10.0.0.0/8', '', '', '(0,-0)', 'empty'),
    (NULL, 0, 0, 0, 0, 0, '-0', 'NaN', '', '', '   x', '\\x00', B'11111', B'0', '0044-03-15 BC', '12:00', '12:00+00', 'infinity',
     '-infinity', '0', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '"\\u00e9"', '"é"', '', 0, NULL, '1.2.3.4', 'a', 'x', NULL, NULL);
  INSERT INTO types DEFAULT VALUES`;
