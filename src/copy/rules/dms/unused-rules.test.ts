import assert from "node:assert/strict";
import { test } from "node:test";
import { mapping, read } from "../rules.fixture.ts";

const at = { "schema-name": "public", "table-name": "orders" };
const settings = (more: Record<string, unknown>) => ({
  "rule-type": "table-settings",
  "object-locator": at,
  ...more,
});

const named: readonly (readonly [rule: Record<string, unknown>, message: RegExp])[] = [
  [settings({ "parallel-load": { type: "partitions-auto" } }), /partitions-auto: .*chunks by its key/],
  [settings({ "parallel-load": { type: "subpartitions-auto" } }), /subpartitions-auto/],
  [
    settings({ "parallel-load": { type: "partitions-list", partitions: ["p1"], subpartitions: ["s"] } }),
    /list/,
  ],
  [
    settings({
      "parallel-load": {
        type: "partitions-auto",
        "number-of-partitions": "8",
        "collection-count-from-metadata": "true",
        "max-records-skip-per-page": 1000,
        "batch-size": 50,
      },
    }),
    /partitions-auto/,
  ],
  [
    settings({
      "parallel-load": {
        type: "ranges",
        columns: ["id", "day"],
        boundaries: [
          ["1", "2"],
          ["3", "4"],
        ],
      },
    }),
    /boundaries are not used\. .*NULL/,
  ],
  [settings({ "lob-settings": { mode: "limited", "bulk-max-size": "16" } }), /no value is cut at 16 KB/],
  [settings({ "lob-settings": { mode: "unlimited", "bulk-max-size": 16 } }), /no value is cut/],
  [settings({ "lob-settings": { mode: "none" } }), /copied all the same/],
  [
    {
      "rule-type": "validation",
      "rule-target": "column",
      "rule-action": "override-validation-function",
      "object-locator": { ...at, "column-name": "note" },
      "source-function": "trim(${column-name})",
      "target-function": "trim(${column-name})",
    },
    /^validation: the functions are not used/,
  ],
  [
    {
      "rule-type": "object-mapping",
      "rule-action": "map-record-to-record",
      "object-locator": at,
      "target-table-name": "x",
      "mapping-parameters": { "partition-key-name": "id", "attribute-mappings": [{ a: 1 }] },
    },
    /^object-mapping: /,
  ],
  [
    {
      "rule-type": "post-processing",
      "rule-action": "add-tag",
      "object-locator": at,
      "tag-set": [{ key: "a", value: "b" }],
    },
    /^post-processing: /,
  ],
];

for (const [rule, message] of named) {
  test(`${String(rule["rule-type"])}: ${message.source}`, () => {
    const [warning, ...more] = read(mapping(rule)).warnings;
    assert.deepEqual(more, []);
    assert.equal(warning?.rule, "rule 2");
    assert.match(warning!.message, message);
  });
}

test("what changes nothing is not named", () => {
  for (const more of [{ "parallel-load": { type: "none" } }, { "lob-settings": { mode: "unlimited" } }, {}]) {
    assert.deepEqual(read(mapping(settings(more))).warnings, []);
  }
});

const refused: readonly (readonly [rule: Record<string, unknown>, message: RegExp])[] = [
  [
    settings({ "parallel-load": { type: "auto" } }),
    /rule 2, rules\[1\]\.parallel-load\.type: "auto" is not known/,
  ],
  [settings({ "parallel-load": { typ: "none" } }), /parallel-load\.typ: the key is not known/],
  [settings({ "parallel-load": { type: "ranges", columns: ["id"] } }), /boundaries: it is missing/],
  [
    settings({ "parallel-load": { type: "ranges", columns: ["id"], boundaries: [["1", "2"]] } }),
    /boundaries\[0\]: a list of 1 values was expected/,
  ],
  [settings({ "parallel-load": { type: "none", boundaries: [["1"]] } }), /none does not take it/],
  [
    settings({
      "parallel-load": { type: "ranges", columns: Array.from({ length: 11 }, String), boundaries: [["1"]] },
    }),
    /at most 10 columns/,
  ],
  [settings({ "lob-settings": { mode: "some" } }), /lob-settings\.mode: "some" is not known/],
  [
    { ...settings({}), "object-locator": { "schema-name": "%", "table-name": "%" } },
    /table-settings name one table/,
  ],
  [{ "rule-type": "validation", "rule-action": "override" }, /rule-action: "override" is not known/],
  [{ "rule-type": "post-processing", "rule-action": "remove-tag" }, /rule-action/],
  [{ "rule-type": "object-mapping", "rule-action": "map" }, /rule-action/],
];

for (const [rule, message] of refused) {
  test(`${message.source} is refused`, () => {
    assert.throws(() => read(mapping(rule)), { code: "GW7008", message });
  });
}
