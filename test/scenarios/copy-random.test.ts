import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { clientRows } from "../support/laboratory/client-rows.ts";
import { withPair } from "../support/laboratory/pair.ts";
import { isSweep, somePairs } from "../support/laboratory/pairs.ts";
import { familyOf, type Family } from "../support/laboratory/type-column.ts";

/** A kind of column: its declarations, its values, and how these are written and shown. */
interface Kind {
  readonly sql: Readonly<Record<Family, string>>;
  readonly values: fc.Arbitrary<string>;
  readonly literal: (value: string, family: Family) => string;
  /** What a client shows, brought to the value's own spelling. */
  readonly read: (shown: string, family: Family) => string;
}

const unclassed = (shown: string, family: Family) => (family === "sqlite" ? shown.slice(2) : shown);
const quotedText = (value: string, family: Family) =>
  family === "mysql"
    ? `_utf8mb4 x'${Buffer.from(value).toString("hex")}'`
    : `'${value.replaceAll("'", "''")}'`;
const plain = (value: string) => value;
const digits = (count: number) => fc.stringMatching(new RegExp(`^[0-9]{${count}}$`));
const text = fc.string({ unit: "binary", maxLength: 30 }).filter((value) => !value.includes("\0"));
const pad = (value: number, length = 2) => String(value).padStart(length, "0");
const day = fc.tuple(
  fc.integer({ min: 1, max: 9999 }),
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 28 }),
);
const dates = day.map(([year, month, date]) => `${pad(year, 4)}-${pad(month)}-${pad(date)}`);

const kinds: Readonly<Record<string, Kind>> = {
  bigint: {
    sql: { postgres: "bigint", sqlite: "BIGINT", mysql: "bigint" },
    values: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    literal: (value) => (value === "-9223372036854775808" ? "(-9223372036854775807 - 1)" : value),
    read: unclassed,
  },
  decimal: {
    sql: { postgres: "numeric(38,10)", sqlite: "DECIMAL(15,4)", mysql: "decimal(38,10)" },
    // As many digits as a double keeps, since that is what SQLite has.
    values: fc
      .tuple(fc.boolean(), digits(9), digits(4))
      .map(([minus, whole, rest]) => canonical(`${minus ? "-" : ""}${whole}.${rest}`)),
    literal: plain,
    read: (shown, family) => canonical(unclassed(shown, family)),
  },
  double: {
    sql: { postgres: "double precision", sqlite: "REAL", mysql: "double" },
    values: fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((value) => String(value === 0 ? 0 : value)),
    literal: (value, family) =>
      family === "postgres" ? `'${value}'` : /[.e]/.test(value) ? value : `${value}e0`,
    read: (shown, family) => String(Number(unclassed(shown, family))),
  },
  text: {
    // MariaDB's databases are in Latin 1 where nobody says otherwise.
    sql: { postgres: "text", sqlite: "TEXT", mysql: "longtext CHARACTER SET utf8mb4" },
    values: text,
    literal: quotedText,
    read: unclassed,
  },
  bytes: {
    sql: { postgres: "bytea", sqlite: "BLOB", mysql: "longblob" },
    values: fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value).toString("hex")),
    literal: (value, family) => (family === "postgres" ? `'\\x${value}'` : `x'${value}'`),
    read: (shown) => shown.slice(2),
  },
  boolean: {
    sql: { postgres: "boolean", sqlite: "BOOLEAN", mysql: "tinyint(1)" },
    values: fc.constantFrom("0", "1"),
    literal: (value, family) => (family === "postgres" ? `'${value}'` : value),
    read: (shown, family) => (family === "postgres" ? (shown === "t" ? "1" : "0") : unclassed(shown, family)),
  },
  date: {
    sql: { postgres: "date", sqlite: "DATE", mysql: "date" },
    values: dates,
    literal: (value) => `'${value}'`,
    read: unclassed,
  },
  timestamp: {
    sql: { postgres: "timestamp", sqlite: "DATETIME", mysql: "datetime(6)" },
    values: fc.tuple(dates, fc.integer({ min: 0, max: 86_399 }), digits(6)).map(([date, second, micros]) => {
      const time = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60].map((part) =>
        pad(part),
      );
      return `${date} ${time.join(":")}.${micros}`;
    }),
    literal: (value) => `'${value}'`,
    read: (shown, family) => {
      const [whole, fraction = ""] = unclassed(shown, family).split(".");
      return `${whole}.${fraction.padEnd(6, "0")}`;
    },
  },
};

interface RandomTable {
  readonly columns: readonly Kind[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly hasKey: boolean;
}

const tables: fc.Arbitrary<RandomTable> = fc
  .array(fc.constantFrom(...Object.values(kinds)), { minLength: 1, maxLength: 8 })
  .chain((columns) =>
    fc.record({
      columns: fc.constant(columns),
      rows: fc.array(fc.tuple(...columns.map((kind) => fc.option(kind.values, { nil: null, freq: 6 }))), {
        maxLength: 25,
      }),
      hasKey: fc.boolean(),
    }),
  );

const seed = randomInt(2 ** 31);
const numRuns = isSweep ? 12 : 3;
const timeLimitMs = isSweep ? 60_000 : 15_000;
const pairs = await somePairs();

describe("random tables", { concurrency: 2 }, () => {
  for (const { from, to, skip } of pairs) {
    test(`from ${from.name} to ${to.name}`, { skip }, (t) =>
      withPair(from.name, to.name, async (pair) => {
        t.diagnostic(`seed ${seed}`);
        const [source, target] = [familyOf(from.name), familyOf(to.name)];
        let made = 0;
        const property = fc.asyncProperty(tables, async ({ columns, rows, hasKey }) => {
          const table = `t${made++}`;
          const names = columns.map((_, n) => `c${n}`);
          const values = rows.map((row, n) => {
            const literals = row.map((value, c) =>
              value === null ? "NULL" : columns[c]!.literal(value, source),
            );
            return `(${[n, ...literals].join(", ")})`;
          });
          await pair.prepare([
            `CREATE TABLE ${table} (id int${hasKey ? " NOT NULL PRIMARY KEY" : ""}, ${columns.map((kind, n) => `c${n} ${kind.sql[source]}`).join(", ")})`,
            ...(values.length === 0 ? [] : [`INSERT INTO ${table} VALUES ${values.join(", ")}`]),
          ]);
          await pair.copy({ tables: [table], chunkBytes: 300 });
          const shown = clientRows(to.name, pair.target, table, names, "id").map((row) =>
            row.map((value, n) => (value === null ? null : columns[n]!.read(value, target))),
          );
          assert.deepEqual(shown, rows);
          assert.equal((await pair.verify({ tables: [table] })).equal, true);
        });
        await fc.assert(property, {
          seed,
          numRuns,
          interruptAfterTimeLimit: timeLimitMs,
          // A smaller counterexample takes as long again.
          endOnFailure: true,
        });
      }),
    );
  }
});

/** Digits without zeros that mean nothing. */
function canonical(decimal: string): string {
  const [, sign = "", whole = "", rest = ""] = /^(-?)0*(\d+?)(?:\.(\d*?)0*)?$/.exec(decimal) ?? [];
  const number = rest === "" ? whole : `${whole}.${rest}`;
  return /^0(\.0*)?$/.test(number) ? "0" : `${sign}${number}`;
}
