import assert from "node:assert/strict";
import { test } from "node:test";
import { trimFractions } from "./trim-fractions.ts";

const cases: readonly (readonly [string, string])[] = [
  ["1.50", "1.5"],
  ["1.0", "1"],
  ["100", "100"],
  ["0.001000", "0.001"],
  ["10.0100", "10.01"],
  ["-0.0", "-0"],
  ["\\N", "\\N"],
  ["", ""],
  ["1.0e+20", "1.0e+20"],
  ["2024-03-31 02:30:00.500000", "2024-03-31 02:30:00.5"],
  ["2024-03-31 02:30:00.000000", "2024-03-31 02:30:00"],
  ["2024-03-31 02:30:00", "2024-03-31 02:30:00"],
  ["1.2.300", "1.2.300"],
];

test("zeros go from the ends of fractions, wherever a piece ends", () => {
  const rows = cases.map(([from]) => `a.00\t${from}\tb.00\t${from}\n`).join("");
  const wanted = cases.map(([, to]) => `a.00\t${to}\tb.00\t${to}\n`).join("");
  for (let size = 1; size < 40; size++) {
    const trim = trimFractions([false, true, false, true]);
    const found: Uint8Array[] = [];
    for (let at = 0; at < rows.length; at += size) found.push(trim(Buffer.from(rows.slice(at, at + size))));
    assert.equal(Buffer.concat(found).toString(), wanted);
  }
});
