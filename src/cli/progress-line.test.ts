import assert from "node:assert/strict";
import { test } from "node:test";
import { initialProgress, type ProgressSnapshot } from "../core/progress.ts";
import { progressLines } from "./progress-line.ts";
import { textWidth } from "./text-width.ts";

const base: ProgressSnapshot = {
  ...initialProgress,
  phase: "running",
  kind: "apply",
  unitsDone: 12,
  unitsTotal: 40,
  startedMs: 0,
  unit: { name: "1", title: "20260101_orders", startedMs: 0 },
  statement: { label: "CREATE INDEX", line: 7, index: 1, count: 5, startedMs: 51_000 },
};
const holder = { sessionId: "4711", application: "psql" };

test("the whole has a bar, the work its statement and what the server tells of it", () => {
  const activity = { phase: "scanning table", done: 43, total: 100 };
  assert.deepEqual(progressLines({ ...base, activity }, 63_000, 100), [
    "applying  ███████░░░░░░░░░░░░░░░░░  12/40  1m 03s",
    "  20260101_orders  line 7: CREATE INDEX (2 of 5)  12 s  43% scanning table",
  ]);
});

test("a script shows rows, rate and remaining time", () => {
  const rows = { done: 120_000, total: 1_000_000, unit: "rows", rate: 44_000, etaMs: 20_000, atMs: 0 };
  assert.equal(
    progressLines({ ...base, rows }, 63_000, 100)[1],
    "  20260101_orders  120,000/1,000,000 rows  12%  44,000/s  ETA 20 s",
  );
});

test("a pause says why, how long and who is in the way", () => {
  const paused = { ...base, pauseReason: "lock timeout", pauseUntilMs: 65_000, waitingFor: [holder] };
  assert.equal(progressLines(paused, 63_000, 100)[2], "  lock timeout, again in 2.0 s: session 4711 (psql)");
  const waiting = { ...base, waitingFor: [holder, holder] };
  assert.equal(progressLines(waiting, 63_000, 100)[2], "  waiting for session 4711 (psql) and 1 more");
});

test("before the run begins it says what it waits for", () => {
  assert.deepEqual(progressLines({ ...initialProgress, startedMs: 0 }, 400, 80), ["connecting  400 ms"]);
  const waiting = { ...initialProgress, phase: "waiting" as const, startedMs: 0 };
  assert.deepEqual(progressLines(waiting, 400, 80), ["waiting for the run lock  400 ms"]);
});

test("no width is too narrow, and names from files cannot move the cursor", () => {
  const evil = { ...base, unit: { name: "1", title: "日本\u001b[2J\n語".repeat(20), startedMs: 0 } };
  for (let columns = 0; columns < 120; columns++) {
    for (const line of progressLines({ ...evil, waitingFor: [holder] }, 63_000, columns)) {
      assert.ok(textWidth(line) <= columns, `${columns}: ${line}`);
      assert.doesNotMatch(line, /\p{Cc}/u);
    }
  }
});
