import type { GodwitEvent, LockHolder, StampedEvent } from "./event.ts";
import type { PlanKind } from "./plan.ts";
import { type TableProgress, tablesAfter } from "./table-progress.ts";

/** Where a run stands, as far as its events tell. Times are milliseconds since the epoch. */
export interface ProgressSnapshot {
  readonly phase:
    | "starting"
    | "waiting"
    | "running"
    | "pausing"
    | "paused"
    | "reconnecting"
    | "done"
    | "stopped";
  readonly kind: PlanKind | null;
  readonly runId: string | null;
  /** Runs that were begun and have not ended: a command that works on several files has one for each. */
  readonly openRuns: readonly string[];
  /** It continues an interrupted run, and this many of its steps were done before; null for a new run. */
  readonly resumedSteps: number | null;
  readonly unitsDone: number;
  readonly unitsTotal: number;
  readonly unit: CurrentUnit | null;
  readonly step: CurrentStep | null;
  readonly statement: CurrentStatement | null;
  /** What the server says that the running statement does. */
  readonly activity: {
    readonly phase: string;
    readonly done: number | null;
    readonly total: number | null;
  } | null;
  readonly rows: RowProgress | null;
  /** Of a copy, the tables that were begun, in that order. */
  readonly tables: readonly TableProgress[];
  /** Attempts that had to be repeated, over the whole run. */
  readonly retries: number;
  readonly reconnects: number;
  /** Whose locks are in the way now. */
  readonly waitingFor: readonly LockHolder[];
  /** Why nothing goes on at the moment, and until when where that is known. */
  readonly pauseReason: string | null;
  readonly pauseUntilMs: number | null;
  /** What the guard saw last; null where it watches no signals. */
  readonly sample: GuardSample | null;
  readonly startedMs: number | null;
  readonly lastMs: number;
}

export type GuardSample = Omit<Extract<GodwitEvent, { type: "guard:sampled" }>, "type">;

export interface CurrentUnit {
  readonly name: string;
  readonly title: string;
  readonly startedMs: number;
}

export interface CurrentStep {
  readonly key: string;
  readonly transaction: boolean;
  /** Statements of the unit that have taken effect: those before the step, and those of a script that commit by themselves. */
  readonly effects: number;
}

export interface CurrentStatement {
  readonly label: string;
  readonly line: number;
  /** From 0. */
  readonly index: number;
  /** 0 where it is not known in advance. */
  readonly count: number;
  readonly startedMs: number;
}

export interface RowProgress {
  readonly done: number;
  readonly total: number | null;
  readonly unit: string;
  /** Per second, smoothed; null until two reports have come. */
  readonly rate: number | null;
  /** Null without a total or a rate. */
  readonly etaMs: number | null;
  readonly atMs: number;
}

export const initialProgress: ProgressSnapshot = {
  phase: "starting",
  kind: null,
  runId: null,
  openRuns: [],
  resumedSteps: null,
  unitsDone: 0,
  unitsTotal: 0,
  unit: null,
  step: null,
  statement: null,
  activity: null,
  rows: null,
  tables: [],
  retries: 0,
  reconnects: 0,
  waitingFor: [],
  pauseReason: null,
  pauseUntilMs: null,
  sample: null,
  startedMs: null,
  lastMs: 0,
};

/** The rate forgets with this time constant: long enough to be calm, short enough to follow a throttled server. */
const rateMemoryMs = 10_000;

/** What nothing waits for any more. */
const going = { waitingFor: [], pauseReason: null, pauseUntilMs: null } as const;

/** The snapshot after one more event; the given one is left as it is. */
export function reduceProgress(snapshot: ProgressSnapshot, event: StampedEvent): ProgressSnapshot {
  const atMs = Date.parse(event.at);
  const next = change(snapshot, event, atMs);
  return { ...snapshot, startedMs: snapshot.startedMs ?? atMs, lastMs: atMs, ...next };
}

function change(
  snapshot: ProgressSnapshot,
  event: StampedEvent,
  atMs: number,
): Partial<ProgressSnapshot> | undefined {
  switch (event.type) {
    case "lock:waiting": {
      const waitingFor = event.holder === null ? [] : [event.holder];
      return { phase: "waiting", waitingFor, pauseReason: "another session holds the run lock" };
    }
    case "orphan:found": {
      const pauseReason = "a killed run's statement is still at work on the server";
      return { phase: "waiting", waitingFor: [event.holder], pauseReason };
    }
    case "lock:acquired":
      return { phase: "starting", ...going };
    case "run:started":
    case "run:resumed": {
      const { kind, runId, units } = event;
      const others = snapshot.openRuns.filter((open) => open !== runId);
      const started = { phase: "running", kind, runId, openRuns: [...others, runId], ...going } as const;
      // Files are worked on side by side; an undo takes the place of what it undoes.
      if (kind === "mappings" && others.length > 0)
        return { ...started, unitsTotal: snapshot.unitsTotal + units };
      if (event.type === "run:started") return { ...started, unitsDone: 0, unitsTotal: units };
      // After a reconnection, units that this process finished before are no longer in the plan.
      const unitsDone = snapshot.runId === runId ? snapshot.unitsDone : 0;
      return { ...started, unitsDone, unitsTotal: unitsDone + units, resumedSteps: event.done };
    }
    case "run:finished":
    case "run:stopped": {
      const openRuns = snapshot.openRuns.filter((open) => open !== event.runId);
      if (openRuns.length > 0) return { openRuns };
      return event.type === "run:finished"
        ? { phase: "done", openRuns, ...nothingCurrent }
        : { phase: "stopped", openRuns };
    }
    case "unit:started": {
      const unit = { name: event.unit, title: event.title, startedMs: atMs };
      return { ...nothingCurrent, unit };
    }
    case "unit:finished":
      return { ...nothingCurrent, unitsDone: snapshot.unitsDone + 1 };
    case "step:started":
      return {
        step: { key: event.key, transaction: event.transaction, effects: event.effectsBefore },
        statement: null,
        activity: null,
        rows: null,
      };
    case "step:finished":
      return { step: null, statement: null, activity: null, ...going };
    case "statement:started": {
      const { label, line, index, count } = event;
      const statement = { label, line, index, count, startedMs: atMs };
      return { phase: "running", statement, activity: null, ...going };
    }
    case "statement:finished":
      return { activity: null, step: stepAfter(snapshot.step, event.key), ...going };
    case "retry:scheduled": {
      const { blockers, reason, delayMs } = event;
      const paused = { waitingFor: blockers, pauseReason: reason, pauseUntilMs: atMs + delayMs };
      return { phase: "pausing", retries: snapshot.retries + 1, activity: null, ...paused };
    }
    case "connection:lost": {
      const paused = { waitingFor: [], pauseReason: event.reason, pauseUntilMs: atMs + event.delayMs };
      return { phase: "reconnecting", reconnects: snapshot.reconnects + 1, activity: null, ...paused };
    }
    case "connection:restored":
      return { phase: "starting", ...going };
    case "activity:seen": {
      const { phase, done, total, waitingFor } = event;
      return { activity: { phase, done, total }, waitingFor };
    }
    case "script:progressed":
      return { rows: rowsAfter(snapshot.rows, event, atMs) };
    case "table:started":
    case "chunk:finished":
    case "table:finished":
    case "table:compared":
      // While the others wait, a batch that was begun before comes to its end.
      return {
        tables: tablesAfter(snapshot.tables, event, atMs),
        ...(snapshot.phase === "paused" ? {} : going),
      };
    case "guard:paused":
      return { phase: "paused", activity: null, ...going, pauseReason: `paused: ${event.reason}` };
    case "guard:resumed":
      return { phase: "running", ...going };
    case "guard:sampled": {
      const { type: _, at: __, seq: ___, ...sample } = event;
      return { sample };
    }
    default:
      return undefined;
  }
}

/** The statements of a script that are recorded one by one have keys of their own, KEY#n. */
function stepAfter(step: CurrentStep | null, key: string): CurrentStep | null {
  return step === null || !key.startsWith(`${step.key}#`) ? step : { ...step, effects: step.effects + 1 };
}

const nothingCurrent = { unit: null, step: null, statement: null, activity: null, rows: null, ...going };

function rowsAfter(
  before: RowProgress | null,
  event: { readonly done: number; readonly total: number | null; readonly unit: string },
  atMs: number,
): RowProgress {
  const { done, total, unit } = event;
  // Another count, or one that started again: what was measured says nothing about it.
  if (before === null || before.unit !== unit || done < before.done) {
    return { done, total, unit, rate: null, etaMs: null, atMs };
  }
  const elapsedMs = atMs - before.atMs;
  // Two reports within the clock's resolution: the later one counts, from the earlier one's time.
  if (elapsedMs <= 0) return { ...before, total, unit };
  const now = ((done - before.done) * 1000) / elapsedMs;
  const weight = 1 - Math.exp(-elapsedMs / rateMemoryMs);
  const rate = before.rate === null ? now : before.rate + weight * (now - before.rate);
  const etaMs = total === null || rate <= 0 ? null : Math.max(0, ((total - done) / rate) * 1000);
  return { done, total, unit, rate, etaMs, atMs };
}
