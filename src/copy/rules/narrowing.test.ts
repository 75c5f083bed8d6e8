import assert from "node:assert/strict";
import { test } from "node:test";
import type { PortableType, Risk } from "../../core/portable.ts";
import { narrowingRisks } from "./narrowing.ts";
import { readTypeWords } from "./short/type-words.ts";

const range = (minimum: string, maximum: string): Risk => ({ kind: "range", minimum, maximum });
const cases: readonly (readonly [from: string, to: string, risks: readonly Risk[]])[] = [
  ["integer", "bigint", []],
  ["bigint", "integer", [range("-2147483648", "2147483647")]],
  ["bigint unsigned", "bigint", [range("-9223372036854775808", "9223372036854775807")]],
  ["integer", "integer unsigned", [range("0", "4294967295")]],
  ["tinyint unsigned", "smallint", []],
  ["numeric(5,0)", "smallint", [range("-32768", "32767")]],
  ["numeric(5,2)", "integer", [range("-2147483648", "2147483647"), { kind: "scale", digits: 0 }]],
  ["double", "integer", [range("-2147483648", "2147483647"), { kind: "scale", digits: 0 }]],
  ["text", "integer", [{ kind: "format", of: "integer" }]],
  ["numeric(12,2)", "numeric(10,2)", [range("-99999999.99", "99999999.99")]],
  ["numeric(12,2)", "numeric(12,2)", []],
  ["numeric(12,2)", "numeric(12,1)", [{ kind: "scale", digits: 1 }]],
  ["numeric", "numeric(3,3)", [range("-0.999", "0.999"), { kind: "scale", digits: 3 }]],
  ["integer", "numeric(10,0)", []],
  ["integer", "numeric(9,0)", [range("-999999999", "999999999")]],
  ["text", "numeric", [{ kind: "format", of: "number" }]],
  ["text", "varchar(10)", [{ kind: "length", limit: 10, unit: "characters" }]],
  ["varchar(10)", "varchar(10)", []],
  ["varchar(11)", "varchar(10)", [{ kind: "length", limit: 10, unit: "characters" }]],
  ["bytea", "blob(4)", [{ kind: "length", limit: 4, unit: "bytes" }]],
  ["timestamp", "date", [{ kind: "precision", digits: 0 }]],
  ["timestamp", "timestamp(3)", [{ kind: "precision", digits: 3 }]],
  ["timestamp(3)", "timestamp", []],
  ["date", "timestamp", []],
  ["text", "timestamp", [{ kind: "format", of: "timestamp" }]],
  ["text", "uuid", [{ kind: "format", of: "uuid" }]],
  ["text", "json", [{ kind: "format", of: "json" }]],
  ["integer", "boolean", [{ kind: "not-boolean" }]],
  ["integer", "text", []],
];

for (const [from, to, risks] of cases) {
  test(`${from} as ${to}`, () => {
    assert.deepEqual(narrowingRisks(typeOf(from), typeOf(to)), risks);
  });
}

test("TIME beyond a day is looked for", () => {
  const signed: PortableType = { kind: "time", precision: 0, zone: false, signed: true };
  assert.deepEqual(narrowingRisks(signed, typeOf("time(0)")), [{ kind: "time-range" }]);
});

function typeOf(words: string): PortableType {
  const type = readTypeWords(words);
  assert.ok(type !== null, words);
  return type;
}
