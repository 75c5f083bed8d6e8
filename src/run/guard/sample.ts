import type { GodwitEvent } from "../../core/event.ts";
import type { Observation } from "./decide.ts";
import type { ServerMemory } from "./observe.ts";

type Sample = Omit<Extract<GodwitEvent, { type: "guard:sampled" }>, "type" | "pace">;

/** One sample as its event tells it: of several figures of a signal the greatest, null where one could not be read. */
export function sampleOf(observations: readonly Observation[], { latencies }: ServerMemory): Sample {
  const greatest = (signal: Observation["signal"]): number | null | undefined => {
    const found = observations.filter((each) => each.signal === signal);
    if (found.length === 0) return undefined;
    const values = found.map((each) => ("value" in each ? each.value : null));
    return values.includes(null) ? null : Math.max(...values.filter((value) => value !== null));
  };
  const figures = {
    lagMs: greatest("lag"),
    lockWaiters: greatest("lock-waiters"),
    activeQueries: greatest("active-queries"),
    oldestTransactionMs: greatest("oldest-transaction"),
    logBytesPerSecond: greatest("log-rate"),
    archiveQueue: greatest("archive-queue"),
    diskUsed: greatest("disk"),
  };
  const told = Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined));
  const queries = [...latencies].map(([name, { p95Ms }]) => ({ name, p95Ms }));
  return { ...told, ...(queries.length === 0 ? {} : { queries }) };
}
