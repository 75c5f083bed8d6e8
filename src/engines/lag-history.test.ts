import assert from "node:assert/strict";
import { test } from "node:test";
import { LagHistory } from "./lag-history.ts";

test("how late a position is follows from when the log was there", () => {
  const history = new LagHistory();
  assert.deepEqual(history.missing(5n, 0), { atLeastMs: 0, atMostMs: null });
  history.note(10n, 0);
  history.note(10n, 1_000);
  history.note(20n, 2_000);
  history.note(30n, 3_000);
  // Late since before the first look.
  assert.deepEqual(history.missing(9n, 3_500), { atLeastMs: 3_500, atMostMs: null });
  // What came after it was written between the second look and the third.
  assert.deepEqual(history.missing(10n, 3_500), { atLeastMs: 1_500, atMostMs: 2_500 });
  assert.deepEqual(history.missing(25n, 3_500), { atLeastMs: 500, atMostMs: 1_500 });
  assert.deepEqual(history.missing(30n, 3_500), { atLeastMs: 0, atMostMs: 500 });
  // Another log.
  history.note(4n, 4_000);
  assert.deepEqual(history.missing(3n, 5_000), { atLeastMs: 1_000, atMostMs: null });
});

test("it does not grow without end, and what it forgot is late all the same", () => {
  const history = new LagHistory();
  for (let n = 0; n < 5_000; n++) history.note(BigInt(n), n * 1_000);
  const { atLeastMs, atMostMs } = history.missing(10n, 5_000_000);
  assert.ok(atLeastMs >= 800_000 && atMostMs === null, JSON.stringify({ atLeastMs, atMostMs }));
});
