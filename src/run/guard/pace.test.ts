import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { restMs, workersAtWork } from "./pace.ts";

test("workers and rests together come to the pace, and somebody always works", () => {
  const given = fc.record({
    pace: fc.double({ min: 0.05, max: 1, noNaN: true }),
    workers: fc.integer({ min: 1, max: 16 }),
    tookMs: fc.integer({ min: 1, max: 1_000 }),
  });
  fc.assert(
    fc.property(given, ({ pace, workers, tookMs }) => {
      const atWork = workersAtWork(pace, workers);
      assert.ok(atWork >= 1 && atWork <= workers);
      const rest = restMs(pace, { worker: 0, workers, tookMs });
      const share = (atWork * tookMs) / (tookMs + rest);
      assert.ok(Math.abs(share - pace * workers) < 1e-6, `${share} is not ${pace * workers}`);
    }),
  );
  assert.deepEqual([workersAtWork(1, 4), restMs(1, { worker: 3, workers: 4, tookMs: 500 })], [4, 0]);
  // A rest is bounded: what changes meanwhile is heard.
  assert.equal(restMs(0.05, { worker: 0, workers: 1, tookMs: 3_600_000 }), 60_000);
});
