import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { PortableType } from "../../src/core/portable.ts";
import type { DigestColumn, DigestForm, DigestRequest } from "../../src/engines/data-roles.ts";
import type { Session } from "../../src/engines/engine.ts";
import { dataSession } from "../../src/engines/mysql/data-session.ts";
import { digest } from "../../src/engines/mysql/digest.ts";
import { mysqlTargets, withPlace, type Place } from "./mysql-roles.ts";
import { floatText } from "../support/float-text.ts";

const integer: PortableType = { kind: "integer", bits: 32, unsigned: false };
const text: PortableType = { kind: "text", length: null, fixed: false };

/** Each column with its type, form, values as SQL, and the forms that those have. */
const columns: readonly (readonly [string, string, PortableType, DigestForm, string[], (string | null)[]])[] =
  [
    [
      "d",
      "decimal(20,5)",
      { kind: "decimal", precision: 20, scale: 5 },
      { kind: "decimal" },
      ["1.50000", "-0.1", "100"],
      ["1.5", "-0.1", "100"],
    ],
    ["z", "int unsigned zerofill", integer, { kind: "integer" }, ["42", "0", "NULL"], ["42", "0", null]],
    [
      "g",
      "double",
      { kind: "float", bits: 64 },
      { kind: "float", bits: 64 },
      ["1500", "-1.5e-5", "1.7976931348623157e308"],
      ["1500", "-1.5e-5", "1.7976931348623157e308"],
    ],
    [
      "h",
      "double",
      { kind: "float", bits: 64 },
      { kind: "float", bits: 64 },
      ["0", "0.1", "-2.2600317473427453e-11"],
      ["0", "0.1", "-2.2600317473427453e-11"],
    ],
    [
      "b",
      "varbinary(5)",
      { kind: "bytes", length: 5, fixed: false },
      { kind: "bytes" },
      ["x'00ff'", "x''", "NULL"],
      ["00ff", "", null],
    ],
    [
      "t",
      "time(2)",
      { kind: "time", precision: 2, zone: false, signed: true },
      { kind: "time" },
      ["'-1:02:03.5'", "'12:00'", "'838:59:59'"],
      ["-01:02:03.5", "12:00:00", "838:59:59"],
    ],
    [
      "m",
      "datetime",
      { kind: "timestamp", precision: 0, zone: false },
      { kind: "timestamp" },
      ["'2024-01-02 03:04:05'", "NULL", "'0000-00-00 00:00:00'"],
      ["2024-01-02 03:04:05", null, "0000-00-00 00:00:00"],
    ],
    [
      "s",
      "set('b','a','c')",
      { kind: "set", labels: ["b", "a", "c"] },
      { kind: "set" },
      ["'b,a,c'", "''", "'c,b'"],
      ["a,b,c", "", "b,c"],
    ],
    [
      "v",
      "varchar(20) character set latin1",
      text,
      { kind: "text", trimmed: false },
      ["'\u00e9 '", "'N;'", "'\\t'"],
      ["\u00e9 ", "N;", "\t"],
    ],
    [
      "w",
      "varchar(20)",
      text,
      { kind: "text", trimmed: true },
      ["'\u{1f600}  '", "''", "' x'"],
      ["\u{1f600}", "", " x"],
    ],
    [
      "bi",
      "bit(4)",
      { kind: "bits", length: 4, varying: false },
      { kind: "bits" },
      ["5", "0", "15"],
      ["0101", "0000", "1111"],
    ],
  ];
const single = [
  "f",
  "float",
  { kind: "float", bits: 32 },
  { kind: "float", bits: 32 },
  ["1.1", "1e-45", "16777216"],
  ["1.1e0", "1e-45", "1.6777216e7"],
] as const;

const column = (name: string, type: PortableType, form: DigestForm): DigestColumn => ({
  name,
  value: null,
  type,
  form,
});
const key = [column("id", integer, { kind: "integer" })];
const measured: ReadonlySet<string> = new Set(["text", "bytes", "bits", "set"]);
const rowText = (forms: readonly (string | null)[], of: readonly DigestForm[]) =>
  forms
    .map((form, n) => {
      const length = measured.has(of[n]!.kind) ? `${form === null ? "" : Buffer.byteLength(form)}:` : "";
      return `${length}${form ?? ""};`;
    })
    .join("");
const keyText = (row: number) => `${row};`;
const md5 = (from: string) => createHash("md5").update(from).digest("hex");
const number = (hash: string) => BigInt(`0x${hash.slice(0, 15)}`);
const sum = (texts: readonly string[]) => String(texts.reduce((total, one) => total + number(md5(one)), 0n));

for (const server of mysqlTargets) {
  describe(`digests of ${server.name}`, { skip: server.skip }, () => {
    const place = (title: string, work: (place: Place) => Promise<void>) =>
      test(title, () => withPlace(server.name, work));

    async function made(session: Session, of: readonly (typeof columns)[number][]): Promise<DigestRequest> {
      await dataSession(session);
      await session.execute(
        `CREATE TABLE t (id int PRIMARY KEY, ${of.map(([name, sql]) => `${name} ${sql}`).join(", ")}) DEFAULT CHARSET utf8mb4`,
      );
      for (let row = 0; row < 3; row += 1)
        await session.execute(`INSERT INTO t VALUES (${[row, ...of.map((one) => one[4][row])].join(", ")})`);
      return {
        table: { schema: "", name: "t" },
        columns: of.map(([name, , type, form]) => column(name, type, form)),
        key,
        where: null,
      };
    }

    for (const [title, of] of [
      ["in SQL", columns],
      ["with a form that has no SQL", [...columns, single]],
    ] as const) {
      place(`the text of rows, ${title}`, async ({ open }) => {
        const session = await open();
        const all = of as typeof columns;
        const request = await made(session, all);
        const texts = [0, 1, 2].map((row) =>
          rowText(
            all.map((one) => one[5][row]!),
            all.map((one) => one[3]),
          ),
        );
        assert.deepEqual(await digest.slice(session, request, { by: "all" }), { rows: "3", sum: sum(texts) });
        assert.deepEqual(await digest.slice(session, request, { by: "key", after: "0", upTo: "1" }), {
          rows: "1",
          sum: sum([texts[1]!]),
        });
        assert.deepEqual(await digest.bounds(session, request), { least: "0", greatest: "2" });
        const hashes = [];
        for await (const row of digest.hashes(session, request, { by: "all" })) hashes.push(row);
        assert.deepEqual(
          hashes,
          texts.map((one, row) => ({ key: [String(row)], hash: md5(one) })),
        );
        const values = await digest.values(session, request, [
          { key: ["2"], hash: "" },
          { key: ["7"], hash: "" },
          { key: ["0"], hash: "" },
        ]);
        assert.deepEqual(
          values,
          [2, 0].map((row) => ({ key: [String(row)], values: all.map((one) => one[5][row]) })),
        );
        const keyless = { ...request, key: [] };
        const byHash = await digest.values(session, keyless, [{ key: [], hash: md5(texts[1]!) }]);
        assert.deepEqual(byHash, [{ key: [], values: all.map((one) => one[5][1]) }]);
        for (const asked of [request, keyless]) {
          const expected = new Map<number, { rows: string; sum: string }>();
          for (const [row, one] of texts.entries()) {
            const bucket =
              Number.parseInt(md5(asked.key.length === 0 ? one : keyText(row)).slice(0, 8), 16) % 1_000;
            expected.set(bucket, { rows: "1", sum: sum([one]) });
          }
          const found = await digest.buckets(session, asked, 1_000);
          assert.deepEqual(new Map([...found].sort()), new Map([...expected].sort()));
          for (const [bucket, one] of expected)
            assert.deepEqual(await digest.slice(session, asked, { by: "bucket", bucket, of: 1_000 }), one);
        }
      });
    }

    place("any double as JavaScript spells it, and the usual ones in SQL", async ({ open }) => {
      const session = await open();
      await dataSession(session);
      await session.execute("CREATE TABLE t (id int PRIMARY KEY, d double)");
      const doubles = fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.double({ noNaN: true, min: -1e15, max: 1e15 }),
        fc.double({ noNaN: true, min: 1e-4, max: 10 }),
        fc.double({ noNaN: true, min: 2 ** 52, max: 1e24 }),
        fc.integer({ min: -999_999, max: 999_999 }).map((whole) => whole / 1000),
        fc.constantFrom(0, -0, 1e-4, 1e15, 999_999_999_999_999.9, -0.00012345678901234567),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(doubles, { minLength: 1, maxLength: 300 }), async (list) => {
          await session.execute("DELETE FROM t");
          for (let first = 0; first < list.length; first += 100) {
            const part = list.slice(first, first + 100);
            // Each as its exact digits, so that the server reads that very number.
            const rows = part.map(
              (value, n) => `(${first + n}, ${Object.is(value, -0) ? "-0e0" : value.toExponential(16)})`,
            );
            await session.execute(`INSERT INTO t VALUES ${rows.join(", ")}`);
          }
          const form: DigestForm = { kind: "float", bits: 64 };
          const request: DigestRequest = {
            table: { schema: "", name: "t" },
            key,
            columns: [column("d", { kind: "float", bits: 64 }, form)],
            where: null,
          };
          const texts = list.map((value) => `${floatText(value)};`);
          const found = await digest.slice(session, request, { by: "all" });
          assert.deepEqual(found, { rows: String(list.length), sum: sum(texts) });
        }),
        { numRuns: 15, verbose: 1 },
      );
    });

    place(
      "buckets of a key whose form SQL does not say, beside columns of which it does",
      async ({ open }) => {
        const session = await open();
        await dataSession(session);
        await session.execute("CREATE TABLE t (d double PRIMARY KEY, a int)");
        const rows = [
          [1.5, 1],
          [1e-7, 2],
          [2e20, 3],
          [0, 4],
          [12.25, 5],
        ] as const;
        await session.execute(`INSERT INTO t VALUES ${rows.map((row) => `(${row.join(", ")})`).join(", ")}`);
        const form: DigestForm = { kind: "float", bits: 64 };
        const request: DigestRequest = {
          table: { schema: "", name: "t" },
          key: [column("d", { kind: "float", bits: 64 }, form)],
          columns: [column("a", integer, { kind: "integer" })],
          where: null,
        };
        const expected = new Map<number, string[]>();
        for (const [d, a] of rows) {
          const text = d === 1e-7 || d === 2e20 ? d.toExponential().replace("e+", "e") : String(d);
          const bucket = Number.parseInt(md5(`${text};`).slice(0, 8), 16) % 3;
          expected.set(bucket, [...(expected.get(bucket) ?? []), `${a};`]);
        }
        const found = await digest.buckets(session, request, 3);
        for (const bucket of [0, 1, 2]) {
          const texts = expected.get(bucket) ?? [];
          const own = { rows: String(texts.length), sum: sum(texts) };
          assert.deepEqual(found.get(bucket) ?? { rows: "0", sum: "0" }, own);
          assert.deepEqual(await digest.slice(session, request, { by: "bucket", bucket, of: 3 }), own);
        }
      },
    );

    place("an empty table", async ({ open }) => {
      const session = await open();
      await session.execute("CREATE TABLE t (id int PRIMARY KEY)");
      const request = { table: { schema: "", name: "t" }, columns: key, key, where: null };
      assert.deepEqual(await digest.slice(session, request, { by: "all" }), { rows: "0", sum: "0" });
      assert.equal(await digest.bounds(session, request), null);
      assert.deepEqual(await digest.buckets(session, request, 8), new Map());
    });

    place("rows longer than max_allowed_packet", async ({ open }) => {
      const session = await open();
      const { maxAllowedPacket } = await dataSession(session);
      const length = Math.floor(maxAllowedPacket * 0.7);
      await session.execute(
        "CREATE TABLE t (id int PRIMARY KEY, x longblob, y longtext) DEFAULT CHARSET utf8mb4",
      );
      await session.execute(
        `INSERT INTO t VALUES (1, 'a', 'b'), (2, REPEAT('x', ${length}), 'c'), (3, NULL, REPEAT('\u00e9', ${Math.floor(length / 2)}))`,
      );
      const request: DigestRequest = {
        table: { schema: "", name: "t" },
        key,
        columns: [
          column("x", { kind: "bytes", length: null, fixed: false }, { kind: "bytes" }),
          column("y", text, { kind: "text", trimmed: false }),
        ],
        where: null,
      };
      const forms = request.columns.map(({ form }) => form);
      const texts = [
        rowText(["61", "b"], forms),
        rowText(["78".repeat(length), "c"], forms),
        rowText([null, "\u00e9".repeat(Math.floor(length / 2))], forms),
      ];
      assert.deepEqual(await digest.slice(session, request, { by: "all" }), { rows: "3", sum: sum(texts) });
      const buckets = await digest.buckets(session, request, 1);
      assert.deepEqual(buckets.get(0), { rows: "3", sum: sum(texts) });
    });
  });
}
