import assert from "node:assert/strict";
import { test } from "node:test";
import { parseYaml } from "../../../config/yaml-document.ts";
import { printExpression } from "../../../sql/expression/print.ts";
import { apply, orders, people, read, selection, text, transformation } from "../rules.fixture.ts";
import { readTypeWords } from "./type-words.ts";

const yaml = (words: string) => parseYaml(words, "rules.yaml", { digits: true }).value;
const applied = (words: string) => apply(yaml(words));

test("what a table's entry can say", () => {
  const { tables, warnings } = applied(`
tables:
  orders:
    filter: total >= 10.5 and placed between '2024-01-01' and '2024-12-31'
    order: 3
    rename: purchases
    columns:
      person: client
    types:
      total: numeric(10, 2)
    add:
      origin: "'shop'"
      label: { value: "'order ' || id", type: varchar(40) }
    drop: [paid]
    key: [id]
  people:
    mask:
      email: hash
      phone: { digits: X }
      name: random
`);
  const byName = new Map(tables.map((table) => [table.source.name, table]));
  const order = byName.get("orders")!;
  assert.equal(order.name, "purchases");
  assert.equal(order.order, 3);
  assert.equal(
    printExpression(order.where!, "postgres"),
    `(("total" >= 10.5) AND ("placed" BETWEEN '2024-01-01' AND '2024-12-31'))`,
  );
  assert.deepEqual(
    order.columns.map(({ name }) => name),
    ["id", "client", "total", "placed", "origin", "label"],
  );
  assert.deepEqual(order.columns[2]!.declared, {
    type: { kind: "decimal", precision: 10, scale: 2 },
    rule: "tables.orders.types.total",
  });
  assert.deepEqual(order.columns[5]!.declared?.type, text(40));
  assert.deepEqual(order.key?.columns, ["id"]);
  assert.deepEqual(
    byName.get("people")!.columns.map(({ value }) => value?.kind === "call" && value.name),
    [false, "random_digits", "sha256_hex", "translate"],
  );
  assert.deepEqual(warnings, []);
});

test("both notations make the same of a table", () => {
  const short = applied(`
only: [orders]
tables:
  orders:
    filter: id >= 5
    rename: purchases
    columns: { person: client }
    mask: { id: { digits: "#" } }
`);
  const filter = {
    "filter-type": "source",
    "column-name": "id",
    "filter-conditions": [{ "filter-operator": "gte", value: "5" }],
  };
  const dms = apply({
    rules: [
      selection({ filters: [filter], "object-locator": { "schema-name": "%", "table-name": "orders" } }),
      ...[
        transformation("table", "rename", { "table-name": "orders" }, { value: "purchases" }),
        transformation(
          "column",
          "rename",
          { "table-name": "orders", "column-name": "person" },
          { value: "client" },
        ),
        transformation(
          "column",
          "data-masking-digits-mask",
          { "table-name": "orders", "column-name": "id" },
          { value: "#" },
        ),
      ].map((rule, n) => Object.assign({ "rule-id": n + 2 }, rule)),
    ],
  });
  assert.deepEqual(short.tables, dms.tables);
});

const selections: readonly (readonly [words: string, names: readonly string[]])[] = [
  ["only: [people]", ["people"]],
  ["only: [public.*]", ["people", "orders"]],
  ["skip: [p*]", ["orders"]],
  ["tables: { people: skip }", ["orders"]],
  ["tables: { other*: skip }", ["people", "orders"]],
  ["only: ['*']\nskip: [public.orders]", ["people"]],
  ["case: lower", ["people", "orders"]],
];
for (const [words, names] of selections) {
  test(words, () => {
    assert.deepEqual(
      applied(words).tables.map(({ source }) => source.name),
      names,
    );
  });
}

test("a * in a new name is what the * of the pattern was", () => {
  const { tables } = applied(`
schemas: { "pub*": "old_*" }
tables:
  "p*": { rename: "x_*" }
  "*": { columns: { "p*": "*" } }
`);
  assert.deepEqual(
    tables.map(({ schema, name, columns }) => [schema, name, columns.map((column) => column.name)]),
    [
      ["old_lic", "x_eople", ["id", "name", "email", "hone"]],
      ["old_lic", "orders", ["id", "erson", "total", "laced", "aid"]],
    ],
  );
});

test("a name goes before a pattern, and a rename before the case", () => {
  const { tables } = applied(`
case: upper
tables:
  "*": { rename: "x_*", columns: { "*": "c_*" } }
  people: { rename: folk, columns: { id: key } }
`);
  assert.equal(tables[0]!.name, "folk");
  assert.deepEqual(
    tables[0]!.columns.map(({ name }) => name),
    ["key", "c_name", "c_email", "c_phone"],
  );
  assert.equal(tables[1]!.name, "x_orders");
  assert.equal(applied("case: upper").tables[0]!.columns[0]!.name, "ID");
});

test("keep leaves all others out", () => {
  const { tables } = applied("tables: { people: { keep: [id, e*] } }");
  assert.deepEqual(
    tables[0]!.columns.map(({ name }) => name),
    ["id", "email"],
  );
});

const refused: readonly (readonly [words: string, message: RegExp])[] = [
  ["tabels: {}", /rules\.json: tabels: the key is not known/],
  ["tables: { people: { mask: { email: sha } } }", /tables\.people\.mask\.email: /],
  ["tables: { people: { mask: { email: { digits: XX } } } }", /tables\.people\.mask\.email/],
  ["tables: { people: { renames: x } }", /tables\.people/],
  ["tables: { people: { types: { id: number } } }", /tables\.people\.types\.id: "number" is no type/],
  ["tables: { people: { types: { id: integer(4) } } }", /"integer\(4\)" is no type/],
  ["tables: { people: { filter: 'exists (select 1)' } }", /tables\.people\.filter: /],
  ["tables: { people: { filter: 'random() > 1' } }", /random is not in the subset/],
  ["tables: { people: { add: { x: 'foo(1)' } } }", /tables\.people\.add\.x: the function foo/],
  ["tables: { 'p*': { rename: x } }", /need one \* each/],
  ["tables: { p*e*: { rename: 'x*' } }", /need one \* each/],
  ["tables: { people: { columns: { id: 'x*' } } }", /need one \* each/],
  ["tables: { poeple: { rename: x } }", /no table of the source is meant by it/],
  ["only: [poeple]", /only\[0\]: no table of the source/],
  ["tables: { people: { drop: [emial] } }", /tables\.people\.drop\[0\]: no column of the source/],
  ["tables: { '*': { mask: { emial: hash } } }", /mask\.emial: no column of the source/],
  ["tables: { constructor: skip }", /tables\.constructor: such a name/],
  ["tables: []", /tables: /],
  ["- a", /rules were expected/],
  ["only: people", /only: /],
  ["case: title", /case: /],
];
for (const [words, message] of refused) {
  test(`${words} is refused`, () => {
    assert.throws(() => applied(words), { code: "GW7008", message });
  });
}

const typeWords: readonly (readonly [words: string, kind: string | null])[] = [
  ["text", "text"],
  ["varchar(80)", "text"],
  ["CHAR(2)", "text"],
  ["character varying(10)", "text"],
  ["int", "integer"],
  ["bigint unsigned", "integer"],
  ["tinyint", "integer"],
  ["numeric(20,0)", "decimal"],
  ["numeric(2,3)", null],
  ["double precision", "float"],
  ["timestamp(3)", "timestamp"],
  ["timestamp(7)", null],
  ["timestamp with time zone", "timestamp"],
  ["time", "time"],
  ["bytea", "bytes"],
  ["blob(16)", "bytes"],
  ["jsonb", "json"],
  ["uuid", "uuid"],
  ["boolean", "boolean"],
  ["date", "date"],
  ["varchar(0)", null],
  ["money", null],
  ["", null],
  ["int; drop", null],
];
for (const [words, kind] of typeWords) {
  test(`the type ${words || "of no words"}`, () => assert.equal(readTypeWords(words)?.kind ?? null, kind));
}

test("a document of nothing changes nothing", () => {
  const { tables } = apply({});
  assert.deepEqual(
    tables.map(({ source }) => source),
    [people, orders],
  );
  assert.deepEqual(read({}).warnings, []);
});
