import assert from "node:assert/strict";
import { test } from "node:test";
import { GodwitError } from "../core/error.ts";
import { parseDuration } from "./duration.ts";

const good: readonly [unknown, number][] = [
  ["250ms", 250],
  ["2s", 2000],
  ["5m", 300_000],
  ["1h", 3_600_000],
  ["0s", 0],
  ["0", 0],
  [0, 0],
  ["596h", 2_145_600_000],
];

test("durations", () => {
  for (const [text, ms] of good) assert.equal(parseDuration(text, { what: "--wait" }), ms, String(text));
});

test("everything else is refused, with the code of the place", () => {
  for (const text of [
    "",
    "2",
    2,
    "2 s",
    "-2s",
    "1.5s",
    "1d",
    "1S",
    "1s ",
    "s",
    "1e3s",
    "597h",
    null,
    undefined,
    "٢s",
    "1s\n",
  ]) {
    for (const code of ["GW1001", "GW1004"] as const) {
      assert.throws(
        () => parseDuration(text, { what: "--wait", code }),
        (error) =>
          error instanceof GodwitError && error.code === code && error.message.startsWith("--wait is "),
        String(text),
      );
    }
  }
});
