import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { GodwitEvent } from "../../src/core/event.ts";
import { quoteFor } from "../support/laboratory/quote-for.ts";
import { withPair } from "../support/laboratory/pair.ts";
import { allPairs } from "../support/laboratory/pairs.ts";
import { familyOf, type Family } from "../support/laboratory/type-column.ts";
import { asker, ledgerTable } from "../faults/evidence.ts";

/** Values that servers print in different ways: zeros at the end of a fraction, signs, escapes, booleans, bytes. */
const table: Readonly<Record<Family, string>> = {
  postgres: `id int PRIMARY KEY, n numeric(12,3), f double precision, b boolean, d date, m timestamp(6), t text, r bytea, c varchar(20)`,
  mysql: `id int PRIMARY KEY, n decimal(12,3), f double, b tinyint(1), d date, m datetime(6), t longtext, r varbinary(20), c varchar(20)`,
  sqlite: `id INTEGER PRIMARY KEY, n DECIMAL(12,3), f DOUBLE, b BOOLEAN, d DATE, m DATETIME, t TEXT, r BLOB, c VARCHAR(20)`,
};
const bytes = (family: Family, digits: string) => (family === "postgres" ? `'\\x${digits}'` : `x'${digits}'`);
const truth = (family: Family, value: boolean) => (family === "postgres" ? String(value) : Number(value));
const escapes = (family: Family) =>
  family === "mysql" ? "CONCAT('a', CHAR(9), 'b', CHAR(10), CHAR(92), 'c')" : "'a\tb\n\\c'";
const rows = (family: Family) => [
  `(1, 12.500, 5, ${truth(family, true)}, '2024-02-29', '2024-03-31 02:30:00.500000', ${escapes(family)}, ${bytes(family, "00ff0a5c")}, '')`,
  `(2, -0.001, 0.1, ${truth(family, false)}, '9999-12-31', '2024-03-31 02:30:00', 'größe 🌲', ${bytes(family, "")}, ' x ')`,
  `(3, 100, 123456.789, NULL, NULL, NULL, NULL, NULL, NULL)`,
  `(4, NULL, NULL, ${truth(family, true)}, '0001-01-01', '1999-12-31 23:59:59.123456', '', NULL, 'y')`,
];

/** What changes one row while it is inserted. */
const triggers: Readonly<Record<Family, readonly string[]>> = {
  postgres: [
    `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id = 2 THEN NEW.c := ''x''; END IF; RETURN NEW; END'`,
    "CREATE TRIGGER spoil BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION spoil()",
  ],
  mysql: ["CREATE TRIGGER spoil BEFORE INSERT ON plain FOR EACH ROW SET NEW.c = IF(NEW.id = 2, 'x', NEW.c)"],
  sqlite: [
    "CREATE TRIGGER spoil AFTER INSERT ON plain WHEN NEW.id = 2 BEGIN UPDATE plain SET c = 'x' WHERE id = 2; END",
  ],
};

const pairs = (await allPairs()).filter(({ from, to }) => familyOf(from.name) !== familyOf(to.name));

describe("the rows of a copy are read back", { concurrency: 2 }, () => {
  for (const { from, to, skip } of pairs) {
    test(`${from.name} to ${to.name}: nothing else is needed where they are the same`, { skip }, () =>
      withPair(from.name, to.name, async (pair) => {
        const family = familyOf(from.name);
        await pair.prepare([
          `CREATE TABLE ${quoteFor(from.name)("plain")} (${table[family]})`,
          `INSERT INTO plain VALUES ${rows(family).join(", ")}`,
        ]);
        const events: GodwitEvent[] = [];
        await pair.copy({ onEvent: (event) => events.push(event) });
        assert.deepEqual(compared(events), [{ by: "read-back", rows: 4, differences: 0 }]);
        assert.equal((await pair.verify()).equal, true);
      }),
    );

    test(`${from.name} to ${to.name}: what the target has made of a row is found`, { skip }, () =>
      withPair(from.name, to.name, async (pair) => {
        const [source, target] = [familyOf(from.name), familyOf(to.name)];
        await pair.prepare([
          `CREATE TABLE plain (${table[source]})`,
          `INSERT INTO plain VALUES ${rows(source).join(", ")}`,
        ]);
        if (target === "mysql") await pair.change(["ALTER DATABASE CHARACTER SET utf8mb4"]);
        await pair.change([`CREATE TABLE plain (${table[target]})`, ...triggers[target]]);
        const events: GodwitEvent[] = [];
        await assert.rejects(pair.copy({ mode: "truncate", onEvent: (event) => events.push(event) }), {
          code: "GW7005",
        });
        assert.deepEqual(compared(events), [{ by: "digests", rows: 4, differences: 1 }]);
      }),
    );
  }
});

/** A column that is there, of a type that gives the text back without holding the value. */
const others = [
  { from: "mysql", to: "postgres", column: "v double", value: "0.1", there: "v real" },
  { from: "mariadb", to: "postgres", column: "v varbinary(10)", value: "x'00ff'", there: "v text" },
  { from: "sqlite", to: "postgres", column: "v DOUBLE", value: "0.1", there: "v real" },
] as const;

describe("a column of another type in the target is asked by digests", () => {
  for (const { from, to, column, value, there } of others) {
    const { skip } = pairs.find((pair) => pair.from.name === from && pair.to.name === to)!;
    test(`${from} to ${to}: ${column} into ${there}`, { skip }, () =>
      withPair(from, to, async (pair) => {
        await pair.prepare([
          `CREATE TABLE plain (id int PRIMARY KEY, ${column})`,
          `INSERT INTO plain VALUES (1, ${value})`,
        ]);
        await pair.change([`CREATE TABLE plain (id int PRIMARY KEY, ${there})`]);
        const events: GodwitEvent[] = [];
        await assert.rejects(pair.copy({ mode: "truncate", onEvent: (event) => events.push(event) }));
        assert.ok(!compared(events).some(({ by }) => by === "read-back"), "it was taken as proved");
      }),
    );
  }
});

describe("rows that are of no one state of the source are asked by digests", () => {
  for (const from of ["mariadb", "mysql"] as const) {
    const { skip } = pairs.find((pair) => pair.from.name === from && pair.to.name === "postgres")!;
    test(`${from}: a table without transactions`, { skip }, () =>
      withPair(from, "postgres", async (pair) => {
        await pair.prepare([
          "CREATE TABLE plain (id int PRIMARY KEY) ENGINE MyISAM",
          "INSERT INTO plain VALUES (1), (2)",
        ]);
        const events: GodwitEvent[] = [];
        await pair.copy({ onEvent: (event) => events.push(event) });
        assert.deepEqual(compared(events), [{ by: "digests", rows: 2, differences: 0 }]);
      }),
    );
  }
});

test(
  "empty rows, which add nothing to a sum, are counted",
  { skip: pairs.find(({ from, to }) => from.name === "postgres" && to.name === "sqlite")!.skip },
  () =>
    withPair("postgres", "sqlite", async (pair) => {
      await pair.prepare(["CREATE TABLE plain (t text)", "INSERT INTO plain VALUES (''), ('a')"]);
      await pair.change([
        "CREATE TABLE plain (t TEXT)",
        "CREATE TRIGGER twice AFTER INSERT ON plain WHEN NEW.t = '' BEGIN INSERT INTO plain VALUES (''); END",
      ]);
      const events: GodwitEvent[] = [];
      await assert.rejects(pair.copy({ mode: "truncate", onEvent: (event) => events.push(event) }), {
        code: "GW7005",
      });
      assert.deepEqual(compared(events), [{ by: "digests", rows: 3, differences: 1 }]);
    }),
);

const fractions: Readonly<Record<Family, string>> = {
  postgres: "id int PRIMARY KEY, qty int, price numeric(10,4), at timestamp(6)",
  mysql: "id int PRIMARY KEY, qty int, price decimal(10,4), at datetime(6)",
  sqlite: "id INTEGER PRIMARY KEY, qty INTEGER, price DECIMAL(10,4), at DATETIME",
};
/** Names a product of whole numbers a decimal, and takes the fractions of the others. */
const rules = {
  tables: {
    t: {
      add: { total: { value: "qty * 100", type: "numeric(12,2)" } },
      types: { price: "numeric(10,0)", at: "timestamp(0)" },
    },
  },
};

describe("zeros are taken from the end of a fraction alone", { concurrency: 2 }, () => {
  for (const { from, to, skip } of pairs) {
    test(`${from.name} to ${to.name}: not from a whole number`, { skip }, () =>
      withPair(from.name, to.name, async (pair) => {
        await pair.prepare([
          `CREATE TABLE t (${fractions[familyOf(from.name)]})`,
          "INSERT INTO t VALUES (1, 1, 100.2500, '2024-01-01 10:20:30.250000'), (2, 20, 2000, '2024-01-01 10:20:50')",
        ]);
        const folder = await mkdtemp(join(tmpdir(), "godwit-rules-"));
        try {
          const file = join(folder, "rules.json");
          await writeFile(file, JSON.stringify(rules));
          const table = familyOf(from.name) === "postgres" ? "public.t" : "t";
          await pair.copy({ rules: file, allow: [`${table}.price:scale`, `${table}.at:precision`] });
        } finally {
          await rm(folder, { recursive: true });
        }
        const read = asker(to.name, pair.target);
        const text = familyOf(to.name) === "mysql" ? "char(20)" : "varchar(20)";
        const rows = await read(
          `SELECT total = qty * 100 AS is_total, price = CASE id WHEN 1 THEN 100 ELSE 2000 END AS is_price, CAST(at AS ${text}) AS at FROM t ORDER BY id`,
        );
        assert.deepEqual(
          rows.map((row) => Object.values(row).map((value) => String(value).replace("true", "1"))),
          [
            ["1", "1", "2024-01-01 10:20:30"],
            ["1", "1", "2024-01-01 10:20:50"],
          ],
        );
      }),
    );
  }
});

function compared(events: readonly GodwitEvent[]) {
  return events.flatMap((event) => {
    if (event.type !== "table:compared") return [];
    const { by, rows, differences } = event;
    return [{ by, rows, differences }];
  });
}

describe("large tables are read back while their indexes are built", { concurrency: 2 }, () => {
  for (const [from, to] of [
    ["mariadb", "postgres"],
    ["postgres", "mariadb"],
    ["sqlite", "postgres"],
  ] as const) {
    test(`${from} to ${to}: in parts, which together are the whole table`, () =>
      withPair(from, to, async (pair) => {
        await pair.prepare(largeTable(from));
        const events: GodwitEvent[] = [];
        await pair.copy({ onEvent: (event) => events.push(event) });
        const ask = asker(to, pair.target);
        const parts = await ask(
          `SELECT step_key FROM ${ledgerTable(to, "step")} WHERE title LIKE 'read %large back%'`,
        );
        assert.equal(parts.length, 2);
        assert.deepEqual(compared(events), [{ by: "read-back", rows: largeRows, differences: 0 }]);
      }));

    test(`${from} to ${to}: a run that goes on reads them anew`, () =>
      withPair(from, to, async (pair) => {
        await pair.prepare(largeTable(from));
        const stop = new AbortController();
        const onEvent = (event: GodwitEvent) => {
          if (event.type === "unit:finished" && event.unit === "keys") stop.abort();
        };
        await assert.rejects(pair.copy({ onEvent, signal: stop.signal }), { code: "GW4006" });
        await pair.change(["UPDATE large SET t = 'another' WHERE id = 3"]);
        await assert.rejects(pair.copy(), { code: "GW7005" });
      }));
  }
});

const largeRows = 24_000;

/** Some megabytes, with an index beside its key. */
function largeTable(family: Family | "mariadb"): string[] {
  const text = "x".repeat(200);
  const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${largeRows})`;
  const rows = `SELECT i, ${family === "mariadb" ? `CONCAT('${text}', i)` : `'${text}' || i`} FROM n`;
  return [
    "CREATE TABLE large (id int NOT NULL PRIMARY KEY, t varchar(300))",
    "CREATE INDEX large_t ON large (t)",
    ...(family === "mariadb" ? ["SET max_recursive_iterations = 100000"] : []),
    family === "mariadb" ? `INSERT INTO large ${numbers} ${rows}` : `${numbers} INSERT INTO large ${rows}`,
    ...(family === "sqlite" ? [] : [family === "postgres" ? "ANALYZE large" : "ANALYZE TABLE large"]),
  ];
}
