import type { QueryLatency } from "../../engines/engine.ts";

/** What is kept of one named query. */
export interface LatencyTrack {
  /** The 95th percentile before the run did anything; null until it is known. */
  readonly baselineMs: number | null;
  /** Of a probe: its last times. */
  readonly times: readonly number[];
  /** Of statistics: the last states of its counters. */
  readonly states: readonly { readonly latency: QueryLatency; readonly atMs: number }[];
  /** The last percentile that could be told. */
  readonly p95Ms: number | null;
}

/** So many times of a probe make a percentile: one of them may be an accident. */
const probeTimes = 20;
/** Calls are counted over this time, and fewer than these say nothing. */
const windowMs = 30_000;
const fewestCalls = 20;
/** Below it a difference is noise: of what this process times the network's and its own, of counters the server's clock's. */
const probeNoiseMs = 5;
const counterNoiseMs = 0.5;

/**
 * The 95th percentile of a query now, over that at the start of the run: 0.2 is a fifth more. Null until both are
 * known. Where the server counts in a histogram it is one of its bounds; where it keeps sums alone, it is the mean.
 */
export function latencyRise(
  before: LatencyTrack | null,
  latency: QueryLatency,
  atMs: number,
): { readonly track: LatencyTrack; readonly rise: number | null } {
  const track =
    latency.elapsedMs === undefined ? counted(before, latency, atMs) : timed(before, latency.elapsedMs);
  const { baselineMs, p95Ms } = track;
  if (baselineMs === null || p95Ms === null) return { track, rise: null };
  const noiseMs = latency.elapsedMs === undefined ? counterNoiseMs : probeNoiseMs;
  const more = p95Ms - baselineMs;
  return { track, rise: more < noiseMs ? 0 : more / Math.max(baselineMs, noiseMs) };
}

function timed(before: LatencyTrack | null, elapsedMs: number): LatencyTrack {
  const times = [...(before?.times ?? []), elapsedMs].slice(-probeTimes);
  const p95Ms = times.length < probeTimes ? null : percentile(times);
  return { baselineMs: before?.baselineMs ?? p95Ms, times, states: [], p95Ms };
}

function percentile(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
}

function counted(before: LatencyTrack | null, latency: QueryLatency, atMs: number): LatencyTrack {
  const zero: QueryLatency = { name: latency.name, calls: 0, totalMs: 0 };
  // What the server has counted until the first sample is from before the run.
  if (before === null) {
    const baselineMs = between(zero, latency);
    return { baselineMs, times: [], states: [{ latency, atMs }], p95Ms: baselineMs };
  }
  // The oldest state is kept that is at least a window old.
  const states = [...before.states, { latency, atMs }];
  while (states.length > 2 && atMs - (states[1]?.atMs ?? atMs) >= windowMs) states.shift();
  const oldest = states[0]?.latency ?? zero;
  // A server that began to count anew.
  const isReset = (latency.calls ?? 0) < (oldest.calls ?? 0);
  const p95Ms = (isReset ? between(zero, latency) : between(oldest, latency)) ?? before.p95Ms;
  return {
    baselineMs: before.baselineMs ?? p95Ms,
    times: [],
    states: isReset ? [{ latency, atMs }] : states,
    p95Ms,
  };
}

/** The percentile, or the mean, of the calls between two states; null where there are too few. */
function between(first: QueryLatency, last: QueryLatency): number | null {
  const calls = (last.calls ?? 0) - (first.calls ?? 0);
  if (calls < fewestCalls) return null;
  if (last.histogram === undefined) return ((last.totalMs ?? 0) - (first.totalMs ?? 0)) / calls;
  const earlier = new Map(first.histogram?.map(({ upToMs, calls: count }) => [upToMs, count]));
  const buckets = last.histogram
    .map(({ upToMs, calls: count }) => ({ upToMs, calls: count - (earlier.get(upToMs) ?? 0) }))
    .toSorted((a, b) => a.upToMs - b.upToMs);
  const all = buckets.reduce((sum, bucket) => sum + bucket.calls, 0);
  let sum = 0;
  for (const bucket of buckets) {
    sum += bucket.calls;
    if (sum >= all * 0.95) return bucket.upToMs;
  }
  return null;
}
