import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson } from "./json-document.ts";

test("JSON is read as it is", () => {
  assert.deepEqual(parseJson('{"a": [1, "x", null, true], "b": {"a": 2}}', "f"), {
    a: [1, "x", null, true],
    b: { a: 2 },
  });
});

test("a number that would change comes as its digits", () => {
  assert.deepEqual(parseJson("[9007199254740993, 1.50, 1e3, -0, 12]", "f"), [
    "9007199254740993",
    "1.50",
    "1e3",
    "-0",
    12,
  ]);
});

const refused: readonly (readonly [text: string, message: RegExp])[] = [
  ['{"a": 1, "b": {"a": 2}, "a": 3}', /^f: the key "a" is given twice in line 1\.$/],
  [String.raw`{"a": 1, "\u0061": 3}`, /given twice/],
  [`{"a": 1, "a"${" ".repeat(101)}: 3}`, /given twice/],
  ['{\n"a": 1\n"b": 2}', /^f: it is not valid JSON in line 3\.$/],
  ["[".repeat(100_000), /nested too deeply/],
  ['{"a":', /not valid JSON/],
  ['"a', /not valid JSON/],
];
for (const [text, message] of refused) {
  test(`${text.slice(0, 30)} is refused`, () => {
    assert.throws(() => parseJson(text, "f"), { code: "GW1004", message });
  });
}

test("equal texts that are no keys of one object are none", () => {
  assert.deepEqual(parseJson('[{"a": "a"}, {"a": "a"}, "a", "a"]', "f"), [{ a: "a" }, { a: "a" }, "a", "a"]);
});

test("two megabytes are read", () => {
  const rule = { "rule-type": "selection", "object-locator": { "schema-name": "%", "table-name": "%" } };
  const text = JSON.stringify({ rules: Array.from({ length: 20_000 }, () => rule) });
  assert.ok(text.length > 1_500_000);
  assert.deepEqual(parseJson(text, "f"), JSON.parse(text));
});
