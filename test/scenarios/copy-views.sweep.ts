import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { clientText } from "../support/laboratory/client-rows.ts";
import { copyable, withPair } from "../support/laboratory/pair.ts";
import { familyOf, type Family } from "../support/laboratory/type-column.ts";

const engines = await copyable();

/** Tables with what joins, groups and conditions need: NULLs, ties, and a flag. */
const tables = (family: Family) => [
  `CREATE TABLE customer (id int PRIMARY KEY, name varchar(40) NOT NULL, city varchar(20), active ${family === "mysql" ? "tinyint(1)" : "boolean"} NOT NULL)`,
  "CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, placed date NOT NULL, total decimal(10,2))",
  family === "postgres"
    ? "INSERT INTO customer VALUES (1, 'Ada', 'Bonn', true), (2, 'Bob', NULL, false), (3, 'Cyd', 'Bonn', true)"
    : "INSERT INTO customer VALUES (1, 'Ada', 'Bonn', 1), (2, 'Bob', NULL, 0), (3, 'Cyd', 'Bonn', 1)",
  "INSERT INTO orders VALUES (1, 1, '2024-01-31', 10.10), (2, 1, '2024-02-01', 20.25), (3, 2, '2025-02-01', NULL), (4, 3, '2025-03-04', 1)",
];

/** Each with the query that a client asks, by which the two sides are held against each other. */
const views = [
  // Named so that it comes before what it reads.
  "CREATE VIEW a_busy AS SELECT b.name, b.orders FROM z_by_customer b WHERE b.orders > 1",
  `CREATE VIEW z_by_customer AS SELECT c.id, c.name, count(o.id) AS orders, sum(o.total) AS total, max(o.placed) AS latest
    FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name`,
  "CREATE VIEW bonn AS SELECT name FROM customer WHERE city = 'Bonn' UNION SELECT 'nobody'",
  `CREATE VIEW kinds AS SELECT id, CASE WHEN total IS NULL THEN 'open' WHEN total BETWEEN 5 AND 15 THEN 'small' ELSE 'other' END AS kind,
    coalesce(total, 0) AS known FROM orders WHERE customer_id IN (SELECT id FROM customer WHERE id < 3)`,
  "CREATE VIEW newest AS SELECT id, placed FROM orders ORDER BY placed DESC, id LIMIT 2",
  `CREATE VIEW without_orders AS SELECT c.name FROM customer c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total > 5)`,
];

const names = ["a_busy", "bonn", "kinds", "newest", "without_orders", "z_by_customer"];

/** NULL, and a number without zeros at its end, in one way. */
function plain(value: string): string {
  return /^null$/i.test(value)
    ? ""
    : value.replace(/^(-?\d+)(?:\.(\d*?)0*)$/, (_, whole: string, rest: string) =>
        rest === "" ? whole : `${whole}.${rest}`,
      );
}

describe("a copy's views", { concurrency: 2 }, () => {
  for (const from of engines) {
    for (const to of engines) {
      const skip = from.skip || to.skip;
      test(`give the same rows from ${from.name} to ${to.name}`, { skip }, () =>
        withPair(from.name, to.name, async (pair) => {
          const source = familyOf(from.name);
          const [first, second, ...others] = views as [string, string, ...string[]];
          await pair.prepare([...tables(source), second, first, ...others]);
          const undone: string[] = [];
          await pair.copy({
            onEvent: (event) => {
              if (event.type === "object:undone") undone.push(`${event.name}: ${event.reason}`);
            },
          });
          assert.deepEqual(undone, []);
          const rows = (side: "source" | "target", view: string) =>
            clientText(side === "source" ? from.name : to.name, pair[side], `SELECT * FROM ${view}`)
              .split("\n")
              .map((row) => row.split(/[\t|]/).map(plain).join("|"))
              .toSorted();
          for (const view of names) assert.deepEqual(rows("target", view), rows("source", view), view);
        }),
      );
    }
  }
});
