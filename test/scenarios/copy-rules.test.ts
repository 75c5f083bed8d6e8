import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { copy } from "../../src/commands/copy.ts";
import { verify } from "../../src/commands/verify.ts";
import type { StampedEvent } from "../../src/core/event.ts";
import { administer, target, withDatabase } from "../support/servers.ts";

/* Rules from the file to the target's rows, read by the drivers themselves. */

const source = `
  CREATE TABLE people (id integer PRIMARY KEY, name text, email varchar(80), phone text, pin text);
  CREATE TABLE orders (id integer PRIMARY KEY, person integer REFERENCES people (id), total numeric(10,2), note text);
  CREATE INDEX orders_person ON orders (person);
  CREATE INDEX orders_note ON orders (note);
  CREATE TABLE log (x text);
  INSERT INTO people VALUES (1, 'Ann', 'a@x', '+49 12', '1234'), (2, 'Bo', 'b@x', NULL, '99');
  INSERT INTO orders VALUES (1, 1, 5, 'n'), (2, 2, 10.5, 'm'), (3, 1, 99, NULL);`;

const short = `
skip: [log]
tables:
  orders:
    filter: total >= 10
    rename: purchases
    columns: { person: client }
    add: { label: "'no. ' || id" }
    drop: [note]
  people:
    mask: { email: hash, phone: digits, pin: random }
`;

const rule = (target: string, action: string, table: string, column: string | null, more: object = {}) => ({
  "rule-type": "transformation",
  "rule-target": target,
  "rule-action": action,
  "object-locator": { "schema-name": "%", "table-name": table, ...(column && { "column-name": column }) },
  ...more,
});
const include = (action: string, table: string, more: object = {}) => ({
  "rule-type": "selection",
  "rule-action": action,
  "object-locator": { "schema-name": "%", "table-name": table },
  ...more,
});
const filters = [
  {
    "filter-type": "source",
    "column-name": "total",
    "filter-conditions": [{ "filter-operator": "gte", value: "10" }],
  },
];
const mapping = JSON.stringify({
  rules: [
    include("include", "orders", { filters }),
    include("include", "%"),
    include("exclude", "log"),
    rule("table", "rename", "orders", null, { value: "purchases" }),
    rule("column", "rename", "orders", "person", { value: "client" }),
    rule("column", "remove-column", "orders", "note"),
    rule("column", "add-column", "orders", null, { value: "label", expression: "'no. ' || $id" }),
    rule("column", "data-masking-hash-mask", "people", "email"),
    rule("column", "data-masking-digits-mask", "people", "phone", { value: "#" }),
    rule("column", "data-masking-digits-randomize", "people", "pin"),
  ].map((each, n) => Object.assign({ "rule-id": String(n + 1), "rule-name": `r${n + 1}` }, each)),
});

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Runs SQL by the driver itself. */
async function sql(url: string, text: string): Promise<Rows> {
  if (url.startsWith("postgres")) return administer("postgres", (ask) => ask(text), url);
  if (!url.startsWith("sqlite")) {
    const server = url.startsWith("mariadb") ? "mariadb" : "mysql";
    let rows: Rows = [];
    for (const statement of text.split(";").filter((each) => each.trim() !== "")) {
      // An index of a text needs a length here.
      const own = statement.replace("orders (note)", "orders (note(10))");
      rows = await administer(server, (ask) => ask(own), url);
    }
    return rows;
  }
  using database = new DatabaseSync(url.replace(/^sqlite:/, ""));
  if (!/^\s*SELECT/i.test(text)) database.exec(text);
  return /^\s*SELECT/i.test(text) ? database.prepare(text).all() : [];
}

const pairs = [
  ["sqlite", "sqlite"],
  ["sqlite", "postgres"],
  ["postgres", "sqlite"],
  ["postgres", "postgres"],
  ["mariadb", "postgres"],
  ["sqlite", "mysql"],
] as const;

for (const [from, to] of pairs) {
  const skip = target(from).skip || target(to).skip;
  describe(`rules from ${from} to ${to}`, { skip }, () => {
    // What a notation means is the same for all engines: one pair of servers tries both.
    const notations = from === "mariadb" || (from === to && to === "sqlite") ? { short, mapping } : { short };
    for (const [notation, text] of Object.entries(notations)) {
      test(`${notation}: selected, filtered, renamed, added, masked and compared`, async () => {
        const folder = await mkdtemp(join(tmpdir(), "godwit-rules-"));
        const rules = join(folder, "rules");
        await writeFile(rules, text);
        try {
          await withDatabase(from, (old) =>
            withDatabase(to, async (fresh) => {
              await sql(old, source);
              const events: StampedEvent[] = [];
              const onEvent = (event: StampedEvent) => void events.push(event);
              const options = { source: old, target: fresh, rules, onEvent };
              await copy(options);
              const purchases = await sql(fresh, "SELECT id, client, label FROM purchases ORDER BY id");
              assert.deepEqual(
                purchases.map((row) => Object.values(row).map(String)),
                [
                  ["2", "2", "no. 2"],
                  ["3", "1", "no. 3"],
                ],
              );
              const people = await sql(fresh, "SELECT id, name, email, phone, pin FROM people ORDER BY id");
              const sha256 = (word: string) => createHash("sha256").update(word).digest("hex");
              assert.deepEqual(
                people.map(({ id, name, email, phone, pin }) => [
                  String(id),
                  name,
                  email,
                  phone,
                  /^\d{4}$|^\d\d$/.test(String(pin)),
                ]),
                [
                  ["1", "Ann", sha256("a@x"), "+## ##", true],
                  ["2", "Bo", sha256("b@x"), null, true],
                ],
              );
              await assert.rejects(sql(fresh, "SELECT x FROM log"));
              await assert.rejects(sql(fresh, "SELECT note FROM purchases"));

              const report = await verify(options);
              assert.equal(report.equal, true);
              const leftOut = report.tables.flatMap((table) => table.leftOut);
              assert.equal(leftOut.length, 1);
              assert.match(leftOut[0]!, /^pin: .*by chance/);
              // The same comparison finds what is not as the rules would have it.
              await sql(fresh, "UPDATE people SET phone = '+49 12' WHERE id = 1");
              await sql(fresh, "UPDATE people SET pin = 'changed' WHERE id = 2");
              const damaged = await verify(options);
              assert.equal(damaged.equal, false);
              assert.equal(
                damaged.tables.find(({ target: name }) => name.endsWith("people"))?.differences,
                1,
              );
            }),
          );
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      });
    }

    test("a type that is too narrow stops the copy by the values that do not fit, and cuts them where that is accepted", async () => {
      const folder = await mkdtemp(join(tmpdir(), "godwit-rules-"));
      const rules = join(folder, "rules.yaml");
      await writeFile(rules, "tables: { people: { types: { name: varchar(2) } } }\nskip: [log, orders]\n");
      try {
        await withDatabase(from, (old) =>
          withDatabase(to, async (fresh) => {
            await sql(old, source);
            const options = { source: old, target: fresh, rules };
            await assert.rejects(copy(options), {
              code: "GW7003",
              message: /people\.name:length \(1 row, e\.g\. 1: Ann\)/,
            });
            const loss = `${from === "postgres" ? "public." : ""}people.name:length`;
            // It is cut where it is read, and where it is compared.
            await copy({ ...options, allow: [loss] });
            const names = await sql(fresh, "SELECT name FROM people ORDER BY id");
            assert.deepEqual(
              names.map(({ name }) => name),
              ["An", "Bo"],
            );
          }),
        );
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
}
