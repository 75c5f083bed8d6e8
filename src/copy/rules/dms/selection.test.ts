import assert from "node:assert/strict";
import { test } from "node:test";
import { printExpression } from "../../../sql/expression/print.ts";
import { apply, column, mapping, orders, people, read, selection, table } from "../rules.fixture.ts";

const names = (value: unknown, tables = [people, orders]) =>
  apply(value, tables).tables.map(({ source }) => source.name);

test("include and exclude, whatever the order of their ids", () => {
  const both = (include: string, exclude: string) => ({
    rules: [
      selection({ "rule-id": include }),
      selection({
        "rule-id": exclude,
        "rule-action": "exclude",
        "object-locator": { "schema-name": "public", "table-name": "ord%" },
      }),
    ],
  });
  assert.deepEqual(names(both("1", "2")), ["people"]);
  assert.deepEqual(names(both("2", "1")), ["people"]);
});

test("explicit takes a name as it is written", () => {
  const rule = (name: string) => ({
    rules: [
      selection({
        "rule-action": "explicit",
        "object-locator": { "schema-name": "public", "table-name": name },
      }),
    ],
  });
  const tables = [table("a_b", [column("x")]), table("axb", [column("x")])];
  assert.deepEqual(names(rule("a_b"), tables), ["a_b"]);
  assert.throws(() => read(rule("a%")), /rule 1, rules\[0\]\.object-locator\.table-name: explicit names one/);
});

test("a database that is the only schema goes by its name", () => {
  const mysql = table("orders", [column("x")], { schema: "" });
  const rule = (schema: string) => ({
    rules: [selection({ "object-locator": { "schema-name": schema, "table-name": "%" } })],
  });
  assert.deepEqual(names(rule("shop"), [mysql]), ["orders"]);
  assert.deepEqual(names(rule("other"), [mysql]), []);
});

test("load-order is kept, and the lower id decides", () => {
  const { tables, warnings } = apply({
    rules: [
      selection({ "rule-id": 2, "load-order": 5 }),
      selection({
        "rule-id": 1,
        "load-order": "9",
        "object-locator": { "schema-name": "%", "table-name": "orders" },
      }),
    ],
  });
  assert.deepEqual(
    tables.map(({ source, order }) => [source.name, order]),
    [
      ["people", 5],
      ["orders", 9],
    ],
  );
  assert.deepEqual(
    warnings.map(({ rule }) => rule),
    ["rule 2"],
  );
});

const filtered = (filters: readonly unknown[]) => ({
  rules: [selection({ "object-locator": { "schema-name": "%", "table-name": "orders" }, filters })],
});
const filter = (name: string, ...conditions: readonly unknown[]) => ({
  "filter-type": "source",
  "column-name": name,
  "filter-conditions": conditions,
});
const where = (value: unknown) => printExpression(apply(value).tables[0]!.where!, "postgres");

const conditions: readonly (readonly [column: string, condition: Record<string, unknown>, sql: string])[] = [
  ["id", { "filter-operator": "ste", value: "5" }, '("id" <= 5)'],
  ["id", { "filter-operator": "lte", value: 5 }, '("id" <= 5)'],
  ["id", { "filter-operator": "gte", value: "9007199254740993" }, '("id" >= 9007199254740993)'],
  ["total", { "filter-operator": "eq", value: "1.50" }, '("total" = 1.50)'],
  ["id", { "filter-operator": "noteq", value: "-3" }, '("id" <> (-3))'],
  ["id", { "filter-operator": "between", "start-value": "1", "end-value": "9" }, '("id" BETWEEN 1 AND 9)'],
  [
    "placed",
    { "filter-operator": "notbetween", "start-value": "2024-01-01", "end-value": "2024-12-31 23:59:59" },
    "(NOT (\"placed\" BETWEEN '2024-01-01' AND '2024-12-31 23:59:59'))",
  ],
  ["placed", { "filter-operator": "null" }, '("placed" IS NULL)'],
  ["placed", { "filter-operator": "notnull" }, '("placed" IS NOT NULL)'],
  ["paid", { "filter-operator": "eq", value: "1" }, '("paid" = TRUE)'],
];

for (const [name, condition, sql] of conditions) {
  test(`the operator ${String(condition["filter-operator"])}: ${sql}`, () => {
    assert.equal(where(filtered([filter(name, condition)])), sql);
  });
}

test("filters are all to hold, conditions are alternatives", () => {
  const eq = (value: string) => ({ "filter-operator": "eq", value });
  assert.equal(
    where(filtered([filter("id", eq("1"), eq("2")), filter("person", eq("3"))])),
    '((("id" = 1) OR ("id" = 2)) AND ("person" = 3))',
  );
});

test("gte and ste in one filter let everything pass, which is warned of", () => {
  const value = filtered([
    filter("id", { "filter-operator": "gte", value: "1" }, { "filter-operator": "ste", value: "9" }),
  ]);
  assert.equal(where(value), '(("id" >= 1) OR ("id" <= 9))');
  assert.match(apply(value).warnings[0]!.message, /^rules\[0\]\.filters\[0\]: .*alternatives/);
  assert.equal(apply(value).warnings[0]!.rule, "rule 1");
  const apart = filtered([
    filter("id", { "filter-operator": "gte", value: "1" }),
    filter("id", { "filter-operator": "ste", value: "9" }),
  ]);
  assert.deepEqual(apply(apart).warnings, []);
});

test("a foreign key to a filtered table is warned of", () => {
  const child = table("lines", [column("order_id")], {
    foreignKeys: [
      {
        name: "lines_order",
        columns: ["order_id"],
        references: { schema: "public", name: "orders", columns: ["id"] },
        onUpdate: "no action",
        onDelete: "no action",
        deferrable: false,
        initiallyDeferred: false,
        match: "simple",
      },
    ],
  });
  const value = {
    rules: [selection({ filters: [filter("id", { "filter-operator": "gte", value: "1" })] })],
  };
  const { warnings } = apply(value, [table("orders", [column("id")]), { ...child, columns: [column("id")] }]);
  assert.match(warnings[0]!.message, /lines_order/);
});

const refused: Readonly<Record<string, readonly [value: unknown, message: RegExp]>> = {
  "an unknown operator": [
    filtered([filter("id", { "filter-operator": "lt", value: "1" })]),
    /rule 1, rules\[0\]\.filters\[0\]\.filter-conditions\[0\]\.filter-operator: "lt" is not known/,
  ],
  "a value that is missing": [
    filtered([filter("id", { "filter-operator": "eq" })]),
    /\.value: it is missing/,
  ],
  "a value that is not taken": [
    filtered([filter("id", { "filter-operator": "null", value: "1" })]),
    /null does not take it/,
  ],
  "a range without an end": [
    filtered([filter("id", { "filter-operator": "between", "start-value": "1" })]),
    /end-value: it is missing/,
  ],
  "two negative conditions": [
    filtered([filter("id", { "filter-operator": "noteq", value: "1" }, { "filter-operator": "notnull" })]),
    /only one of a filter's conditions may be negative/,
  ],
  "no condition": [filtered([filter("id")]), /it has no condition/],
  "another kind of filter": [
    filtered([{ ...filter("id", { "filter-operator": "null" }), "filter-type": "target" }]),
    /filter-type: "target" is not known/,
  ],
  "filters of what is left out": [
    {
      rules: [
        selection({}),
        selection({ "rule-id": "2", "rule-action": "exclude", filters: [filter("id")] }),
      ],
    },
    /rule 2, rules\[1\]\.filters: a rule that excludes takes no filters/,
  ],
  "one rule-id twice": [
    { rules: [selection({}), selection({})] },
    /rule 1, rules\[1\]\.rule-id: rules\[0\] has the same/,
  ],
  "one rule-id as text and number": [
    { rules: [selection({}), selection({ "rule-id": 1 })] },
    /the same rule-id/,
  ],
  "a rule-id that is no number": [
    { rules: [selection({ "rule-id": "a" })] },
    /rules\[0\]\.rule-id: a number was expected/,
  ],
  "an unknown action": [
    { rules: [selection({ "rule-action": "includes" })] },
    /rule 1, rules\[0\]\.rule-action: "includes" is not known; known are include, exclude, explicit/,
  ],
  "an unknown rule type": [
    { rules: [selection({ "rule-type": "magic" })] },
    /rule-type: "magic" is not known/,
  ],
  "an unknown key": [
    { rules: [selection({ loadorder: 1 })] },
    /rule 1, rules\[0\]\.loadorder: the key is not known; known are .*load-order/,
  ],
  "an unknown key of the locator": [
    {
      rules: [selection({ "object-locator": { "schema-name": "%", "table-name": "%", tabletype: "table" } })],
    },
    /rules\[0\]\.object-locator\.tabletype: the key is not known/,
  ],
  "an unknown key of the file": [{ rules: [selection({})], more: 1 }, /more: the key is not known/],
  "nothing that includes": [{ rules: [] }, /no selection rule that includes a table/],
  "include and exclude of the same": [
    { rules: [selection({}), selection({ "rule-id": "2", "rule-action": "exclude" })] },
    /rule 2, rules\[1\]: it contradicts rule 1: one includes what the other excludes/,
  ],
};

for (const [what, [value, message]] of Object.entries(refused)) {
  test(`${what} is refused`, () => {
    assert.throws(() => read(value), { code: "GW7008", message });
  });
}

test("what only the tables can tell is refused when they are known", () => {
  assert.throws(() => apply(filtered([filter("ID", { "filter-operator": "null" })])), {
    code: "GW7008",
    message: /rule 1, rules\[0\]: the filter names ID, which is no column of public\.orders/,
  });
  assert.throws(
    () => apply(filtered([filter("id", { "filter-operator": "eq", value: "abc" })])),
    /"abc" is no number/,
  );
  assert.throws(
    () => apply(filtered([filter("paid", { "filter-operator": "eq", value: "abc" })])),
    /neither true nor false/,
  );
});

test("rules that mean no table are named", () => {
  const { warnings } = apply({
    rules: [
      selection({}),
      selection({ "rule-id": "7", "object-locator": { "schema-name": "%", "table-name": "gone" } }),
    ],
  });
  assert.deepEqual(warnings, [{ rule: "rule 7", message: "no table of the source is meant by it" }]);
});

test("views are not copied by rows, which is said", () => {
  const view = selection({
    "rule-id": "2",
    "object-locator": { "schema-name": "%", "table-name": "v", "table-type": "view" },
  });
  assert.match(read({ rules: [selection({}), view] }).warnings[0]!.message, /views/);
  assert.deepEqual(names(mapping()), ["people", "orders"]);
});
