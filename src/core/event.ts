import type { GodwitError } from "./error.ts";
import type { HistoryChange, PlanKind } from "./plan.ts";

/** Who holds the run lock, as far as the server tells. */
export interface LockHolder {
  readonly sessionId: string;
  readonly application?: string;
  readonly user?: string;
  readonly host?: string;
  /** Where that is another one than the run's. */
  readonly database?: string;
  /** Since when its session is in its present state, ISO 8601. */
  readonly since?: string;
  /** What it executes now, shortened. */
  readonly statement?: string;
}

/** How progress is told: what is counted, what is done with it, and what it is when that is done. */
export interface ProgressWords {
  readonly counted: string;
  readonly doing: string;
  readonly done: string;
}

/**
 * Everything that happens while a plan runs, as `noun:verb`. The terminal, JSON lines, the ledger and metrics
 * are readers of this one stream; progress is a pure reduction of it (progress.ts). Times are ISO 8601 in UTC.
 */
export type GodwitEvent =
  | { type: "lock:waiting"; holder: LockHolder | null; waitedMs: number }
  | { type: "lock:acquired"; sessionId: string }
  | { type: "orphan:found"; holder: LockHolder; runId: string }
  | { type: "orphan:gone"; runId: string; waitedMs: number }
  | { type: "ledger:upgraded"; from: number; to: number }
  | { type: "run:started"; runId: string; kind: PlanKind; epoch: number; steps: number; units: number }
  | {
      type: "run:resumed";
      runId: string;
      kind: PlanKind;
      epoch: number;
      steps: number;
      units: number;
      done: number;
    }
  | { type: "run:finished"; runId: string; state: "done"; units: number; durationMs: number }
  | { type: "run:stopped"; runId: string; state: "resumable" | "blocked"; error: GodwitError }
  | { type: "unit:started"; unit: string; title: string }
  | { type: "unit:finished"; unit: string; title: string; durationMs: number }
  /** `effectsBefore`: how many statements of its unit have taken effect, this step's own earlier ones included. */
  | { type: "step:started"; key: string; title: string; transaction: boolean; effectsBefore: number }
  | { type: "step:finished"; key: string; durationMs: number }
  /** A row of the history was committed. */
  | {
      type: "history:written";
      /** Of the step that wrote it, and the number of the row. */
      key: string;
      row: number;
      action: HistoryChange["action"];
      version: string;
      name: string;
      rowHash: string;
    }
  | {
      type: "step:settled";
      key: string;
      outcome: "done" | "not-done" | "unknown";
      /** Whose word it is. */
      by: "catalogue" | "operator";
    }
  | { type: "statement:started"; key: string; index: number; count: number; label: string; line: number }
  | { type: "statement:finished"; key: string; index: number; rows: number | null; durationMs: number }
  | {
      type: "retry:scheduled";
      key: string;
      attempt: number;
      limit: number;
      delayMs: number;
      reason: string;
      blockers: readonly LockHolder[];
    }
  | { type: "connection:lost"; reason: string; attempt: number; delayMs: number }
  | { type: "connection:restored"; sessionId: string }
  | { type: "index:dropped-invalid"; index: string; table: string }
  | {
      type: "activity:seen";
      key: string;
      phase: string;
      done: number | null;
      total: number | null;
      waitingFor: readonly LockHolder[];
    }
  | { type: "script:progressed"; key: string; done: number; total: number | null; unit: string }
  | { type: "snapshot:taken"; position: string; weakness: string | null }
  /** The source may have changed since: of `tables` something is copied again, `kept` were found to be the same. */
  | { type: "snapshot:renewed"; tables: readonly string[]; kept: readonly string[] }
  | {
      type: "table:started";
      key: string;
      table: string;
      rows: number;
      bytes: number;
      chunks: number;
      done: number;
      /** Where it is no table whose rows are copied. */
      words?: ProgressWords;
    }
  | {
      type: "chunk:finished";
      key: string;
      table: string;
      chunk: number;
      rows: number;
      bytes: number;
      durationMs: number;
      /** It was only read: these are no rows that the run has moved. */
      reads?: true;
    }
  /** The target refused rows; they are kept in the ledger's quarantine. `total`: of the whole run. */
  | { type: "rows:quarantined"; key: string; table: string; chunk: number; rows: number; total: number }
  | { type: "table:finished"; key: string; table: string; rows: number; bytes: number; durationMs: number }
  | {
      type: "table:compared";
      key: string;
      table: string;
      rows: number;
      differences: number;
      /** The target's rows as they come back, or sums that both servers computed. */
      by: "read-back" | "digests";
      durationMs: number;
    }
  | { type: "object:made"; key: string; what: string; name: string }
  /** A view, trigger or the like that the target refused, or that does not give the source's rows. */
  | { type: "object:undone"; key: string; what: string; name: string; reason: string }
  /** One sample of the guard; what is missing the server does not have, null could not be read. */
  | {
      type: "guard:sampled";
      lagMs?: number | null;
      lockWaiters?: number | null;
      activeQueries?: number | null;
      oldestTransactionMs?: number | null;
      logBytesPerSecond?: number | null;
      archiveQueue?: number | null;
      /** 0 to 1. */
      diskUsed?: number | null;
      queries?: readonly { readonly name: string; readonly p95Ms: number | null }[];
      /** The share of its full speed at which the run works, 0 to 1. */
      pace: number;
    }
  /** `signal`: what was over its limit, e.g. "lag", "stop-file", "operator". */
  | {
      type: "guard:paused";
      key: string;
      signal: string;
      reason: string;
      value: number | null;
      limit: number | null;
    }
  | { type: "guard:resumed"; key: string; signal: string; pausedMs: number }
  | {
      type: "guard:aborted";
      key: string;
      signal: string;
      reason: string;
      value: number | null;
      limit: number | null;
    }
  /** An operator's command reached the run. */
  | { type: "control:taken"; command: string; value: string | null; actor: string; host: string }
  /** A condition of the plan's environment; one that is skipped is so for a reason that is kept. */
  | { type: "gate:settled"; gate: string; outcome: "passed" | "skipped" | "failed"; reason: string }
  /** What the plan says can be undone is undone after an abort. */
  | { type: "rollback:started"; reason: string; steps: number }
  /** The schema after an undo, held against the one before the run; null where that is not known. */
  | { type: "rollback:verified"; verified: boolean | null; different: readonly string[] }
  | { type: "rollback:finished"; undone: readonly string[]; kept: readonly string[]; verified: boolean }
  | { type: "backup:made"; artifact: string; file: string; bytes: number; durationMs: number }
  | { type: "backup:verified"; artifact: string; tables: number; rows: number; durationMs: number }
  /** The rows that a statement changes are in a table of their own now. */
  | { type: "rows:kept"; key: string; table: string; snapshot: string; rows: number; bytes: number }
  | { type: "rows:restored"; key: string; table: string; snapshot: string; rows: number }
  /** Two files say different things of one symbol; `words` says what, and what stands now. */
  | { type: "mapping:conflicted"; original: string; context: string; words: string }
  /** A fault in a mapping that is about to be mended. */
  | {
      type: "mapping:faulty";
      fault: string;
      original: string;
      context: string;
      problem: string;
      mend: string;
    }
  | { type: "server:noticed"; severity: string; message: string }
  | { type: "warning:raised"; code: string; message: string }
  | { type: "schema-file:written"; file: string }
  /** What a copy left undone, with drafts. */
  | { type: "drafts:written"; file: string };

export type EventType = GodwitEvent["type"];

/** An event as it leaves the program: with its time, its number within the process and the document's version. */
export type StampedEvent = GodwitEvent & { readonly at: string; readonly seq: number };

export type Emit = (event: GodwitEvent) => void;
