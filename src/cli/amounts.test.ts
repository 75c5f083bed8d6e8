import assert from "node:assert/strict";
import { test } from "node:test";
import { countText, durationText, numberText, timeText } from "./amounts.ts";

test("durations", () => {
  const texts = [0, 340, 999.6, 2_500, 9_949, 9_950, 59_400, 63_000, 3_599_999, 7_500_000].map(durationText);
  assert.deepEqual(texts, [
    "0 ms",
    "340 ms",
    "1000 ms",
    "2.5 s",
    "9.9 s",
    "10 s",
    "59 s",
    "1m 03s",
    "1h 00m",
    "2h 05m",
  ]);
});

test("counts, numbers and times", () => {
  assert.equal(countText(1, "migration"), "1 migration");
  assert.equal(countText(12_000, "row"), "12,000 rows");
  assert.equal(numberText(1_234_567.8), "1,234,568");
  assert.equal(timeText("2026-01-31T09:30:00.123Z"), "2026-01-31 09:30:00");
});
