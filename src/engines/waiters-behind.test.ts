import assert from "node:assert/strict";
import { test } from "node:test";
import { waitersBehind } from "./waiters-behind.ts";

const waits = [
  { waiter: "d", blockers: ["c"] },
  { waiter: "b", blockers: ["a"] },
  { waiter: "c", blockers: ["x", "b"] },
  { waiter: "y", blockers: ["x"] },
  // Two that wait for each other, for nobody of ours.
  { waiter: "p", blockers: ["q"] },
  { waiter: "q", blockers: ["p"] },
];

test("a chain of waiters is followed to its end, and ours are none of them", () => {
  assert.deepEqual(waitersBehind(["a"], waits), ["b", "c", "d"]);
  assert.deepEqual(waitersBehind(["x", "c"], waits), ["d", "y"]);
  assert.deepEqual(waitersBehind([], waits), []);
});
