import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueryLatency, Signals } from "../../engines/engine.ts";
import { newServerMemory, observe } from "./observe.ts";

type Some = Omit<Signals, "absent">;

/** The figures of samples a second apart, each as "signal of: value". */
function figures(samples: readonly Some[], everyMs = 1_000, server = ""): string[][] {
  const memory = newServerMemory();
  const queries = [{ name: "pay", like: "x" }];
  return samples.map((signals, index) =>
    observe(memory, signals, { server, atMs: 5_000 + index * everyMs, queries }).map((each) =>
      `${each.signal} ${each.of}: ${"value" in each ? Number(each.value.toFixed(3)) : each.unknown}`.replace(
        " :",
        ":",
      ),
    ),
  );
}

test("replicas are told one by one; what is missing is left out, what is unknown is not", () => {
  const replicas = {
    value: [
      { name: "a", lagMs: { value: 12 } },
      { name: "b", lagMs: { unknown: "denied" } },
    ],
  };
  assert.deepEqual(
    figures([{ replicas, disk: { value: { usedBytes: 3, totalBytes: 4 } } }, {}], 1_000, "the source"),
    [["lag replica a of the source: 12", "lag replica b of the source: denied", "disk the source: 0.75"], []],
  );
  assert.deepEqual(
    figures([{ replicas: { unknown: "denied" }, archiveQueue: { unknown: "no", remedy: "GRANT x" } }]),
    [["lag: denied", "archive-queue: no (GRANT x)"]],
  );
});

test("rates are differences, and a server that counts anew wrote nothing", () => {
  const log = [1_000, 3_000, 3_000, 10].map((value) => ({ logBytes: { value } }));
  assert.deepEqual(figures(log, 2_000), [[], ["log-rate: 1000"], ["log-rate: 0"], ["log-rate: 0"]]);
});

test("errors are those beyond what the application made before, in the last minute, and of enough statements", () => {
  const errors = (failed: number, total: number) => ({ errors: { value: { failed, total } } });
  // 5% before the run; then 7%, then too few to say.
  assert.deepEqual(figures([errors(50, 1_000), errors(57, 1_100), errors(57, 1_120)], 1_000), [
    ["errors: 0"],
    ["errors: 0.02"],
    // 7 of 120 since the first sample are 5.8%.
    ["errors: 0.008"],
  ]);
  assert.deepEqual(figures([errors(0, 0), errors(99, 99), errors(1, 100)], 1_000).flat(), [
    "errors: 0",
    "errors: 0",
    "errors: 0.01",
  ]);
});

const latencies = (value: QueryLatency): Some => ({ latencies: { value: [value] } });

test("a probe's percentile is that of its last twenty times, over that of the first twenty", () => {
  const probes = (count: number, elapsedMs: number) =>
    Array.from({ length: count }, () => latencies({ name: "pay", elapsedMs }));
  const seen = figures([...probes(19, 50), ...probes(1, 50), ...probes(1, 99), ...probes(1, 60)]);
  assert.deepEqual(seen.slice(18), [
    [],
    ["latency query pay: 0"],
    // One bad time of twenty is an accident, two are a percentile.
    ["latency query pay: 0"],
    ["latency query pay: 0.2"],
  ]);
});

test("of counters the calls of the last half minute count; a histogram gives its bound", () => {
  const mean = (calls: number, totalMs: number) => latencies({ name: "pay", calls, totalMs });
  assert.deepEqual(figures([mean(100, 1_000), mean(110, 2_000), mean(120, 1_240)], 10_000).flat(), [
    "latency query pay: 0",
    // Ten calls say nothing yet.
    "latency query pay: 0",
    "latency query pay: 0.2",
  ]);
  const histogram = (...counts: readonly [number, number]) =>
    latencies({
      name: "pay",
      calls: counts[0] + counts[1],
      totalMs: 0,
      histogram: [
        { upToMs: 10, calls: counts[0] },
        { upToMs: 40, calls: counts[1] },
      ],
    });
  assert.deepEqual(figures([histogram(100, 0), histogram(190, 10)], 10_000).flat(), [
    "latency query pay: 0",
    "latency query pay: 3",
  ]);
  assert.deepEqual(figures([{ latencies: { unknown: "denied" } }]).flat(), ["latency query pay: denied"]);
});
