import assert from "node:assert/strict";
import test from "node:test";
import { ReportFacts } from "./report-facts.ts";

const second = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString();

function facts(events: readonly (readonly [at: number, type: string, facts: Record<string, unknown>])[]) {
  const gathered = new ReportFacts(second(0), second(60));
  for (const [at, type, own] of events) {
    gathered.add({ seq: 1, runId: "r", epoch: 1, actor: "a", type, at: second(at), facts: own });
  }
  return gathered;
}

test("rows are spread over the time in which they were written", () => {
  const { rows } = facts([]);
  assert.equal(rows, 0);
  assert.deepEqual(facts([]).rate(), []);
  const rate = facts([
    [10, "chunk:finished", { rows: 100, durationMs: 10_000 }],
    [20, "statement:finished", { key: "k", index: 0, rows: 7, durationMs: 0 }],
  ]).rate();
  assert.equal(rate.length, 60);
  assert.deepEqual(new Set(rate.slice(0, 10).map(({ value }) => value)), new Set([10]));
  assert.equal(rate[20]?.value, 7);
  assert.equal(
    rate.reduce((sum, { value }) => sum + value, 0),
    107,
  );
});

test("a lock on a table is held from its statement to the end of the transaction, or of the statement", () => {
  const { windows } = facts([
    [0, "step:started", { key: "a", transaction: true }],
    [1, "statement:started", { key: "a", index: 0, label: "INSERT", line: 1 }],
    [2, "statement:started", { key: "a", index: 1, label: "ALTER TABLE", line: 2 }],
    [3, "statement:finished", { key: "a", index: 1, rows: null, durationMs: 1_000 }],
    [9, "step:finished", { key: "a", durationMs: 9_000 }],
    [10, "step:started", { key: "b", transaction: false }],
    [10, "statement:started", { key: "b", index: 0, label: "DROP TABLE", line: 1 }],
    [14, "statement:finished", { key: "b", index: 0, rows: null, durationMs: 4_000 }],
    [14, "step:finished", { key: "b", durationMs: 4_000 }],
    [15, "step:started", { key: "c", transaction: false }],
    [15, "statement:started", { key: "c", index: 0, label: "CREATE INDEX CONCURRENTLY", line: 1 }],
    [59, "statement:finished", { key: "c", index: 0, rows: null, durationMs: 44_000 }],
  ]);
  assert.deepEqual(
    windows.map(({ key, label, heldMs }) => [key, label, heldMs]),
    [
      ["a", "ALTER TABLE", 7_000],
      ["b", "DROP TABLE", 4_000],
    ],
  );
});

test("pauses have their lengths, and lag its samples, also where one is unknown", () => {
  const { pauses, lag, mostWaiting } = facts([
    [1, "guard:sampled", { lagMs: 100, lockWaiters: 2, pace: 1 }],
    [2, "guard:sampled", { lagMs: null, lockWaiters: null, pace: 1 }],
    [3, "guard:paused", { key: "k", signal: "lag", reason: "a replica lags", value: 11, limit: 10 }],
    [8, "guard:resumed", { key: "k", signal: "lag", pausedMs: 5_000 }],
    [9, "guard:paused", { key: "k", signal: "operator", reason: "asked for", value: null, limit: null }],
  ]);
  assert.deepEqual(
    pauses.map(({ signal, pausedMs }) => [signal, pausedMs]),
    [
      ["lag", 5_000],
      ["operator", null],
    ],
  );
  assert.deepEqual(
    lag.map(({ value }) => value),
    [100],
  );
  assert.equal(mostWaiting, 2);
});
