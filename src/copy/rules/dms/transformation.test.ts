import assert from "node:assert/strict";
import { test } from "node:test";
import type { PortableType } from "../../../core/portable.ts";
import { printExpression } from "../../../sql/expression/print.ts";
import {
  apply,
  column,
  int4,
  mapping,
  orders,
  people,
  read,
  table,
  text,
  transformation,
} from "../rules.fixture.ts";
import { dmsTypes } from "./data-type.ts";

/** The table `people` after one rule. */
function after(...rules: readonly Record<string, unknown>[]) {
  return apply(mapping(...rules), [people]).tables[0]!;
}
const columnNames = (...rules: readonly Record<string, unknown>[]) =>
  after(...rules).columns.map(({ name }) => name);

const nameActions: readonly (readonly [action: string, more: Record<string, string>, name: string])[] = [
  ["rename", { value: "Persons" }, "Persons"],
  ["convert-lowercase", {}, "people"],
  ["convert-uppercase", {}, "PEOPLE"],
  ["add-prefix", { value: "x_" }, "x_people"],
  ["remove-prefix", { value: "pe" }, "ople"],
  ["remove-prefix", { value: "no" }, "people"],
  ["replace-prefix", { value: "sh", "old-value": "p" }, "sheople"],
  ["add-suffix", { value: "_x" }, "people_x"],
  ["remove-suffix", { value: "ple" }, "peo"],
  ["remove-suffix", { value: "no" }, "people"],
  ["replace-suffix", { value: "n", "old-value": "ple" }, "peon"],
  ["replace-suffix", { value: "n", "old-value": "no" }, "people"],
];

for (const [action, more, name] of nameActions) {
  test(`${action} ${JSON.stringify(more)} of a table`, () => {
    assert.equal(after(transformation("table", action, { "table-name": "people" }, more)).name, name);
  });
  test(`${action} ${JSON.stringify(more)} of a column`, () => {
    const one = table("t", [column("people")]);
    const rule = transformation("column", action, { "table-name": "%", "column-name": "people" }, more);
    const { tables } = apply(mapping(rule), [one]);
    assert.equal(tables[0]!.columns[0]!.name, name);
    assert.equal(tables[0]!.columns[0]!.column.name, "people");
  });
  test(`${action} ${JSON.stringify(more)} of a schema`, () => {
    const one = table("t", [column("a")], { schema: "people" });
    const { tables } = apply(mapping(transformation("schema", action, {}, more)), [one]);
    assert.equal(tables[0]!.schema, name === "people" ? null : name);
  });
}

test("remove-column", () => {
  const rule = transformation("column", "remove-column", { "table-name": "%", "column-name": "[en]%" });
  assert.deepEqual(columnNames(rule), ["id", "phone"]);
});

test("include-column leaves all others out", () => {
  const rule = (id: string) =>
    transformation("column", "include-column", { "table-name": "people", "column-name": id });
  assert.deepEqual(columnNames(rule("id"), rule("name")), ["id", "name"]);
  const { tables } = apply(mapping(rule("id")));
  assert.equal(tables[1]!.columns.length, orders.columns.length);
});

test("a rule on columns of one type", () => {
  const rule = transformation(
    "column",
    "add-prefix",
    { "table-name": "%", "column-name": "%", "data-type": "clob" },
    { value: "c_" },
  );
  assert.deepEqual(columnNames(rule), ["id", "c_name", "email", "c_phone"]);
  const wide = transformation(
    "column",
    "add-prefix",
    { "table-name": "%", "data-type": "wstring" },
    { value: "s_" },
  );
  assert.deepEqual(columnNames(wide), ["id", "name", "s_email", "phone"]);
});

const types: readonly (readonly [type: Record<string, unknown>, portable: PortableType])[] = [
  [
    { type: "bytes", length: 16 },
    { kind: "bytes", length: 16, fixed: false },
  ],
  [{ type: "date" }, { kind: "date" }],
  [
    { type: "time", precision: 3 },
    { kind: "time", precision: 3, zone: false, signed: false },
  ],
  [
    { type: "datetime", scale: 0 },
    { kind: "timestamp", precision: 0, zone: false },
  ],
  [{ type: "int1" }, { kind: "integer", bits: 8, unsigned: false }],
  [{ type: "int2" }, { kind: "integer", bits: 16, unsigned: false }],
  [{ type: "int4" }, { kind: "integer", bits: 32, unsigned: false }],
  [{ type: "int8" }, { kind: "integer", bits: 64, unsigned: false }],
  [
    { type: "numeric", precision: "10", scale: 2 },
    { kind: "decimal", precision: 10, scale: 2 },
  ],
  [{ type: "numeric" }, { kind: "decimal", precision: null, scale: null }],
  [{ type: "real4" }, { kind: "float", bits: 32 }],
  [{ type: "real8" }, { kind: "float", bits: 64 }],
  [{ type: "string", length: 50 }, text(50)],
  [{ type: "uint1" }, { kind: "integer", bits: 8, unsigned: true }],
  [{ type: "uint2" }, { kind: "integer", bits: 16, unsigned: true }],
  [{ type: "uint4" }, { kind: "integer", bits: 32, unsigned: true }],
  [{ type: "uint8" }, { kind: "integer", bits: 64, unsigned: true }],
  [{ type: "wstring", length: 5 }, text(5)],
  [{ type: "blob" }, { kind: "bytes", length: null, fixed: false }],
  [{ type: "nclob" }, text()],
  [{ type: "clob" }, text()],
  [{ type: "boolean" }, { kind: "boolean" }],
];
const change = (type: unknown) =>
  transformation(
    "column",
    "change-data-type",
    { "table-name": "%", "column-name": "name" },
    { "data-type": type },
  );

for (const [type, portable] of types) {
  test(`change-data-type to ${JSON.stringify(type)}`, () => {
    assert.deepEqual(after(change(type)).columns[1]!.declared, { type: portable, rule: "rule 2" });
  });
}

test("every type of DMS is a type, or named as none", () => {
  const tested = new Set(types.map(([{ type }]) => type));
  for (const type of dmsTypes.filter((each) => !tested.has(each))) {
    const { tables, warnings } = apply(mapping(change({ type })), [people]);
    assert.equal(tables[0]!.columns[1]!.declared, null);
    assert.match(warnings[0]!.message, new RegExp(`data-type ${type}: a column cannot have it`));
  }
});

const masks: readonly (readonly [action: string, more: Record<string, unknown>, sql: string])[] = [
  ["digits-mask", { value: "#" }, `translate("phone", '0123456789', '##########')`],
  ["hash-mask", {}, `encode(sha256(convert_to("phone", 'UTF8')), 'hex')`],
];

for (const [action, more, sql] of masks) {
  test(`data-masking-${action}`, () => {
    const rule = transformation(
      "column",
      `data-masking-${action}`,
      { "table-name": "people", "column-name": "phone" },
      more,
    );
    const masked = after(rule).columns[3]!;
    assert.equal(printExpression(masked.value!, "postgres"), sql);
    assert.equal(masked.incomparable, null);
  });
}

test("data-masking-digits-randomize cannot be compared", () => {
  const rule = transformation("column", "data-masking-digits-randomize", {
    "table-name": "people",
    "column-name": "phone",
  });
  const masked = after(rule).columns[3]!;
  assert.match(printExpression(masked.value!, "postgres")!, /random\(\)/);
  assert.match(masked.incomparable!, /rule 2 makes its digits by chance/);
});

test("a masked number becomes text, and is no identity any more", () => {
  const rule = transformation(
    "column",
    "data-masking-digits-mask",
    { "table-name": "people", "column-name": "id" },
    { value: "9" },
  );
  const { tables, warnings } = apply(mapping(rule), [
    table("people", [column("id", int4, { identity: { always: true, next: "7", increment: "1" } })], {
      primaryKey: people.primaryKey,
    }),
  ]);
  const [masked] = tables[0]!.columns;
  assert.deepEqual(masked!.column.type, text());
  assert.equal(masked!.column.identity, null);
  assert.match(warnings[0]!.message, /public\.people\.id is part of the key/);
});

test("masking goes with another change of the column", () => {
  const at = { "table-name": "people", "column-name": "phone" };
  const [, , , phone] = after(
    transformation("column", "rename", at, { value: "tel" }),
    transformation("column", "data-masking-hash-mask", at),
  ).columns;
  assert.equal(phone!.name, "tel");
  assert.notEqual(phone!.value, null);
});

test("of two rules on a column that are not masks the lower id counts, and the other is named", () => {
  const { tables, warnings } = apply(
    mapping(
      transformation("column", "convert-uppercase", { "table-name": "%", "column-name": "%" }),
      transformation("column", "rename", { "table-name": "people", "column-name": "name" }, { value: "x" }),
    ),
    [people],
  );
  assert.equal(tables[0]!.columns[1]!.name, "NAME");
  assert.deepEqual(
    warnings.map(({ rule }) => rule),
    ["rule 3"],
  );
  assert.match(warnings[0]!.message, /public\.people\.name, which rule 2 changes/);
});

test("ids are compared as numbers", () => {
  const rename = (id: string, name: string, value: string) => ({
    ...transformation("table", "rename", { "table-name": name }, { value }),
    "rule-id": id,
  });
  assert.equal(after(rename("10", "people", "ten"), rename("9", "peo%", "nine")).name, "nine");
});

test("define-primary-key", () => {
  const rule = transformation(
    "table",
    "define-primary-key",
    { "table-name": "people" },
    { "primary-key-def": { name: "pk", origin: "primary-key", columns: ["email", "id"] } },
  );
  assert.deepEqual(after(rule).key, { rule: "rule 2", name: "pk", columns: ["email", "id"] });
  const unique = {
    ...rule,
    "primary-key-def": { name: "u", origin: "unique-index", columns: ["email"] },
  };
  assert.deepEqual(after(unique).unique, { rule: "rule 2", name: "u", columns: ["email"] });
  assert.equal(after(unique).key, null);
});

test("a key may name a column as the source has it, and means the target's", () => {
  const { key } = after(
    transformation("column", "convert-uppercase", { "table-name": "%", "column-name": "%" }),
    transformation(
      "table",
      "define-primary-key",
      { "table-name": "people" },
      { "primary-key-def": { columns: ["email", "NAME"] } },
    ),
  );
  assert.deepEqual(key?.columns, ["EMAIL", "NAME"]);
});

test("add-column with an expression", () => {
  const added = after(
    transformation(
      "column",
      "add-column",
      { "table-name": "people" },
      {
        value: "label",
        expression: "$name || ' <' || ${email} || '>'",
        "data-type": { type: "string", length: 50 },
      },
    ),
  ).columns.at(-1)!;
  assert.equal(added.name, "label");
  assert.equal(added.isAdded, true);
  assert.equal(printExpression(added.value!, "postgres"), `((("name" || ' <') || "email") || '>')`);
  assert.deepEqual(added.declared?.type, text(50));
});

test("facts of the table stand in an expression", () => {
  const rule = transformation(
    "column",
    "add-column",
    { "table-name": "%" },
    {
      value: "origin",
      expression: "$AR_M_SOURCE_SCHEMA || '.' || ${AR_M_SOURCE_TABLE_NAME}",
      "data-type": { type: "string", length: 50 },
    },
  );
  const { tables } = apply(mapping(rule));
  assert.deepEqual(
    tables.map(({ columns }) => printExpression(columns.at(-1)!.value!, "postgres")),
    ["(('public' || '.') || 'people')", "(('public' || '.') || 'orders')"],
  );
});

test("a number for a text column is made a text", () => {
  const added = after(
    transformation(
      "column",
      "add-column",
      { "table-name": "people" },
      { value: "n", expression: "$id", "data-type": { type: "string", length: 20 } },
    ),
  ).columns.at(-1)!;
  assert.equal(printExpression(added.value!, "postgres"), 'CAST("id" AS text)');
});

test("what has no meaning here is accepted and named", () => {
  const accepted: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [
      transformation("table-tablespace", "rename", { "table-tablespace-name": "a" }, { value: "b" }),
      /rename of a table-tablespace/,
    ],
    [
      transformation(
        "index-tablespace",
        "convert-lowercase",
        { "table-name": "%", "index-tablespace-name": "%" },
        {},
      ),
      /index-tablespace/,
    ],
    [
      transformation(
        "column",
        "add-before-image-columns",
        { "table-name": "people" },
        {
          "before-image-def": { "column-prefix": "BI_", "column-suffix": "", "column-filter": "pk-only" },
        },
      ),
      /no image before/,
    ],
    [transformation("column", "add-column", { "table-name": "people" }, { value: "x" }), /holds NULL/],
  ];
  for (const [rule, message] of accepted) {
    const [warning, ...more] = read(mapping(rule)).warnings;
    assert.deepEqual(more, []);
    assert.equal(warning?.rule, "rule 2");
    assert.match(warning!.message, message);
  }
});

const on = { "table-name": "people", "column-name": "name" };
const refused: Readonly<
  Record<string, readonly [rules: readonly Record<string, unknown>[], message: RegExp]>
> = {
  "an unknown action": [
    [transformation("column", "renam", on)],
    /rule 2, rules\[1\]\.rule-action: "renam" is not known; known are rename, /,
  ],
  "an unknown target": [
    [transformation("view", "rename", on)],
    /rules\[1\]\.rule-target: "view" is not known/,
  ],
  "an action on columns for a table": [
    [transformation("table", "remove-column", { "table-name": "%" })],
    /rule-target: remove-column is an action on columns/,
  ],
  "a key on a column": [
    [transformation("column", "define-primary-key", on)],
    /define-primary-key is an action on tables/,
  ],
  "a key on many tables": [
    [
      transformation(
        "table",
        "define-primary-key",
        { "table-name": "%" },
        { "primary-key-def": { columns: ["id"] } },
      ),
    ],
    /names one table/,
  ],
  "a rename to nothing": [[transformation("column", "rename", on)], /value: it is missing/],
  "a value that is not taken": [
    [transformation("column", "convert-lowercase", on, { value: "x" })],
    /convert-lowercase does not take it/,
  ],
  "an unknown type": [[change({ type: "varchar" })], /data-type\.type: "varchar" is not known/],
  "a size that the type does not take": [
    [change({ type: "int4", length: 4 })],
    /length: int4 does not take it/,
  ],
  "a scale beyond the precision": [[change({ type: "numeric", precision: 4, scale: 5 })], /from 0 to 4/],
  "an unknown key of a type": [[change({ type: "int4", size: 4 })], /data-type\.size: the key is not known/],
  "a mask of two characters": [
    [transformation("column", "data-masking-digits-mask", on, { value: "##" })],
    /one character was expected/,
  ],
  "a function that is not in the subset": [
    [
      transformation(
        "column",
        "add-column",
        { "table-name": "people" },
        { value: "x", expression: "group_concat($a)" },
      ),
    ],
    /rule 2, rules\[1\]\.expression: the function group_concat is not in the subset/,
  ],
  "a header of a change": [
    [
      transformation(
        "column",
        "add-column",
        { "table-name": "people" },
        { value: "x", expression: "$AR_H_STREAM_POSITION" },
      ),
    ],
    /\$AR_H_STREAM_POSITION is known to a stream of changes only/,
  ],
  "two renames of one column": [
    [
      transformation("column", "rename", on, { value: "a" }),
      transformation("column", "rename", on, { value: "b" }),
    ],
    /rule 3, rules\[2\]: it contradicts rule 2: both change the same/,
  ],
  "a column that is kept and removed": [
    [transformation("column", "include-column", on), transformation("column", "remove-column", on)],
    /one keeps the column that the other removes/,
  ],
  "two masks of one column": [
    [
      transformation("column", "data-masking-hash-mask", on),
      transformation("column", "data-masking-digits-randomize", on),
    ],
    /both mask the same column/,
  ],
  "two primary keys": [
    ["id", "name"].map((name) =>
      transformation(
        "table",
        "define-primary-key",
        { "table-name": "people" },
        { "primary-key-def": { columns: [name] } },
      ),
    ),
    /both define the primary key/,
  ],
};

for (const [what, [rules, message]] of Object.entries(refused)) {
  test(`${what} is refused`, () => {
    assert.throws(() => read(mapping(...rules)), { code: "GW7008", message });
  });
}

test("a mask that masks nothing is refused, any other rule on nothing is named", () => {
  const nothing = { "table-name": "people", "column-name": "emial" };
  assert.throws(() => after(transformation("column", "data-masking-hash-mask", nothing)), {
    code: "GW7008",
    message: /rule 2, rules\[1\]: no column of the source is meant by it/,
  });
  const { warnings } = apply(mapping(transformation("column", "remove-column", nothing)));
  assert.deepEqual(warnings, [{ rule: "rule 2", message: "no column of the source is meant by it" }]);
});

test("what only the tables can tell is refused when they are known", () => {
  const rule = (more: Record<string, unknown>) =>
    transformation("column", "add-column", { "table-name": "people" }, { value: "x", ...more });
  assert.throws(() => after(rule({ expression: "$nam" })), /names nam, which is no column of public\.people/);
  const key = { "primary-key-def": { columns: ["no"] } };
  assert.throws(
    () => after(transformation("table", "define-primary-key", { "table-name": "people" }, key)),
    /has no column no in the target/,
  );
  const blob = table("t", [column("b", { kind: "bytes", length: null, fixed: false })]);
  assert.throws(
    () =>
      apply(
        mapping(
          transformation("column", "data-masking-hash-mask", { "table-name": "t", "column-name": "b" }),
        ),
        [blob],
      ),
    /b holds bytes, which has no text to mask/,
  );
  assert.throws(
    () => after(transformation("column", "remove-column", { "table-name": "%", "column-name": "%" })),
    /no column of public\.people is left/,
  );
});
