import { execFileSync } from "node:child_process";
import { DatabaseSync } from "node:sqlite";
import { clientRows, clientText } from "./laboratory/client-rows.ts";
import { mariadbOnlyTypes, mysqlOnlyTypes, mysqlSession, mysqlTypes } from "./laboratory/mysql-types.ts";
import { run } from "./laboratory/pair.ts";
import { postgresPrelude, postgresTypes } from "./laboratory/postgres-types.ts";
import { quoteFor } from "./laboratory/quote-for.ts";
import { sqliteStrictTypes, sqliteTypes } from "./laboratory/sqlite-types.ts";
import { tableSql, type TypeColumn } from "./laboratory/type-column.ts";
import type { TargetName } from "./servers.ts";

/*
 * A database with all types of its engine at their boundaries, and one of each kind of object; and what the engine's own
 * programs say of it. Nothing of the project reads it here.
 */

interface Content {
  readonly tables: Readonly<Record<string, readonly TypeColumn[]>>;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const awkwardTable = 'odd "name" `x`';

function contentOf(name: TargetName): Content {
  switch (name) {
    case "postgres":
      return { tables: { types: postgresTypes }, before: postgresPrelude, after: postgresObjects };
    case "sqlite":
      return {
        tables: { types: sqliteTypes, strict: sqliteStrictTypes },
        before: [],
        after: sqliteObjects,
      };
    default:
      return {
        tables: {
          types: mysqlTypes.filter(({ notOn }) => notOn?.includes(name) !== true),
          own: name === "mysql" ? mysqlOnlyTypes : mariadbOnlyTypes,
        },
        before: mysqlSession,
        after: name === "mariadb" ? [...mysqlObjects, ...mariadbObjects] : mysqlObjects,
      };
  }
}

export async function fill(name: TargetName, url: string): Promise<void> {
  const { tables, before, after } = contentOf(name);
  const quote = quoteFor(name);
  if (name === "postgres")
    await run(name, url, [`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET search_path = public`]);
  if (name === "mysql" || name === "mariadb") await run(name, url, ["ALTER DATABASE CHARACTER SET utf8mb4"]);
  await run(name, url, [
    ...before,
    ...Object.entries(tables).flatMap(([table, columns]) =>
      tableSql(table, columns, quote, table === "strict" ? " STRICT" : ""),
    ),
    `CREATE TABLE ${quote(awkwardTable)} (id int PRIMARY KEY, ${quote("a\nb")} int)`,
    `INSERT INTO ${quote(awkwardTable)} VALUES (1, 2), (3, NULL)`,
    ...after,
  ]);
}

/** Every value of every table, as the engine's own client shows it. */
export function shownRows(name: TargetName, url: string): unknown {
  const { tables } = contentOf(name);
  return {
    ...Object.fromEntries(
      Object.entries(tables).map(([table, columns]) => [
        table,
        clientRows(name, url, table, ["id", ...columns.map((column) => column.name)]),
      ]),
    ),
    odd: clientRows(name, url, awkwardTable, ["id", "a\nb"]),
    orders: clientRows(name, url, "orders", ["id", "customer", "total"]),
    counters:
      name === "postgres"
        ? clientText(name, url, "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2")
        : name === "mariadb"
          ? clientText(name, url, "SELECT next_not_cached_value FROM tickets")
          : "",
  };
}

/** The schema as the engine's own dump program writes it, counters included. */
export function shownSchema(name: TargetName, url: string): string {
  if (name === "sqlite") {
    const database = new DatabaseSync(url.slice("sqlite:".length), { readOnly: true });
    try {
      const rows = database
        .prepare(
          "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'godwit%' ORDER BY 1, 2",
        )
        .all();
      const counters = database.prepare("SELECT name, seq FROM sqlite_sequence ORDER BY name").all();
      return JSON.stringify([rows, counters], null, 1);
    } finally {
      database.close();
    }
  }
  const { hostname, port, username, password, pathname } = new URL(url);
  const text =
    name === "postgres"
      ? execFileSync("pg_dump", ["--schema-only", "--no-owner", "--exclude-schema=godwit", url], {
          encoding: "utf8",
          maxBuffer: 1 << 28,
        })
      : execFileSync(
          "mariadb-dump",
          [
            "--no-data",
            "--routines",
            "--events",
            "--triggers",
            "--skip-comments",
            `--host=${hostname}`,
            `--port=${port}`,
            `--user=${decodeURIComponent(username)}`,
            ...ledgerTables.map((table) => `--ignore-table=${pathname.slice(1)}.godwit_${table}`),
            pathname.slice(1),
          ],
          { encoding: "utf8", env: { ...process.env, MYSQL_PWD: decodeURIComponent(password) } },
        );
  return text
    .split("\n")
    .filter((line) => !/^(--|\\(un)?restrict|\/\*M?!999999)/.test(line))
    .map((line) => line.replaceAll(pathname.slice(1), "DATABASE").replaceAll(/DEFINER=`[^`]*`@`[^`]*`/g, ""))
    .join("\n");
}

const ledgerTables = [
  "ledger",
  "run",
  "step",
  "migration",
  "chunk",
  "quarantine",
  "watermark",
  "plan",
  "event",
  "control",
  "approval",
  "artifact",
];

const postgresObjects: readonly string[] = [
  "CREATE SCHEMA sales",
  "CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE NOT NULL)",
  "INSERT INTO customers (name) SELECT 'c' || g FROM generate_series(1, 50) g",
  `CREATE TABLE orders (id serial PRIMARY KEY, customer bigint REFERENCES customers ON DELETE CASCADE, total numeric(12, 2)
     CHECK (total >= 0), twice numeric GENERATED ALWAYS AS (total * 2) STORED, made timestamptz DEFAULT now())`,
  "INSERT INTO orders (customer, total) SELECT 1 + g % 50, g / 7.0 FROM generate_series(1, 5000) g",
  "CREATE INDEX orders_total ON orders (total DESC) WHERE total > 100",
  "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.made := '2020-01-01'; RETURN NEW; END $$",
  "CREATE TRIGGER touched BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch()",
  "CREATE VIEW totals AS SELECT c.id, c.name, sum(o.total) AS total FROM customers c JOIN orders o ON o.customer = c.id GROUP BY c.id",
  "CREATE MATERIALIZED VIEW sales.best AS SELECT * FROM totals WHERE total > 1000",
  "CREATE UNIQUE INDEX best_id ON sales.best (id)",
  "CREATE FUNCTION best_count() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM sales.best; END",
  "CREATE SEQUENCE sales.tickets START 7 INCREMENT 3",
  "SELECT nextval('sales.tickets'), nextval('sales.tickets')",
  "CREATE TABLE sales.log (id int, at date NOT NULL, PRIMARY KEY (at, id)) PARTITION BY RANGE (at)",
  "CREATE TABLE sales.log_25 PARTITION OF sales.log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
  "CREATE TABLE sales.log_rest PARTITION OF sales.log DEFAULT",
  "INSERT INTO sales.log SELECT g, date '2024-12-25' + g FROM generate_series(1, 20) g",
  "CREATE TABLE parent (a int, b text)",
  "CREATE TABLE child (c int) INHERITS (parent)",
  "INSERT INTO parent VALUES (1, 'p')",
  "INSERT INTO child VALUES (2, 'c', 3)",
  "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
  "CREATE POLICY mine ON orders USING (customer > 0)",
  "CREATE RULE quiet AS ON DELETE TO parent DO INSTEAD NOTHING",
  "GRANT SELECT ON orders TO PUBLIC",
  "COMMENT ON TABLE orders IS E'it''s\\nhere'",
];

const mysqlObjects: readonly string[] = [
  "CREATE TABLE customers (id bigint PRIMARY KEY AUTO_INCREMENT, name varchar(100) NOT NULL UNIQUE) AUTO_INCREMENT = 1000",
  "INSERT INTO customers (name) VALUES ('a'), ('b'), ('c')",
  `CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, customer bigint, total decimal(12, 2),
     twice decimal(13, 2) GENERATED ALWAYS AS (total * 2) STORED, made timestamp(3) NOT NULL DEFAULT '2020-01-01 00:00:00',
     KEY by_total (total), CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE)`,
  "INSERT INTO orders (customer, total) VALUES (1000, 1.5), (1001, 99999.99), (NULL, NULL)",
  "CREATE VIEW totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer",
  "CREATE VIEW above AS SELECT * FROM totals WHERE total > 1",
  "CREATE TRIGGER touched BEFORE UPDATE ON orders FOR EACH ROW BEGIN SET NEW.made = '2021-01-01'; SET @x = 1; END",
  "CREATE FUNCTION half(n decimal(12, 2)) RETURNS decimal(12, 2) DETERMINISTIC RETURN n / 2",
  "CREATE PROCEDURE clean() BEGIN DELETE FROM orders WHERE total IS NULL; END",
  "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO DELETE FROM orders WHERE total < 0",
  "CREATE TABLE parts (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (YEAR(at)) (PARTITION p0 VALUES LESS THAN (2025), PARTITION p1 VALUES LESS THAN MAXVALUE)",
  "INSERT INTO parts VALUES (1, '2024-02-29'), (2, '2025-02-28')",
];

const mariadbObjects: readonly string[] = [
  "CREATE SEQUENCE tickets START WITH 7 INCREMENT BY 3",
  "SELECT NEXTVAL(tickets), NEXTVAL(tickets)",
];

const sqliteObjects: readonly string[] = [
  "CREATE TABLE customers (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE)",
  "INSERT INTO customers (name) VALUES ('a'), ('b'), ('c'); DELETE FROM customers WHERE name = 'c'",
  `CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), total,
     twice GENERATED ALWAYS AS (total * 2) VIRTUAL) -- a comment`,
  "INSERT INTO orders (customer, total) VALUES (1, 1), (1, '1'), (1, 1.0), (2, x'31'), (NULL, NULL), (2, 9e999)",
  "CREATE INDEX by_total ON orders (total) WHERE total > 0",
  "CREATE VIEW totals AS SELECT customer, sum(total) AS total FROM orders GROUP BY customer",
  "CREATE TRIGGER touched AFTER UPDATE ON orders BEGIN UPDATE customers SET name = name; SELECT 1; END",
  "CREATE TABLE pairs (a TEXT, b, PRIMARY KEY (a, b)) WITHOUT ROWID",
  "INSERT INTO pairs VALUES ('x', 1), ('x', 'y')",
];

/** As a restore wants it typed. */
export function databaseOf(url: string): string {
  return url.startsWith("sqlite:")
    ? (/([^/]+)\.\w+$/.exec(url)?.[1] ?? "")
    : decodeURIComponent(new URL(url).pathname.slice(1));
}
