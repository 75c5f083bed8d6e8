import type { Target } from "./target.ts";

/** What a guard watches. The order is that in which breaches are told. */
export const signalNames = [
  "lag",
  "lock-waiters",
  "active-queries",
  "oldest-transaction",
  "latency",
  "log-rate",
  "archive-queue",
  "disk",
  "errors",
] as const;

export type SignalName = (typeof signalNames)[number];

/** Over `pause` the run waits, over `abort` it ends; null is no limit. In the signal's own unit. */
export interface SignalLimits {
  readonly pause: number | null;
  readonly abort: number | null;
}

/** A query whose latency is watched: found among the server's statistics, or a statement that is run and timed. */
export interface WatchedQuery {
  readonly name: string;
  readonly like?: string;
  readonly probe?: string;
}

/** How a run is guarded: the limits of its signals, and what is done about a breach. */
export interface GuardSettings {
  /** How often the signals are sampled. */
  readonly intervalMs: number;
  /** The run stops while a file of this path is there; null for none. */
  readonly stopFile: string | null;
  /** Milliseconds, counts, bytes a second; of latency, disk and errors the share, 0 to 1. */
  readonly limits: Readonly<Record<SignalName, SignalLimits>>;
  /** Signals whose limit someone has set: one that this user may not see is a breach, and not only a warning. */
  readonly demanded: readonly SignalName[];
  /** So many batches that fail in a row abort the run; null for any number. */
  readonly failedBatches: number | null;
  /** A paused run goes on when what paused it is under this share of its limit, */
  readonly resumeBelow: number;
  /** for so many samples in a row. */
  readonly resumeSamples: number;
  /** A signal is over its abort limit for so many samples in a row before the run is aborted. */
  readonly abortSamples: number;
  /** The share of the room between a signal and its limit that the run may use before it slows down. */
  readonly headroom: number;
  /** A run that its signals pause for longer stops; 0 is never. */
  readonly longestPauseMs: number;
  /** What an abort does with what the run has done: of migrations, and of copies. */
  readonly onAbort: AbortPolicy;
  readonly onCopyAbort: AbortPolicy;
  readonly queries: readonly WatchedQuery[];
  /** A table that something else writes the time into, to tell the lag by. */
  readonly heartbeat: { readonly table: string; readonly column: string } | null;
  /** Replicas that are asked for their lag. */
  readonly replicas: readonly Target[];
}

export const abortPolicies = ["rollback", "stop"] as const;
export type AbortPolicy = (typeof abortPolicies)[number];
