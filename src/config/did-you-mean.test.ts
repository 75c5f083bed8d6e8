import assert from "node:assert/strict";
import { test } from "node:test";
import { closestWord, didYouMean } from "./did-you-mean.ts";

test("the nearest word, or none", () => {
  const words = ["lockTimeout", "lockRetries", "url", "migrations", "sslmode"];
  const cases: readonly [string, string | null][] = [
    ["lockTimeot", "lockTimeout"],
    ["lock_timeout", "lockTimeout"],
    ["lcokRetries", "lockRetries"],
    ["ulr", "url"],
    ["Migration", "migrations"],
    ["sslmod", "sslmode"],
    ["password", null],
    ["", null],
  ];
  for (const [word, expected] of cases) assert.equal(closestWord(word, words), expected, word);
  assert.equal(didYouMean("sslmod", words), '; did you mean "sslmode"?');
  assert.equal(didYouMean("x".repeat(10_000), words), "");
});
