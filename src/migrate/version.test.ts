import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalVersion, compareVersions, isVersion } from "./version.ts";

test("versions are compared part by part, as whole numbers of any size", () => {
  const ascending = ["0", "0.1", "1", "1.0.1", "1.9", "1.10", "2", "10", "20260131093000", "9".repeat(40)];
  const shuffled = ascending.toSorted().reverse();
  assert.deepEqual(shuffled.toSorted(compareVersions), ascending);
});

test("one version has one canonical text", () => {
  const texts = [
    ["1", "1", "1.0", "001", "1_0", "1.0.0", "01.00"],
    ["1.10", "1.10", "1_10", "01.010.0"],
    ["0", "0", "0.0", "000"],
    ["20260101000000", "20260101000000"],
    ["1.0.2", "1.0.2", "1_00_2"],
  ];
  for (const [canonical, ...written] of texts) {
    for (const text of written) assert.equal(canonicalVersion(text), canonical);
  }
});

test("comparison is an order that canonical texts agree with", () => {
  const versions = fc
    .array(fc.bigInt({ min: 0n, max: 10n ** 20n }), { minLength: 1, maxLength: 4 })
    .map((parts) => canonicalVersion(parts.join(".")));
  fc.assert(
    fc.property(versions, versions, versions, (a, b, c) => {
      assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) + 0);
      assert.equal(compareVersions(a, b) === 0, a === b);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) assert.ok(compareVersions(a, c) <= 0);
    }),
    { numRuns: 300 },
  );
});

test("what is no version comes first, in an order of its own, and never throws", () => {
  const odd = ["", "-1", "1.", "1..2", "1e3", "R__x", "nonsense", "٣"];
  assert.deepEqual([...odd, "0", "1"].toSorted(compareVersions), [...odd.toSorted(), "0", "1"]);
});

test("a version that a user names", () => {
  for (const text of ["1", "1.2_3", "20260101000000", "0"]) assert.ok(isVersion(text), text);
  for (const text of ["", "v1", "1.", ".1", "1..2", "1 ", "-1", "1\n", "9".repeat(31), "1.".repeat(10) + "1"])
    assert.ok(!isVersion(text), text);
});
