import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GodwitError } from "../../src/index.ts";
import { clientRows } from "../support/laboratory/client-rows.ts";
import { copyable, type Pair, withPair } from "../support/laboratory/pair.ts";
import { familyOf, type Family } from "../support/laboratory/type-column.ts";
import type { TargetName } from "../support/servers.ts";

/** A value that a target cannot hold: it stops the copy by its name, before anything is written. */
interface LossCase {
  /** The declaration of the column in the source. */
  readonly type: string;
  /** A literal. */
  readonly value: string;
  readonly loss: string;
  /** What the target's client shows where the loss was accepted; missing: it cannot be. */
  readonly after?: string | null;
}

const lost = (type: string, value: string, loss: string, after?: string | null): LossCase =>
  after === undefined ? { type, value, loss } : { type, value, loss, after };

/** Of columns that SQLite does not enforce, and both kinds of servers do. */
const ofSqlite: readonly LossCase[] = [
  lost("TEXT", "CAST(x'61ff' AS TEXT)", "invalid-encoding"),
  lost("INTEGER", "'abc'", "storage-class", null),
  lost("INTEGER", "1.5", "storage-class", null),
  lost("INTEGER", "x'00'", "storage-class", null),
  lost("TEXT", "x'6162'", "storage-class", null),
  lost("BLOB", "'ab'", "storage-class", null),
  lost("REAL", "'abc'", "storage-class", null),
  lost("SMALLINT", "40000", "range"),
  lost("BOOLEAN", "'yes'", "storage-class", null),
  lost("VARCHAR(3)", "'abcd'", "length", "abc"),
  lost("DECIMAL(4,2)", "1.125", "scale", "1.13"),
  lost("DECIMAL(4,2)", "100.5", "range"),
  lost("DECIMAL(4,2)", "'abc'", "format", null),
  lost("DATE", "'yesterday'", "format", null),
  lost("DATE", "'2023-02-29'", "format", null),
  lost("DATE", "'2024-01-01 10:00:00'", "format", null),
  lost("DATETIME", "'2016-12-31 23:59:60'", "format", null),
  lost("DATETIME", "'2024-01-01 00:00:00.1234567'", "precision", "2024-01-01 00:00:00.123456"),
  lost("TIME", "'noon'", "format", null),
  lost("UUID", "'123'", "format", null),
  lost("JSON", "'{a:1}'", "format", null),
];

/** Both servers hold what no calendar has, and MySQL knows it only when somebody asks. */
const ofMysql: readonly LossCase[] = [
  lost("text", "CONCAT('a', CHAR(0 USING utf8mb4), 'b')", "nul-character", "ab"),
  lost("varchar(9)", "CHAR(0 USING utf8mb4)", "nul-character", ""),
  lost("date", "'0000-00-00'", "zero-date", null),
  lost("date", "'2024-00-10'", "zero-date", null),
  lost("date", "'2023-02-31'", "zero-date", null),
  lost("date", "'0000-01-01'", "zero-date", null),
  lost("datetime", "'0000-00-00 00:00:00'", "zero-date", null),
  lost("datetime(3)", "'2024-02-00 10:00:00.5'", "zero-date", null),
  lost("timestamp NULL", "'0000-00-00 00:00:00'", "zero-date", null),
  lost("enum('a','b')", "'no label'", "empty-enum", null),
];

const ofPostgres: readonly LossCase[] = [
  lost("double precision", "'NaN'", "not-a-number", null),
  lost("double precision", "'Infinity'", "infinity", null),
  lost("real", "'NaN'", "not-a-number", null),
  lost("real", "'-Infinity'", "infinity", null),
  lost("numeric(10,2)", "'NaN'", "not-a-number", null),
  lost("date", "'infinity'", "infinity", null),
  lost("date", "'0044-03-15 BC'", "year-range"),
  lost("timestamp", "'-infinity'", "infinity", null),
  lost("timestamptz", "'infinity'", "infinity", null),
  lost("timestamptz", "'10000-01-01 00:00:00+00'", "year-range"),
];

type Side = Family | TargetName;
const all: readonly (readonly [from: Side, to: Side, cases: readonly LossCase[]])[] = [
  ["sqlite", "postgres", ofSqlite],
  [
    "sqlite",
    "postgres",
    [
      lost("TEXT", "'a' || char(0) || 'b'", "nul-character", "ab"),
      lost("DATE", "'0000-00-00'", "zero-date", null),
      lost("TIME", "'25:00:00'", "time-range"),
      lost("JSONB", `'{"a":1,"a":2}'`, "json-lossy", '{"a": 2}'),
    ],
  ],
  ["sqlite", "mysql", ofSqlite],
  [
    "sqlite",
    "mysql",
    [
      lost("DOUBLE", "9e999", "infinity", null),
      lost("DATE", "'0000-00-00'", "format", null),
      lost("TIME", "'839:00:00'", "time-range"),
      lost("DATE", "'10000-01-01'", "year-range"),
    ],
  ],
  ["mysql", "postgres", ofMysql],
  ["postgres", "mysql", ofPostgres],
  [
    "postgres",
    "sqlite",
    [lost("double precision", "'NaN'", "not-a-number", null), lost("real", "'NaN'", "not-a-number", null)],
  ],
];
/** Of JSON that MySQL keeps as a value, and MariaDB as its text. */
const ofJson: readonly (readonly [from: TargetName, to: TargetName, cases: readonly LossCase[]])[] = [
  [
    "postgres",
    "mysql",
    [
      lost("json", `'{"a": 1, "a": 2}'`, "json-lossy", '{"a":2}'),
      lost("jsonb", `'[12345678901234567890.5]'`, "json-lossy", "[1.2345678901234567e19]"),
    ],
  ],
  [
    "sqlite",
    "mysql",
    [
      lost("JSON", `'{"a":1,"a":2}'`, "json-lossy", '{"a":2}'),
      lost("JSON", "'[0.12345678901234567890]'", "json-lossy", "[0.12345678901234568]"),
    ],
  ],
  [
    "mariadb",
    "mysql",
    [
      lost("json", `'{"a":1,"a":2}'`, "json-lossy", '{"a":2}'),
      lost("json", "'[0.12345678901234567890]'", "json-lossy", "[0.12345678901234568]"),
    ],
  ],
  ["mysql", "postgres", [lost("json", String.raw`'{"k": "a\\u0000b"}'`, "nul-character", '{"k": "ab"}')]],
];

const engines = await copyable();

describe("losses", { concurrency: 2 }, () => {
  for (const source of engines) {
    for (const target of engines) {
      const cases = [
        ...all.flatMap(([from, to, cases]) =>
          from === familyOf(source.name) && to === familyOf(target.name) ? cases : [],
        ),
        ...ofJson.flatMap(([from, to, cases]) => (from === source.name && to === target.name ? cases : [])),
      ];
      if (cases.length === 0) continue;
      test(`from ${source.name} to ${target.name}`, { skip: source.skip || target.skip }, () =>
        withPair(source.name, target.name, async (pair) => {
          const acceptable = cases.filter(({ after }) => after !== undefined);
          const others = cases.filter(({ after }) => after === undefined);
          await pair.prepare([
            ...(familyOf(source.name) === "mysql" ? ["SET SESSION sql_mode = 'ALLOW_INVALID_DATES'"] : []),
            ...tableOf("t", acceptable),
            ...(others.length === 0 ? [] : tableOf("u", others)),
          ]);
          const names = await lossesOf(pair, []);
          const schema = source.name === "postgres" ? "public." : "";
          // A value may show more than one loss, and a column no other one than its own.
          const wanted = (table: string, some: readonly LossCase[]) =>
            some.map(({ loss }, n) => `${schema}${table}.v${n}:${loss}`);
          const missing = [...wanted("t", acceptable), ...wanted("u", others)].filter(
            (name) => !names.includes(name),
          );
          assert.deepEqual(missing, []);

          if (others.length > 0) {
            const refused = await lossesOf(pair, names);
            assert.deepEqual(
              wanted("u", others).filter((name) => !refused.includes(name)),
              [],
            );
            assert.deepEqual(
              refused.filter((name) => name.startsWith(`${schema}t.`)),
              [],
            );
          }
          await pair.copy({ tables: ["t"], allow: names });
          const columns = acceptable.map((_, n) => `v${n}`);
          const shown = clientRows(target.name, pair.target, "t", ["id", ...columns], "id");
          assert.equal(shown.length, acceptable.length);
          const found = acceptable.map(({ type, value }, n) => [type, value, shown[n]![n + 1]]);
          assert.deepEqual(
            found,
            acceptable.map(({ type, value, after }) => [type, value, after]),
          );
          // Each row holds one value, and nothing was lost of the others.
          for (const [n, row] of shown.entries()) {
            assert.deepEqual(
              row.filter((field, place) => place > 0 && place !== n + 1 && field !== null),
              [],
            );
          }
        }),
      );
    }
  }

  for (const source of engines.filter(({ engine }) => engine === "mysql")) {
    const to = engines.find(({ name }) => name === "postgres")!;
    test(`a counter of ${source.name} beyond PostgreSQL's`, { skip: source.skip || to.skip }, () =>
      withPair(source.name, "postgres", async (pair) => {
        await pair.prepare([
          "CREATE TABLE t (id bigint unsigned AUTO_INCREMENT PRIMARY KEY)",
          "INSERT INTO t VALUES (1), (9223372036854775808)",
        ]);
        assert.deepEqual(await lossesOf(pair, ["t.id:range"]), ["t.id:range"]);
      }),
    );
  }
});

/** One row and one column for each case. */
function tableOf(name: string, cases: readonly LossCase[]): string[] {
  return [
    `CREATE TABLE ${name} (id int PRIMARY KEY, ${cases.map(({ type }, n) => `v${n} ${type}`).join(", ")})`,
    ...cases.map(({ value }, n) => `INSERT INTO ${name} (id, v${n}) VALUES (${n}, ${value})`),
  ];
}

/** The names of the losses that stop a copy. */
async function lossesOf(pair: Pair, allow: readonly string[]): Promise<string[]> {
  const stopped = await pair.copy({ allow }).then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(stopped instanceof GodwitError, String(stopped));
  assert.equal(stopped.code, "GW7003", stopped.message);
  assert.equal(stopped.outcome, "unchanged");
  return (stopped.details as { losses: { name: string }[] }).losses.map(({ name }) => name);
}
