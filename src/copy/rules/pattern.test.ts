import assert from "node:assert/strict";
import { test } from "node:test";
import { dmsPattern, exactly, matchesName, starPattern } from "./pattern.ts";

const dms: readonly (readonly [pattern: string, name: string, matches: boolean])[] = [
  ["%", "", true],
  ["%", "a\nb", true],
  ["ord%", "orders", true],
  ["ord%", "Orders", false],
  ["t_x", "tax", true],
  ["t_x", "tx", false],
  ["t[_]x", "t_x", true],
  ["t[_]x", "tax", false],
  ["[ab]x", "bx", true],
  ["[ab]x", "cx", false],
  ["[a-d]x", "cx", true],
  ["[a-d]x", "ex", false],
  ["[a-d]x", "-x", false],
  ["[d-a]x", "-x", true],
  ["[%]", "%", true],
  ["[^a]", "^", true],
  ["[^a]", "b", false],
  ["a.b", "axb", false],
  ["a(b", "a(b", true],
  ["a[b", "a[b", true],
  ["_", "😀", true],
];

for (const [pattern, name, matches] of dms) {
  test(`${pattern} ${matches ? "is" : "is not"} ${JSON.stringify(name)}`, () => {
    assert.equal(matchesName(dmsPattern(pattern), name), matches);
  });
}

test("an explicit name is no pattern", () => {
  assert.equal(matchesName(exactly("a_b"), "axb"), false);
  assert.equal(matchesName(exactly("a_b"), "a_b"), true);
});

test("of our own patterns only * means more than itself", () => {
  assert.equal(matchesName(starPattern("a_*"), "a_b"), true);
  assert.equal(matchesName(starPattern("a_*"), "axb"), false);
  assert.equal(matchesName(starPattern("a%"), "ab"), false);
});
