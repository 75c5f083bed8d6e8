import type { SignalName } from "../../core/guard-settings.ts";
import type { NamedQuery, QueryLatency, Reading, Signals, Unknown } from "../../engines/engine.ts";
import type { Observation } from "./decide.ts";
import { latencyRise, type LatencyTrack } from "./latency-rise.ts";

/** What is kept of the samples of one server: rates are differences. */
export interface ServerMemory {
  /** The log's size and when it was that. */
  log: { readonly bytes: number; readonly atMs: number } | null;
  /** Statements that failed and all: before the run began, and in the last minute. */
  errors: { readonly startRate: number; readonly window: ErrorCount[] } | null;
  readonly latencies: Map<string, LatencyTrack>;
}

interface ErrorCount {
  readonly failed: number;
  readonly total: number;
  readonly atMs: number;
}

export function newServerMemory(): ServerMemory {
  return { log: null, errors: null, latencies: new Map() };
}

/** Errors are counted over this time, and say nothing below so many statements. */
const errorWindowMs = 60_000;
const fewestStatements = 100;

/**
 * The figures of one sample. `server` names it, "" for the target. What the sample lacks, the engine does not have: it is
 * left out. What could not be read is told as unknown.
 */
export function observe(
  memory: ServerMemory,
  signals: Omit<Signals, "absent">,
  { server, atMs, queries }: { server: string; atMs: number; queries: readonly NamedQuery[] },
): Observation[] {
  const found: Observation[] = [];
  const told = <T>(signal: SignalName, reading: Reading<T> | undefined, figure: (value: T) => number) => {
    if (reading === undefined) return;
    if ("unknown" in reading) found.push(notKnown(signal, server, reading));
    else found.push({ signal, of: server, value: figure(reading.value) });
  };
  const { replicas, logBytes, errors, latencies } = signals;
  if (replicas !== undefined && "unknown" in replicas) {
    found.push(notKnown("lag", server, replicas));
  }
  for (const { name, lagMs } of replicas !== undefined && "value" in replicas ? replicas.value : []) {
    const of = `replica ${name}${server === "" ? "" : ` of ${server}`}`;
    found.push("unknown" in lagMs ? notKnown("lag", of, lagMs) : { signal: "lag", of, value: lagMs.value });
  }
  told("lock-waiters", signals.lockWaiters, ({ waiters }) => waiters.length);
  told("active-queries", signals.activeQueries, (count) => count);
  told("oldest-transaction", signals.oldestTransactionMs, (ms) => ms);
  told("archive-queue", signals.archiveQueue, (count) => count);
  told("disk", signals.disk, ({ usedBytes, totalBytes }) => (totalBytes > 0 ? usedBytes / totalBytes : 0));
  if (logBytes !== undefined) found.push(...logRate(memory, logBytes, server, atMs));
  if (errors !== undefined) found.push(...errorRise(memory, errors, server, atMs));
  if (latencies !== undefined) found.push(...latencyRises(memory, latencies, server, queries, atMs));
  return found;
}

function logRate(
  memory: ServerMemory,
  reading: NonNullable<Signals["logBytes"]>,
  of: string,
  atMs: number,
): Observation[] {
  if ("unknown" in reading) return [notKnown("log-rate", of, reading)];
  const before = memory.log;
  memory.log = { bytes: reading.value, atMs };
  if (before === null || atMs <= before.atMs) return [];
  // A server that began to count anew has written nothing that could be told.
  const bytes = Math.max(0, reading.value - before.bytes);
  return [{ signal: "log-rate", of, value: (bytes * 1_000) / (atMs - before.atMs) }];
}

/** By how much the share of statements that fail rose over what it was before the run: applications have errors of their own. */
function errorRise(
  memory: ServerMemory,
  reading: NonNullable<Signals["errors"]>,
  of: string,
  atMs: number,
): Observation[] {
  if ("unknown" in reading) return [notKnown("errors", of, reading)];
  const { failed, total } = reading.value;
  const now = { failed, total, atMs };
  const startRate = total >= fewestStatements ? failed / total : 0;
  memory.errors ??= { startRate, window: [] };
  const { window } = memory.errors;
  window.push(now);
  while (window.length > 2 && atMs - (window[0]?.atMs ?? atMs) > errorWindowMs) window.shift();
  const first = window[0] ?? now;
  const statements = total - first.total;
  const rate = statements >= fewestStatements ? (failed - first.failed) / statements : 0;
  return [{ signal: "errors", of, value: Math.max(0, rate - memory.errors.startRate) }];
}

function latencyRises(
  memory: ServerMemory,
  reading: Reading<readonly QueryLatency[]>,
  server: string,
  queries: readonly NamedQuery[],
  atMs: number,
): Observation[] {
  const of = (name: string) => `query ${name}${server === "" ? "" : ` of ${server}`}`;
  if ("unknown" in reading) {
    return queries.map(({ name }) => notKnown("latency", of(name), reading));
  }
  const found: Observation[] = [];
  for (const latency of reading.value) {
    if (latency.unknown !== undefined) {
      found.push(notKnown("latency", of(latency.name), { ...latency, unknown: latency.unknown }));
      continue;
    }
    const { track, rise } = latencyRise(memory.latencies.get(latency.name) ?? null, latency, atMs);
    memory.latencies.set(latency.name, track);
    if (rise !== null) found.push({ signal: "latency", of: of(latency.name), value: rise });
  }
  return found;
}

/** Why it is not known, with what would make it known. A query is named by hand: it is to be watched, or the run waits. */
function notKnown(signal: SignalName, of: string, { unknown, remedy, withheld }: Unknown): Observation {
  const why = remedy === undefined ? unknown : `${unknown} (${remedy})`;
  return {
    signal,
    of,
    unknown: why,
    ...(withheld === undefined || signal === "latency" ? {} : { withheld }),
  };
}
