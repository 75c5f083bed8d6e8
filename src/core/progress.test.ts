import assert from "node:assert/strict";
import { test } from "node:test";
import type { GodwitEvent, StampedEvent } from "./event.ts";
import { initialProgress, type ProgressSnapshot, reduceProgress } from "./progress.ts";

const startMs = Date.parse("2026-01-31T09:30:00.000Z");

/** Reduces events, each so many milliseconds after the one before. */
function after(...events: (GodwitEvent & { afterMs?: number })[]): ProgressSnapshot {
  let atMs = startMs;
  return events.reduce<ProgressSnapshot>((snapshot, { afterMs = 0, ...event }, index) => {
    atMs += afterMs;
    const stamped = { ...event, at: new Date(atMs).toISOString(), seq: index + 1 } as StampedEvent;
    return reduceProgress(snapshot, stamped);
  }, initialProgress);
}

const started = { type: "run:started", runId: "r1", kind: "apply", epoch: 1, steps: 3, units: 2 } as const;
const unit = { type: "unit:started", unit: "1", title: "1_a" } as const;
const unitDone = { type: "unit:finished", unit: "1", title: "1_a", durationMs: 5 } as const;
const step = {
  type: "step:started",
  key: "1/up/1",
  title: "INSERT",
  transaction: true,
  effectsBefore: 0,
} as const;
const statement = {
  type: "statement:started",
  key: "1/up/1",
  index: 1,
  count: 3,
  label: "INSERT",
  line: 7,
} as const;
const holder = { sessionId: "4711", application: "psql" };

test("a run counts its units and shows the statement that runs", () => {
  const snapshot = after(started, unit, unitDone, { ...unit, unit: "2", title: "2_b" }, step, {
    ...statement,
    afterMs: 40,
  });
  assert.equal(snapshot.phase, "running");
  assert.deepEqual([snapshot.unitsDone, snapshot.unitsTotal], [1, 2]);
  assert.equal(snapshot.unit?.title, "2_b");
  assert.deepEqual(snapshot.statement, {
    label: "INSERT",
    line: 7,
    index: 1,
    count: 3,
    startedMs: startMs + 40,
  });
  assert.equal(snapshot.startedMs, startMs);
});

test("runs that go on at the same time are counted together", () => {
  const one = { ...started, kind: "mappings", units: 1 } as const;
  const other = { ...one, runId: "r2" } as const;
  const ended = { type: "run:finished", runId: "r1", state: "done", units: 1, durationMs: 5 } as const;
  const both = after(one, other, unitDone, ended);
  assert.deepEqual([both.phase, both.unitsDone, both.unitsTotal], ["running", 1, 2]);
  const third = after(one, other, unitDone, ended, { ...one, runId: "r3" });
  assert.deepEqual([third.unitsDone, third.unitsTotal], [1, 3]);
  const next = after(one, unitDone, ended, other);
  assert.deepEqual([next.unitsDone, next.unitsTotal], [0, 1], "one after another is another count");
});

test("a finished unit leaves nothing current behind", () => {
  const snapshot = after(started, unit, step, statement, unitDone);
  assert.equal(snapshot.unit, null);
  assert.equal(snapshot.statement, null);
  assert.equal(snapshot.step, null);
});

test("a retry says why, until when and who blocks; the next statement clears it", () => {
  const retry = {
    type: "retry:scheduled",
    key: "1/up/1",
    attempt: 1,
    limit: 10,
    delayMs: 400,
    reason: "lock timeout",
    blockers: [holder],
  } as const;
  const paused = after(started, unit, step, statement, retry);
  assert.equal(paused.phase, "pausing");
  assert.equal(paused.pauseReason, "lock timeout");
  assert.equal(paused.pauseUntilMs, startMs + 400);
  assert.deepEqual(paused.waitingFor, [holder]);
  assert.equal(paused.retries, 1);
  const again = after(started, unit, step, statement, retry, statement);
  assert.deepEqual([again.phase, again.pauseReason, again.waitingFor.length], ["running", null, 0]);
  assert.equal(again.retries, 1);
});

test("waiting for the run lock names its holder and ends with it", () => {
  const waiting = after({ type: "lock:waiting", holder, waitedMs: 0 });
  assert.equal(waiting.phase, "waiting");
  assert.deepEqual(waiting.waitingFor, [holder]);
  const acquired = after(
    { type: "lock:waiting", holder, waitedMs: 0 },
    { type: "lock:acquired", sessionId: "1" },
  );
  assert.deepEqual([acquired.phase, acquired.waitingFor.length], ["starting", 0]);
});

test("after a reconnection the units that were done still count", () => {
  const resumed = {
    type: "run:resumed",
    runId: "r1",
    kind: "apply",
    epoch: 2,
    steps: 1,
    units: 1,
    done: 0,
  } as const;
  const lost = { type: "connection:lost", reason: "reset", attempt: 1, delayMs: 200 } as const;
  const same = after(started, unit, unitDone, lost, resumed);
  assert.deepEqual([same.unitsDone, same.unitsTotal, same.reconnects], [1, 2, 1]);
  const other = after(resumed);
  assert.deepEqual([other.unitsDone, other.unitsTotal], [0, 1]);
});

test("a second run of the same process counts from its own start", () => {
  const snapshot = after(started, unit, unitDone, { ...started, runId: "r2", kind: "rollback", units: 1 });
  assert.deepEqual([snapshot.kind, snapshot.unitsDone, snapshot.unitsTotal], ["rollback", 0, 1]);
});

test("rows have a rate and a remaining time from the second report on", () => {
  const report = { type: "script:progressed", key: "1/up", unit: "rows" } as const;
  const first = after(started, unit, step, { ...report, done: 0, total: 1000 });
  assert.deepEqual([first.rows?.rate, first.rows?.etaMs], [null, null]);
  const second = after(
    started,
    unit,
    step,
    { ...report, done: 0, total: 1000 },
    { ...report, done: 250, total: 1000, afterMs: 500 },
  );
  assert.equal(second.rows?.rate, 500);
  assert.equal(second.rows?.etaMs, 1500);
});

test("a rate follows slowly, and starts again with another count", () => {
  const report = { type: "script:progressed", key: "1/up", unit: "rows", total: null } as const;
  const slower = after(
    started,
    { ...report, done: 0 },
    { ...report, done: 1000, afterMs: 1000 },
    { ...report, done: 1000, afterMs: 1000 },
  );
  const rate = slower.rows?.rate ?? 0;
  assert.ok(rate > 800 && rate < 1000, `${rate}`);
  const back = after(
    started,
    { ...report, done: 0 },
    { ...report, done: 1000, afterMs: 1000 },
    { ...report, done: 10 },
  );
  assert.equal(back.rows?.rate, null);
});

test("activity comes and goes with its statement", () => {
  const seen = {
    type: "activity:seen",
    key: "1/up/1",
    phase: "scanning table",
    done: 43,
    total: 100,
    waitingFor: [holder],
  } as const;
  const during = after(started, unit, step, statement, seen);
  assert.deepEqual(during.activity, { phase: "scanning table", done: 43, total: 100 });
  assert.deepEqual(during.waitingFor, [holder]);
  const done = { type: "statement:finished", key: "1/up/1", index: 1, rows: 1, durationMs: 9 } as const;
  assert.equal(after(started, unit, step, statement, seen, done).activity, null);
});

test("the snapshot given is not changed", () => {
  const frozen = Object.freeze({ ...initialProgress });
  reduceProgress(frozen, { ...started, at: new Date(startMs).toISOString(), seq: 1 });
  assert.deepEqual(frozen, initialProgress);
});
