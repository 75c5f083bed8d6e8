import assert from "node:assert/strict";
import test from "node:test";
import { until } from "./until.ts";

test("until returns what was found once it is there", async () => {
  let looks = 0;
  assert.equal(await until(() => (++looks === 3 ? "found" : null), { everyMs: 1 }), "found");
  assert.equal(looks, 3);
});

test("zero and the empty string count as found", async () => {
  assert.equal(await until(() => 0), 0);
  assert.equal(await until(() => ""), "");
});

test("until is bounded and says what was awaited", async () => {
  await assert.rejects(
    until(() => false, { timeoutMs: 5, everyMs: 1, what: "the moon" }),
    /within 5 ms: the moon/,
  );
});
