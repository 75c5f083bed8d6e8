import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { GuardSettings, SignalName } from "../../core/guard-settings.ts";
import { type Decision, decide, type GuardState, initialGuardState, type Observation } from "./decide.ts";

const none = { pause: null, abort: null };
const limits: GuardSettings["limits"] = {
  lag: { pause: 10_000, abort: 30_000 },
  "lock-waiters": { pause: 5, abort: null },
  "active-queries": none,
  "oldest-transaction": none,
  latency: { pause: 0.2, abort: 0.25 },
  "log-rate": none,
  "archive-queue": { pause: 100, abort: null },
  disk: { pause: 0.85, abort: 0.9 },
  errors: { pause: null, abort: 0.01 },
};
const rules = { limits, resumeBelow: 0.8, resumeSamples: 3, abortSamples: 3, headroom: 0.5 };

const lag = (value: number, of = "replica a"): Observation => ({ signal: "lag", of, value });

/** The decisions about one sample after the other. */
function run(samples: readonly (readonly Observation[])[], state: GuardState = initialGuardState) {
  const decisions: Decision[] = [];
  for (const sample of samples) {
    const next = decide(state, sample, rules);
    state = next.state;
    decisions.push(next.decision);
  }
  return { decisions, state, words: decisions.map((decision) => decision.do).join(" ") };
}

const lags = (...values: readonly number[]) => run(values.map((value) => [lag(value)]));

test("over its limit a signal pauses at once, and lets go on after some calm samples in a row", () => {
  assert.equal(
    lags(0, 10_000, 10_001, 8_000, 8_000, 8_001, 8_000, 8_000, 8_000).words,
    ["go", "slower", "pause", "pause", "pause", "pause", "pause", "pause", "slower"].join(" "),
  );
});

test("an abort needs its samples in a row, and none is forgotten between", () => {
  assert.equal(lags(0, 30_001, 30_001, 30_000, 30_001, 30_001).words, "go pause pause pause pause pause");
  const { decisions } = lags(0, 31_000, 32_000, 33_000);
  assert.deepEqual(decisions.at(-1), {
    do: "abort",
    signal: "lag",
    reason: "the lag of replica a is 33.0 s, over its limit of 30.0 s",
    value: 33_000,
    limit: 30_000,
  });
});

test("a signal without a limit to pause at holds the run up while it is about to abort", () => {
  const errors = (value: number): Observation => ({ signal: "errors", of: "", value });
  assert.equal(run([0, 0.02, 0.02, 0.02].map((value) => [errors(value)])).words, "go pause pause abort");
});

test("what cannot be read holds the run up and says why; what was never there does not", () => {
  const unknown: Observation = { signal: "lag", of: "replica a", unknown: "permission denied" };
  const { decisions } = run([[unknown]]);
  assert.deepEqual(decisions[0], {
    do: "pause",
    signal: "lag",
    reason: "the lag of replica a is not known: permission denied",
    value: null,
    limit: 10_000,
  });
  // Switched off by null.
  const off: Observation = { signal: "active-queries", of: "", unknown: "permission denied" };
  assert.equal(run([[off], []]).words, "go go");
  // A replica that is gone is one of which nothing is known.
  const gone = run([[lag(0), lag(0, "replica b")], [lag(0)]]);
  assert.deepEqual(gone.decisions[1], {
    do: "pause",
    signal: "lag",
    reason: "the lag of replica b is not known: the server does not tell it any more",
    value: null,
    limit: 10_000,
  });
  // A server that could not be asked and can be again is no signal that is lost.
  const silent: Observation = { signal: "server", of: "", unknown: "connection refused" };
  assert.equal(run([[], [silent], [], []]).words, "go pause go go");
});

test("each signal of each server is judged by itself, and the worst is told", () => {
  const full: Observation = { signal: "disk", of: "", value: 0.95 };
  const both = run([
    [lag(11_000), full],
    [lag(0), full],
    [lag(0), full],
  ]);
  assert.deepEqual(
    both.decisions.map((decision) => [decision.do, "signal" in decision ? decision.signal : ""]),
    [
      ["pause", "lag"],
      ["pause", "lag"],
      ["abort", "disk"],
    ],
  );
});

test("a run that uses more than its share of the room slows down by a factor, and comes back by steps", () => {
  const start = lags(2_000, 5_900, 6_100);
  // Half of the way from 2 to 10 s is 6 s.
  assert.equal(start.words, "go go slower");
  assert.equal(start.state.pace, 0.7);
  const slower = run([[lag(7_000)], [lag(7_000)]], start.state);
  assert.equal(slower.state.pace, 0.343);
  const back = run(
    Array.from({ length: 14 }, () => [lag(2_000)]),
    slower.state,
  );
  assert.deepEqual([back.decisions[0]?.do, back.decisions.at(-1)?.do, back.state.pace], ["slower", "go", 1]);
  // A full disk is no reason to be slow.
  assert.equal(run([[{ signal: "disk", of: "", value: 0.8 }]]).state.pace, 1);
});

const figures: fc.Arbitrary<number> = fc.integer({ min: 0, max: 40_000 });

test("between the two limits nothing changes: it never flaps", () => {
  const band = fc.integer({ min: 8_001, max: 10_000 });
  fc.assert(
    fc.property(fc.array(figures), fc.array(band, { minLength: 1 }), (before, within) => {
      const first = run(before.map((value) => [lag(value)]));
      const was = first.decisions.at(-1)?.do ?? "go";
      if (was === "abort") return;
      const after = run(
        within.map((value) => [lag(value)]),
        first.state,
      );
      const isPaused = was === "pause";
      assert.deepEqual(
        new Set(after.decisions.map((decision) => decision.do === "pause")),
        new Set([isPaused]),
      );
    }),
  );
});

test("it goes on only after so many calm samples, and waits only for what is or was over its limit", () => {
  fc.assert(
    fc.property(fc.array(figures, { minLength: 1 }), (values) => {
      const { decisions } = lags(...values);
      for (const [index, decision] of decisions.entries()) {
        const isHeld = decision.do === "pause" || decision.do === "abort";
        const value = values[index]!;
        if (value > 10_000) assert.ok(isHeld, `${value} let it go on`);
        const wasHeld = index > 0 && ["pause", "abort"].includes(decisions[index - 1]!.do);
        if (wasHeld && !isHeld) {
          assert.ok(
            values.slice(index - 2, index + 1).every((each) => each <= 8_000),
            "it went on too early",
          );
        }
        if (!wasHeld && isHeld) assert.ok(value > 10_000, `${value} made it wait`);
      }
    }),
  );
});

test("what is not known never lets a run go on, whatever else is sampled", () => {
  const limited: readonly SignalName[] = [
    "lag",
    "lock-waiters",
    "latency",
    "archive-queue",
    "disk",
    "errors",
  ];
  const observation = fc.record({
    signal: fc.constantFrom(...limited),
    of: fc.constantFrom("", "x"),
    value: figures,
  });
  fc.assert(
    fc.property(
      fc.array(fc.array(observation, { maxLength: 4 }), { maxLength: 6 }),
      fc.array(observation, { maxLength: 4 }),
      fc.constantFrom(...limited, "server" as const),
      (before, others, signal) => {
        const { state } = run(before);
        const { decision } = decide(state, [...others, { signal, of: "y", unknown: "why" }], rules);
        assert.ok(decision.do === "pause" || decision.do === "abort", decision.do);
        assert.ok(state.pace > 0 && state.pace <= 1);
      },
    ),
  );
});
