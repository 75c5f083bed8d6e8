import { durationForms } from "./duration.ts";
import { percentForms } from "./percent.ts";
import type { Setting } from "./settings.ts";
import { sizeForms } from "./size.ts";

/*
 * The settings under `guard`. The limits are those that operators of large databases begin with; each can be null,
 * which switches that limit off. https://github.com/github/gh-ost/blob/master/doc/throttle.md tells of the practice.
 */

/** What a value looks like; it decides how it is checked and read. */
export type GuardSettingKind =
  | "duration"
  | "time"
  | "percent"
  | "count"
  | "size"
  | "samples"
  | "path"
  | "policy"
  | "urls"
  | "queries"
  | "heartbeat";

export interface GuardSetting extends Setting {
  readonly kind: GuardSettingKind;
  readonly nullable: boolean;
}

const expected: Readonly<Record<GuardSettingKind, string>> = {
  duration: durationForms,
  time: "a duration such as 250ms, 2s, 5m or 1h",
  percent: percentForms,
  count: "a whole number from 1 to 1000000",
  size: sizeForms,
  samples: "a whole number from 1 to 1000",
  path: "the path of a file, or null",
  policy: 'one of "rollback" and "stop"',
  urls: "a list of connection URLs",
  queries: "a list of queries, each with a name and either like or probe",
  heartbeat: "a table and a column",
};

const limit = (
  kind: GuardSettingKind,
  title: string,
  description: string,
  value: string | number | null,
): GuardSetting => ({
  kind,
  nullable: true,
  title,
  description: `${description} Null switches it off.`,
  expects: `${expected[kind]}, or null`,
  default: value,
});

const option = (
  kind: GuardSettingKind,
  title: string,
  description: string,
  value: Setting["default"],
): GuardSetting => ({
  kind,
  nullable: kind === "path",
  title,
  description,
  expects: expected[kind],
  default: value,
});

export const guardSettings = {
  "guard.interval": option(
    "time",
    "Interval of samples",
    "How often the signals of the servers are looked at while a run goes on.",
    "1s",
  ),
  "guard.stopFile": option(
    "path",
    "Stop file",
    "While a file of this path is there, a run stops before its next statement or batch, and none begins. Relative to the configuration file; null for none. It must belong to root or to the user who runs Godwit, and be no link.",
    ".godwit/stop",
  ),
  "guard.lagPause": limit(
    "time",
    "Replication lag that pauses",
    "A replica that lags by more pauses the run.",
    "10s",
  ),
  "guard.lagAbort": limit(
    "time",
    "Replication lag that aborts",
    "A replica that lags by more ends the run.",
    "30s",
  ),
  "guard.lockWaitersPause": limit(
    "count",
    "Lock waiters that pause",
    "More sessions than these that wait for a lock of the run's pause it.",
    5,
  ),
  "guard.lockWaitersAbort": limit(
    "count",
    "Lock waiters that abort",
    "More sessions than these that wait for a lock of the run's end it.",
    null,
  ),
  "guard.activeQueriesPause": limit(
    "count",
    "Active queries that pause",
    "More statements of others than these that are executed at once pause the run.",
    null,
  ),
  "guard.activeQueriesAbort": limit(
    "count",
    "Active queries that abort",
    "More statements of others than these that are executed at once end the run.",
    null,
  ),
  "guard.oldestTransactionPause": limit(
    "time",
    "Age of a transaction that pauses",
    "A transaction of others that is older pauses the run.",
    null,
  ),
  "guard.oldestTransactionAbort": limit(
    "time",
    "Age of a transaction that aborts",
    "A transaction of others that is older ends the run.",
    null,
  ),
  "guard.latencyPause": limit(
    "percent",
    "Latency that pauses",
    "A named query (guard.queries) whose 95th percentile is by so much over that at the run's start pauses it.",
    "20%",
  ),
  "guard.latencyAbort": limit(
    "percent",
    "Latency that aborts",
    "A named query whose 95th percentile is by so much over that at the run's start ends it.",
    "25%",
  ),
  "guard.logRatePause": limit(
    "size",
    "Log rate that pauses",
    "So many bytes of WAL or binary log a second pause the run.",
    null,
  ),
  "guard.logRateAbort": limit(
    "size",
    "Log rate that aborts",
    "So many bytes of WAL or binary log a second end the run.",
    null,
  ),
  "guard.archiveQueuePause": limit(
    "count",
    "Archive queue that pauses",
    "More log segments than these that wait to be archived pause the run.",
    100,
  ),
  "guard.archiveQueueAbort": limit(
    "count",
    "Archive queue that aborts",
    "More log segments than these that wait to be archived end the run.",
    null,
  ),
  "guard.diskPause": limit(
    "percent",
    "Full disk that pauses",
    "A data directory's file system that is fuller pauses the run.",
    "85%",
  ),
  "guard.diskAbort": limit(
    "percent",
    "Full disk that aborts",
    "A data directory's file system that is fuller ends the run.",
    "90%",
  ),
  "guard.errorsPause": limit(
    "percent",
    "Errors that pause",
    "A greater share of failures pauses the run: of its own batches, or of the server's statements more than at the run's start.",
    null,
  ),
  "guard.errorsAbort": limit(
    "percent",
    "Errors that abort",
    "A greater share of failures ends the run.",
    "1%",
  ),
  "guard.failedBatches": limit(
    "count",
    "Failed batches",
    "So many batches of a copy that fail in a row end the run.",
    3,
  ),
  "guard.resumeBelow": option(
    "percent",
    "Share of the limit to resume below",
    "A paused run goes on when what paused it is under this share of its limit.",
    "80%",
  ),
  "guard.resumeSamples": option(
    "samples",
    "Samples before it resumes",
    "So many samples in a row must be under it.",
    3,
  ),
  "guard.abortSamples": option(
    "samples",
    "Samples before it aborts",
    "A signal must be over its abort limit for so many samples in a row.",
    3,
  ),
  "guard.headroom": option(
    "percent",
    "Share of the headroom",
    "A copy slows down when it uses more than this share of the room between a signal, as it was at the run's start, and its limit.",
    "50%",
  ),
  "guard.longestPause": option(
    "duration",
    "Longest pause",
    "A run that its signals pause for longer stops, and can be resumed. 0 is no limit; the pause of an operator has none.",
    "1h",
  ),
  "guard.onAbort": option(
    "policy",
    "What an abort does",
    "After an abort the migrations of the run are undone by their down files (rollback), or left as they are (stop).",
    "rollback",
  ),
  "guard.onCopyAbort": option(
    "policy",
    "What an abort does with a copy",
    "After an abort what a copy made is dropped (rollback), or kept, so that the same command goes on with it (stop).",
    "stop",
  ),
  "guard.queries": option(
    "queries",
    "Named queries",
    "Queries whose latency is watched. Each has a name, and either a part of its text as the server's statistics have it (like), or a statement that reads and is timed (probe).",
    [],
  ),
  "guard.heartbeat": limit(
    "heartbeat",
    "Heartbeat table",
    "A table that something else writes the time into, with its column: its copy on guard.replicas tells the lag.",
    null,
  ),
  "guard.replicas": option(
    "urls",
    "Replicas",
    "Connection URLs of replicas that are asked for their lag, where the server that is written to does not tell it, or by guard.heartbeat. Keep passwords out of the file, as in url.",
    [],
  ),
} as const satisfies Readonly<Record<`guard.${string}`, GuardSetting>>;

export type GuardKey = keyof typeof guardSettings;
export const guardKeys = Object.keys(guardSettings) as readonly GuardKey[];
