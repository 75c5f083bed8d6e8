import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { PortableType } from "../../src/core/portable.ts";
import type { DigestColumn, DigestForm, DigestRequest } from "../../src/engines/data-roles.ts";
import { digest } from "../../src/engines/postgres/digest.ts";
import { ownHash } from "../../src/engines/postgres/own-hash.ts";
import { target } from "../support/servers.ts";
import { bytes, integer, table, text, withPlace } from "./postgres-data.ts";
import { floatForm } from "../../src/engines/float-form.ts";
import { floatText } from "../support/float-text.ts";

const { skip } = target("postgres");

describe("PostgreSQL: digest", { skip }, () => {
  it("has one spelling for one value", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute(
        "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET extra_float_digits = 0",
      );
      for (const [declared, type, form, values] of forms) {
        await session.execute(`CREATE TABLE one (id serial, c ${declared})`);
        for (const [value] of values) await session.execute(`INSERT INTO one (c) VALUES (${value})`);
        const request = of("one", [column("c", type, form)]);
        const rows = values.map((_, n) => ({ key: [String(n + 1)], hash: "" }));
        const found = await digest.values(session, request, rows);
        assert.deepEqual(
          found.map((row) => row.values[0]),
          values.map(([, expected]) => expected),
          declared,
        );
        await session.execute("DROP TABLE one");
      }
    });
  });

  it("spells any float with the digits that JavaScript finds shortest, and a great one with those that it has", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE f (id integer, c float8)");
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.oneof(
              fc.double({ noNaN: true, noDefaultInfinity: true }),
              fc.double({ noNaN: true, min: 2 ** 52, max: 1e24 }),
            ),
            { minLength: 1, maxLength: 60 },
          ),
          async (list) => {
            await session.execute("TRUNCATE f");
            await session.run(
              "INSERT INTO f SELECT n, v FROM unnest($1::float8[]) WITH ORDINALITY AS u(v, n)",
              [list.map(String)],
            );
            const request = of("f", [column("c", { kind: "float", bits: 64 }, { kind: "float", bits: 64 })]);
            const found = await digest.values(
              session,
              request,
              list.map((_, n) => ({ key: [String(n + 1)], hash: "" })),
            );
            assert.deepEqual(
              found.map((row) => row.values[0]),
              list.map(floatText),
            );
          },
        ),
        { numRuns: 20, verbose: 1 },
      );
    });
  });

  it("spells singles as the program does, halves of a digit too", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      const single = fc.oneof(
        fc.float({ noNaN: true }),
        fc
          .tuple(fc.integer({ min: 0, max: 2 ** 24 }), fc.integer({ min: 0, max: 24 }))
          .map(([whole, places]) => whole / 2 ** places),
        fc.integer({ min: 24, max: 90 }).map((power) => 1.2345679 * 2 ** power),
      );
      const list = fc.sample(single, 2_000).map(Math.fround);
      await session.execute("CREATE TABLE f (id integer, c float4)");
      await session.run("INSERT INTO f SELECT n, v FROM unnest($1::float4[]) WITH ORDINALITY AS u(v, n)", [
        list.map(String),
      ]);
      const found = await digest.values(
        session,
        of("f", [column("c", { kind: "float", bits: 32 }, { kind: "float", bits: 32 })]),
        list.map((_, n) => ({ key: [String(n + 1)], hash: "" })),
      );
      assert.deepEqual(
        found.map((row) => row.values[0]),
        list.map((value) => floatForm(value, 32)),
      );
    });
  });

  it("sums the hashes that are computed here of the rows' texts, in slices and buckets", async () => {
    await withPlace(async ({ open, psql }) => {
      const session = await open();
      await session.execute(`CREATE TABLE t (id integer PRIMARY KEY, a text, b bytea, c boolean);
        INSERT INTO t SELECT g, CASE WHEN g % 5 = 0 THEN NULL ELSE repeat('é;V1:', g % 4) || g END,
          decode(md5(g::text), 'hex'), g % 2 = 0 FROM generate_series(-50, 949) g`);
      const request = of("t", [
        column("id", integer, { kind: "integer" }),
        column("a", text, { kind: "text", trimmed: false }),
        column("b", bytes, { kind: "bytes" }),
        column("c", { kind: "boolean" }, { kind: "boolean" }),
      ]);
      const lines = psql("COPY (SELECT id, a, encode(b, 'hex'), c::int FROM t ORDER BY id) TO STDOUT")
        .toString()
        .trimEnd()
        .split("\n");
      const rows = lines.map((line) => line.split("\t").map((field) => (field === "\\N" ? null : field)));
      const all = rows.map((row) => ({
        key: Number(row[0]),
        hash: md5(`${row[0]};${measured(row[1]!)}${measured(row[2]!)}${row[3]};`),
        bucket: Number.parseInt(md5(`${row[0]};`).slice(0, 8), 16) % 7,
      }));
      const expected = (list: typeof all) => ({
        rows: String(list.length),
        sum: String(list.reduce((sum, { hash }) => sum + BigInt(`0x${hash.slice(0, 15)}`), 0n)),
      });
      assert.deepEqual(await digest.slice(session, request, { by: "all" }), expected(all));
      assert.deepEqual(
        await digest.slice(session, request, { by: "key", after: "-3", upTo: "77" }),
        expected(all.filter(({ key }) => key > -3 && key <= 77)),
      );
      const byBucket = await digest.buckets(session, request, 7);
      for (let bucket = 0; bucket < 7; bucket++) {
        const own = all.filter((row) => row.bucket === bucket);
        assert.deepEqual(byBucket.get(bucket), expected(own));
        assert.deepEqual(
          await digest.slice(session, request, { by: "bucket", bucket, of: 7 }),
          expected(own),
        );
      }
      assert.deepEqual(await digest.bounds(session, request), { least: "-50", greatest: "949" });
      const hashes = [];
      for await (const row of digest.hashes(session, request, { by: "key", after: "900", upTo: null }))
        hashes.push(row);
      assert.deepEqual(
        hashes.toSorted((a, b) => Number(a.key[0]) - Number(b.key[0])),
        all.filter(({ key }) => key > 900).map(({ key, hash }) => ({ key: [String(key)], hash })),
      );
      const keyless = { ...request, key: [] };
      const [first] = await digest.values(session, keyless, [{ key: [], hash: all[3]!.hash }]);
      assert.deepEqual(first?.values, rows[3]);
      const where = { ...request, where: { kind: "boolean", value: false } as const };
      assert.deepEqual(await digest.slice(session, where, { by: "all" }), { rows: "0", sum: "0" });
      assert.equal(await digest.bounds(session, where), null);
    });
  });

  it("counts forty columns, and text in a database of another encoding", async () => {
    await withPlace(async ({ open, psql, url }) => {
      const session = await open();
      const names = Array.from({ length: 40 }, (_, n) => `c${n}`);
      await session.execute(
        `CREATE TABLE wide (${names.map((name) => `${name} text`).join(", ")}); INSERT INTO wide SELECT ${names.map((name) => `'${name}é'`).join(", ")}`,
      );
      const wide = {
        ...of(
          "wide",
          names.map((name) => column(name, text, { kind: "text", trimmed: false })),
        ),
        key: [],
      };
      const sum = String(BigInt(`0x${md5(names.map((name) => measured(`${name}é`)).join("")).slice(0, 15)}`));
      assert.deepEqual(await digest.slice(session, wide, { by: "all" }), { rows: "1", sum });
      const latin = `${new URL(url).pathname.slice(1)}_latin`;
      psql(`CREATE DATABASE ${latin} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
      try {
        const there = await open(latin);
        await there.execute(
          `CREATE TABLE wide (${names.map((name) => `${name} text`).join(", ")}); INSERT INTO wide SELECT ${names.map((name) => `'${name}é'`).join(", ")}`,
        );
        assert.deepEqual(await digest.slice(there, wide, { by: "all" }), { rows: "1", sum });
        await there.close();
      } finally {
        psql(`DROP DATABASE ${latin} WITH (FORCE)`);
      }
    });
  });

  it("lets no text pass for a number, or for nothing", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      await session.execute(`CREATE TABLE t (id integer, a text, b text);
        INSERT INTO t VALUES (1, '1', 'abc;:'), (2, '1;5:abc', NULL), (3, NULL, 'x'), (4, '', 'x'), (5, '?0:', 'x')`);
      const request = of("t", [
        column("a", text, { kind: "date" }),
        column("b", text, { kind: "text", trimmed: false }),
      ]);
      const found = new Set<string>();
      for await (const row of digest.hashes(session, request, { by: "all" })) found.add(row.hash);
      assert.equal(found.size, 5);
    });
  });

  it("sums the server's own hashes of values, which say of each change that there is one", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      const kinds: readonly (readonly [string, string, PortableType, DigestForm])[] = [
        ["integer", "bigint", integer, { kind: "integer" }],
        ["numeric(12,2)", "numeric", unbounded, { kind: "decimal" }],
        ["float8", "float8", { kind: "float", bits: 64 }, { kind: "float", bits: 64 }],
        ["real", "real", { kind: "float", bits: 32 }, { kind: "float", bits: 32 }],
        ["boolean", "boolean", { kind: "boolean" }, { kind: "boolean" }],
        ["date", "date", { kind: "date" }, { kind: "date" }],
        ["timestamp", "timestamptz", { kind: "timestamp", precision: 6, zone: false }, { kind: "timestamp" }],
        ["varchar(20)", "text", text, { kind: "text", trimmed: false }],
        ["bytea", "bytea", bytes, { kind: "bytes" }],
        ["uuid", "uuid", { kind: "uuid" }, { kind: "uuid" }],
        ["interval", "interval", { kind: "interval" }, { kind: "time" }],
      ];
      const make = (name: string, types: readonly string[]) =>
        session.execute(`CREATE TABLE ${name} (id integer, ${types.map((type, n) => `c${n} ${type}`).join(", ")});
          INSERT INTO ${name} SELECT g, g * 3, g / 4.0, g * 1.1, g * 0.7, g % 2 = 0, '2024-01-01'::date + g,
            '2024-01-01'::timestamp + g * interval '1 s', 'é' || g, decode(md5(g::text), 'hex'), md5(g::text)::uuid,
            g * interval '1 min' FROM generate_series(1, 20) g; UPDATE ${name} SET c7 = NULL WHERE id = 9`);
      await session.execute("SET TimeZone = 'UTC'");
      await make(
        "one",
        kinds.map(([declared]) => declared),
      );
      await make(
        "other",
        kinds.map(([, declared]) => declared),
      );
      await session.execute("SET TimeZone = 'Asia/Tokyo'");
      const asked = (name: string): DigestRequest => ({
        ...of(
          name,
          kinds.map(([, declared, type, form], n) =>
            column(
              `c${n}`,
              name === "other" && type.kind === "timestamp"
                ? { ...type, zone: declared.endsWith("z") }
                : type,
              form,
            ),
          ),
        ),
        own: true,
      });
      const sumOf = (name: string) => digest.slice(session, asked(name), { by: "all" });
      assert.equal(
        await digest.ownHashes!(session, asked("one")),
        await digest.ownHashes!(session, asked("other")),
      );
      const whole = await sumOf("one");
      assert.equal(whole.rows, "20");
      assert.deepEqual(await sumOf("other"), whole);
      const buckets = await digest.buckets(session, asked("one"), 5);
      assert.deepEqual(await digest.buckets(session, asked("other"), 5), buckets);
      assert.equal(
        String([...buckets.values()].reduce((sum, part) => sum + BigInt(part.sum), 0n)),
        whole.sum,
      );
      const changes = [
        "c0 = c0 + 4294967296",
        "c0 = c0 # 4294967297",
        "c1 = c1 + 0.01",
        "c2 = c2 + 1e-15",
        "c3 = c3 * 1.0000002",
        "c4 = NOT c4",
        "c5 = c5 + 1",
        "c6 = c6 + interval '1 us'",
        "c6 = c6 + interval '4294.967297 s'",
        "c7 = c7 || ' '",
        "c7 = NULL",
        "c8 = set_bit(c8, 5, 1 - get_bit(c8, 5))",
        "c9 = NULL",
        "c10 = c10 + interval '1 s'",
      ];
      for (const change of changes) {
        await session.execute(`BEGIN; UPDATE other SET ${change} WHERE id = 7`);
        assert.notDeepEqual(await sumOf("other"), whole, change);
        await session.execute("ROLLBACK");
      }
      // Each value is there as often as before, and each column.
      for (const { n } of kinds.map((_, index) => ({ n: index }))) {
        await session.execute(
          `BEGIN; UPDATE other SET c${n} = o.c${n} FROM one o WHERE o.id = CASE other.id WHEN 2 THEN 5 WHEN 5 THEN 2 END`,
        );
        assert.notDeepEqual(await sumOf("other"), whole, `c${n}`);
        await session.execute("ROLLBACK");
      }
      await session.execute("INSERT INTO other SELECT * FROM other WHERE id = 1");
      assert.notDeepEqual(await sumOf("other"), whole);
    });
  });

  it("gives each value of a type a hash of its own, and so the values beside it", async () => {
    await withPlace(async ({ open }) => {
      const session = await open();
      const kinds: readonly (readonly [string, PortableType, DigestForm, string])[] = [
        [
          "bigint",
          { kind: "integer", bits: 64, unsigned: false },
          { kind: "integer" },
          "0 1 -1 2 4294967296 4294967297 -4294967296 -4294967297 2147483648 9223372036854775807 -9223372036854775808",
        ],
        [
          "numeric",
          unbounded,
          { kind: "decimal" },
          "0 5 -5 0.5 -0.5 50000 -50000 500000000 5e-8 NaN Infinity -Infinity 1 2 3",
        ],
        [
          "float8",
          { kind: "float", bits: 64 },
          { kind: "float", bits: 64 },
          "0 1 -1 0.1 NaN Infinity -Infinity 1e-300",
        ],
        [
          "float4",
          { kind: "float", bits: 32 },
          { kind: "float", bits: 32 },
          "0 1 -1 0.1 NaN Infinity -Infinity",
        ],
        ["boolean", { kind: "boolean" }, { kind: "boolean" }, "true false"],
        [
          "date",
          { kind: "date" },
          { kind: "date" },
          "2000-01-01 1999-12-31 0044-03-15BC infinity -infinity 5874897-12-31",
        ],
        [
          "timestamp",
          { kind: "timestamp", precision: 6, zone: false },
          { kind: "timestamp" },
          "2000-01-01 2000-01-01T00:00:00.000001 infinity -infinity 0044-03-15T00:00:00BC",
        ],
        ["text", { kind: "text", length: null, fixed: false }, { kind: "text", trimmed: false }, "|a|A|b|0"],
        ["bytea", { kind: "bytes", length: null, fixed: false }, { kind: "bytes" }, "|\\x00|\\x0000|a"],
        [
          "uuid",
          { kind: "uuid" },
          { kind: "uuid" },
          "00000000-0000-0000-0000-000000000000 00000000-0000-0000-0000-000000000001",
        ],
      ];
      for (const [declared, type, form, listed] of kinds) {
        const values = [...listed.split(listed.includes("|") ? "|" : " "), null];
        await session.execute(`DROP TABLE IF EXISTS t; CREATE TABLE t (id integer, v ${declared}, w text)`);
        for (const each of values)
          for (const other of ["x", "y", null])
            await session.query("INSERT INTO t VALUES (1, $1, $2)", [each, other]);
        const [value, beside] = [
          column("v", type, form),
          column("w", { kind: "text", length: null, fixed: false }, { kind: "text", trimmed: false }),
        ];
        for (const columns of [
          [value, beside],
          [beside, value],
          // More than are hashed in one another.
          [...Array.from({ length: 45 }, () => beside), value],
        ]) {
          const told = await session.query(`SELECT ${ownHash(of("t", columns))}::text AS hash FROM t`);
          assert.equal(told.length, values.length * 3);
          for (const [hash, rows] of Map.groupBy(told, ({ hash }) => hash))
            assert.equal(rows.length, 1, `${declared}: ${String(hash)}`);
        }
      }
    });
  });
});

function md5(value: string): string {
  return createHash("md5").update(value).digest("hex");
}

function measured(value: string | null): string {
  return value === null ? ":;" : `${Buffer.byteLength(value)}:${value};`;
}

function column(name: string, type: PortableType, form: DigestForm): DigestColumn {
  return { name, value: null, type, form };
}

function of(name: string, columns: readonly DigestColumn[]): DigestRequest {
  return { table: table(name), columns, key: [column("id", integer, { kind: "integer" })], where: null };
}

const unbounded: PortableType = { kind: "decimal", precision: null, scale: null };
const forms: readonly (readonly [
  string,
  PortableType,
  DigestForm,
  readonly (readonly [string, string | null])[],
])[] = [
  [
    "bigint",
    { kind: "integer", bits: 64, unsigned: false },
    { kind: "integer" },
    [
      ["-9223372036854775808", "-9223372036854775808"],
      ["NULL", null],
    ],
  ],
  [
    "numeric",
    unbounded,
    { kind: "decimal" },
    [
      ["-0.00", "0"],
      ["100", "100"],
      ["0.50", "0.5"],
      ["-1e-10", "-0.0000000001"],
      ["'NaN'", "NaN"],
    ],
  ],
  ["numeric(20)", unbounded, { kind: "integer" }, [["18446744073709551615", "18446744073709551615"]]],
  [
    "boolean",
    { kind: "boolean" },
    { kind: "boolean" },
    [
      ["true", "1"],
      ["false", "0"],
      ["NULL", null],
    ],
  ],
  ["smallint", { kind: "integer", bits: 16, unsigned: false }, { kind: "boolean" }, [["1", "1"]]],
  [
    "real",
    { kind: "float", bits: 32 },
    { kind: "float", bits: 32 },
    [
      ["0.1", "1e-1"],
      ["16777216", "1.6777216e7"],
      ["'-0'", "0e0"],
      ["'-Infinity'", "-Infinity"],
      ["'NaN'", "NaN"],
      ["1.17549435e-38", "1.1754944e-38"],
      ["NULL", null],
    ],
  ],
  [
    "text",
    text,
    { kind: "text", trimmed: false },
    [
      ["'a  '", "a  "],
      ["''", ""],
      ["NULL", null],
    ],
  ],
  ["text", text, { kind: "text", trimmed: true }, [["E'a \\t  '", "a \t"]]],
  ["char(4)", { kind: "text", length: 4, fixed: true }, { kind: "text", trimmed: false }, [["'a'", "a   "]]],
  ["char(4)", { kind: "text", length: 4, fixed: true }, { kind: "text", trimmed: true }, [["'a'", "a"]]],
  [
    "bytea",
    bytes,
    { kind: "bytes" },
    [
      ["'\\x00FF'", "00ff"],
      ["''", ""],
      ["NULL", null],
    ],
  ],
  [
    "uuid",
    { kind: "uuid" },
    { kind: "uuid" },
    [["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]],
  ],
  ["bit(3)", { kind: "bits", length: 3, varying: false }, { kind: "bits" }, [["B'010'", "010"]]],
  ["date", { kind: "date" }, { kind: "date" }, [["'0001-02-03'", "0001-02-03"]]],
  ["date", { kind: "date" }, { kind: "timestamp" }, [["'2020-02-03'", "2020-02-03 00:00:00"]]],
  [
    "time",
    { kind: "time", precision: 6, zone: false, signed: false },
    { kind: "time" },
    [
      ["'1:2:3.5'", "01:02:03.5"],
      ["'24:00'", "24:00:00"],
    ],
  ],
  [
    "interval",
    { kind: "interval" },
    { kind: "time" },
    [
      ["'-838:59:59.25'", "-838:59:59.25"],
      ["'1 day'", "24:00:00"],
    ],
  ],
  [
    "timestamp",
    { kind: "timestamp", precision: 6, zone: false },
    { kind: "timestamp" },
    [
      ["'2020-01-01'", "2020-01-01 00:00:00"],
      ["'9999-12-31 23:59:59.999999'", "9999-12-31 23:59:59.999999"],
      ["'2020-01-01 0:0:0.12'", "2020-01-01 00:00:00.12"],
      ["NULL", null],
    ],
  ],
  [
    "timestamptz",
    { kind: "timestamp", precision: 6, zone: true },
    { kind: "timestamp" },
    [["'2020-01-01 00:00+02'", "2019-12-31 22:00:00"]],
  ],
  [
    "text[]",
    { kind: "array", of: text },
    { kind: "set" },
    [
      ["ARRAY['b', 'B', 'a']", "B,a,b"],
      ["'{}'", ""],
      ["NULL", null],
    ],
  ],
];
