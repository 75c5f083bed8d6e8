import type { RunSummary } from "./list-runs.ts";
import type { ChainHead } from "./verify-chain.ts";

/** The shape of the document; it changes only with a new number. */
export const reportVersion = 1;

/** All that the ledger tells of one run, over all its attempts. Times are ISO 8601 in UTC by the server's clock. */
export interface RunReport {
  readonly report: typeof reportVersion;
  readonly tool: string;
  readonly madeAt: string;
  readonly database: string;
  readonly status: RunStatus;
  readonly migration: MigrationPart;
  readonly backup: BackupPart;
  readonly validation: ValidationPart;
  readonly scripts: readonly ScriptFacts[];
  readonly performance: PerformancePart;
  readonly downtime: DowntimePart;
  /** Of the event log when this was made: kept with the report, it shows later that the log was not rewritten. */
  readonly head: ChainHead | null;
}

export interface RunStatus extends RunSummary {
  readonly durationMs: number;
  readonly attempts: readonly Attempt[];
  /** Of a run that undoes another one. */
  readonly undoes: Undo | null;
  /** The run that has undone this one. */
  readonly undoneBy: string | null;
  readonly approvals: readonly Approval[];
  readonly gates: readonly Gate[];
  readonly controls: readonly Control[];
  readonly warnings: readonly { readonly at: string; readonly code: string; readonly message: string }[];
}

/** A run that undoes what an aborted one did. */
export interface Undo {
  /** The run that is undone. */
  readonly of: string;
  /** Null where the schema before it is not known, or was not compared. */
  readonly verified: boolean | null;
  readonly different: readonly string[];
}

export interface Attempt {
  readonly epoch: number;
  readonly actor: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** `cut off`: it was killed, or lost its connection, and could not say. */
  readonly end: "done" | "resumable" | "blocked" | "running" | "cut off";
  readonly error: string | null;
}

export interface Approval {
  readonly approver: string;
  readonly author: string;
  readonly ticket: string | null;
  readonly approvedAt: string;
}

export interface Gate {
  readonly gate: string;
  readonly outcome: string;
  readonly reason: string;
}

export interface Control {
  readonly at: string;
  readonly command: string;
  readonly value: string | null;
  readonly actor: string;
  readonly host: string;
}

export interface MigrationPart {
  /** The history's rows that the run wrote. */
  readonly changes: readonly {
    readonly row: number;
    readonly action: string;
    readonly version: string;
    readonly name: string;
    readonly appliedAt: string;
    readonly durationMs: number;
  }[];
  readonly steps: { readonly done: number; readonly open: number; readonly failed: number };
  readonly tables: readonly CopiedTable[];
  readonly objects: {
    readonly made: readonly { readonly what: string; readonly name: string }[];
    readonly undone: readonly { readonly what: string; readonly name: string; readonly reason: string }[];
  };
}

export interface CopiedTable {
  readonly table: string;
  readonly chunks: number;
  readonly chunksDone: number;
  readonly rows: number;
  readonly bytes: number;
  readonly quarantined: number;
}

export interface BackupPart {
  readonly artifacts: readonly {
    readonly id: string;
    readonly kind: string;
    readonly name: string;
    readonly state: string;
    readonly createdAt: string;
    readonly verifiedAt: string | null;
  }[];
  readonly made: readonly { readonly at: string; readonly file: string; readonly bytes: number }[];
}

export interface ValidationPart {
  readonly tables: readonly {
    readonly table: string;
    readonly rows: number;
    readonly differences: number;
    readonly by: string;
    readonly durationMs: number;
  }[];
  /** Steps whose outcome was asked of the catalogue, or of a person, after an interruption. */
  readonly settled: readonly { readonly key: string; readonly outcome: string; readonly by: string }[];
}

export interface ScriptFacts {
  readonly key: string;
  readonly unit: string;
  readonly title: string;
  readonly state: string;
  readonly startedAt: string;
  readonly durationMs: number | null;
}

export interface Sample {
  readonly at: string;
  readonly value: number;
}

export interface Pause {
  readonly at: string;
  /** Null where its end is not known. */
  readonly pausedMs: number | null;
  readonly signal: string;
  readonly reason: string;
}

export interface PerformancePart {
  readonly rows: number;
  readonly bytes: number;
  readonly rowsPerSecond: number | null;
  readonly statements: number;
  readonly retries: number;
  readonly connectionsLost: number;
  readonly slowest: readonly StatementFacts[];
  /** Rows a second, in equal parts of the run's time. */
  readonly rate: readonly Sample[];
  /** Replication lag in milliseconds, as the guard sampled it. */
  readonly lag: readonly Sample[];
  readonly pauses: readonly Pause[];
  readonly pausedMs: number;
}

export interface StatementFacts {
  readonly key: string;
  readonly label: string;
  readonly line: number;
  readonly at: string;
  readonly rows: number | null;
  readonly durationMs: number;
}

/** Bounds, from above: how long statements that lock whole tables could have kept others waiting. */
export interface DowntimePart {
  readonly totalMs: number;
  readonly longestMs: number;
  readonly windows: readonly {
    readonly key: string;
    readonly label: string;
    readonly at: string;
    readonly heldMs: number;
  }[];
  /** The most sessions that were seen to wait for a lock of the run; null where no guard looked. */
  readonly mostWaiting: number | null;
}
