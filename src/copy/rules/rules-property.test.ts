import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GodwitError } from "../../core/error.ts";
import { apply, mapping, read, selection } from "./rules.fixture.ts";

/* Whatever a file holds: it is rules, or it is refused with GW7008. fast-check prints the seed of a failure. */

function isJudged(value: unknown): boolean {
  try {
    apply(value);
    return true;
  } catch (error) {
    if (!(error instanceof GodwitError)) throw error;
    assert.equal(error.code, "GW7008");
    assert.ok(error.message.length < 2_000, "a message is no copy of the file");
    return false;
  }
}

const words = [
  "include",
  "exclude",
  "explicit",
  "selection",
  "transformation",
  "table-settings",
  "validation",
  "rename",
  "remove-column",
  "include-column",
  "add-column",
  "change-data-type",
  "define-primary-key",
  "convert-uppercase",
  "replace-prefix",
  "data-masking-hash-mask",
  "data-masking-digits-mask",
  "schema",
  "table",
  "column",
  "people",
  "email",
  "id",
  "%",
  "_",
  "[a-",
  "[ab]",
  "source",
  "gte",
  "ste",
  "between",
  "null",
  "string",
  "numeric",
  "lower($name)",
  "$email || '",
  "max(1)",
  "$",
  "#",
  "",
  "1",
  "2",
  "ranges",
  "none",
  "limited",
  "__proto__",
  "constructor",
  "toString",
];
const keys = [
  "rules",
  "rule-type",
  "rule-id",
  "rule-name",
  "rule-action",
  "rule-target",
  "object-locator",
  "value",
  "schema-name",
  "table-name",
  "column-name",
  "table-type",
  "data-type",
  "load-order",
  "filters",
  "filter-type",
  "filter-conditions",
  "filter-operator",
  "start-value",
  "end-value",
  "old-value",
  "expression",
  "primary-key-def",
  "columns",
  "origin",
  "name",
  "type",
  "length",
  "precision",
  "scale",
  "parallel-load",
  "lob-settings",
  "mode",
  "tables",
  "only",
  "skip",
  "case",
  "schemas",
  "mask",
  "types",
  "add",
  "drop",
  "keep",
  "key",
  "rename",
  "filter",
  "order",
  "FullLoadSettings",
  "ErrorBehavior",
  "__proto__",
  "constructor",
  "people",
  "orders",
  "*",
];

const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...words) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    word,
    fc.constantFrom(null, true, false, 0, -1, 1.5, 1e300),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 6, noNullPrototype: false }),
  ),
})).value;

test("random JSON is judged, and never crashes the reader", () => {
  fc.assert(
    fc.property(json, (value) => void isJudged(value)),
    { numRuns: 1_000 },
  );
});

test("random rules in a mapping are judged", () => {
  const locator = fc.record(
    { "schema-name": word, "table-name": word, "column-name": word },
    { requiredKeys: ["schema-name"] },
  );
  const rule = fc.record(
    {
      "rule-type": fc.constantFrom("selection", "transformation", "table-settings", "validation"),
      "rule-id": fc.nat(20),
      "rule-action": fc.constantFrom(...words),
      "rule-target": fc.constantFrom("schema", "table", "column"),
      "object-locator": locator,
      value: word,
      expression: word,
      "data-type": fc.record({ type: word, length: fc.nat() }, { requiredKeys: ["type"] }),
      filters: json,
    },
    { requiredKeys: ["rule-type", "rule-id", "rule-action", "object-locator"] },
  );
  let taken = 0;
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 4 }), (rules) => {
      if (isJudged({ rules: [selection({ "rule-id": 100 }), ...rules] })) taken += 1;
    }),
    { numRuns: 1_000 },
  );
  assert.ok(taken > 0, "every file was refused: the test shows nothing");
});

test("a rule of a mapping that is spoilt at one place is refused with its id", () => {
  const spoilt = fc.constantFrom("rule-type", "rule-action", "rule-target", "object-locator");
  fc.assert(
    fc.property(spoilt, fc.constantFrom("nonsense", 7, [], {}), (key, by) => {
      const rule = {
        "rule-type": "transformation",
        "rule-target": "table",
        "object-locator": { "schema-name": "%", "table-name": "people" },
        "rule-action": "convert-uppercase",
      };
      assert.throws(() => read(mapping({ ...rule, [key]: by })), {
        code: "GW7008",
        message: new RegExp(`rule 2, rules\\[1\\]\\.${key}`),
      });
    }),
  );
});

test("text of any kind is an expression, or is refused", () => {
  const piece = fc.oneof(
    word,
    fc.constantFrom(
      "lower(",
      "$name",
      "${id}",
      ")",
      "||",
      "'",
      '"',
      "CASE WHEN",
      "THEN",
      "END",
      "cast(",
      "--",
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      isJudged({ tables: { people: { add: { x: pieces.join(" ") } } } });
      isJudged({ tables: { people: { filter: pieces.join(" ") } } });
    }),
    { numRuns: 1_000 },
  );
});
