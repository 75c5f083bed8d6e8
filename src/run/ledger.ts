import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import type { HistoryChange, PlanKind, RunFamily } from "../core/plan.ts";
import { version as tool } from "../core/version.ts";
import type { Engine, Row, Session } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import type { Clock } from "./clock.ts";

export interface RunRecord {
  readonly id: string;
  readonly kind: PlanKind;
  readonly state: RunState;
  readonly epoch: number;
  readonly planHash: string;
  readonly intent: unknown;
  readonly host: string;
  readonly pid: number;
  readonly actor: string;
  readonly sessionId: string;
  readonly startedAt: string;
  readonly heartbeatAt: string;
  readonly error: Readonly<Record<string, unknown>> | null;
}

/**
 * `rolling-back`: a run that was aborted, and that another one, of its own id, is undoing; `rolled-back` when that is done,
 * as final as `done`.
 */
export type RunState = "running" | "done" | "resumable" | "blocked" | "rolling-back" | "rolled-back";

/** For a condition in SQL: the states of a run that can be gone on with. */
export const openStates = "state NOT IN ('done', 'rolling-back', 'rolled-back')";

export interface StepRecord {
  readonly key: string;
  readonly unit: string;
  readonly hash: string;
  readonly state: "started" | "done" | "failed";
  /** JSON: of a started step the effect and what the probe captured before it; of a done one what it keeps. */
  readonly captured: string | null;
  /** The history row that it wrote: with it, its unit was complete. */
  readonly historySeq: number | null;
  /** It changed nothing but the session (SET …), so nothing in the database tells of it. */
  readonly sessionOnly: boolean;
}

export interface HistoryRow {
  readonly seq: number;
  readonly version: string;
  readonly name: string;
  readonly kind: HistoryChange["kind"];
  readonly action: HistoryChange["action"];
  readonly rawHash: string;
  readonly sqlHash: string;
  readonly runId: string;
  readonly epoch: number;
  readonly actor: string;
  readonly tool: string;
  readonly appliedAt: string;
  readonly durationMs: number;
  readonly prevHash: string;
  readonly rowHash: string;
}

/** All that the ledger knows which matters to the next run. */
export interface LedgerState {
  /** Null where there is no ledger yet. */
  readonly version: number | null;
  readonly history: readonly HistoryRow[];
  /** The run that stopped before its end, if there is one; also a run that is going on now. */
  readonly unfinished: RunRecord | null;
  /** A restore into this database that stopped before its end: migrations wait for it. */
  readonly restoring?: RunRecord | null;
  /** Steps of the unfinished run. */
  readonly steps: readonly StepRecord[];
  /** Highest history row that a step says it wrote: a missing tail shows. */
  readonly lastRecordedSeq: number;
}

/** Since this version of the ledger runs have an event log. */
export const eventLogVersion = 3;

/** Reads the ledger without making it; a database without one has an empty history. Throws GW5005, GW5006. */
export async function readLedger(
  engine: Engine,
  session: Session,
  family: RunFamily | "any" = "migration",
): Promise<LedgerState> {
  try {
    const version = await engine.store.version(session);
    if (version === null) {
      await refuseGutted(engine, session);
      return { version, history: [], unfinished: null, steps: [], lastRecordedSeq: 0 };
    }
    refuseNewer(version, engine.store.scripts.length);
    const table = engine.store.table;
    // Before the history: a run that is going on may write a row between the two.
    const [last] = await session.query(`SELECT max(history_seq) AS seq FROM ${table("step")}`);
    const history = await readHistory(engine, session);
    const [run] = await session.query(
      `SELECT * FROM ${table("run")} WHERE ${openStates} AND ${kindsOf[family]} ORDER BY started_at DESC, id DESC LIMIT 1`,
    );
    const stopped = run === undefined ? null : toRunRecord(run);
    const restoring = family === "migration" && stopped?.kind === "restore" ? stopped : null;
    const unfinished = restoring === null ? stopped : null;
    const steps =
      unfinished === null
        ? []
        : (
            await session.query(
              withPlaceholders(
                engine.traits,
                `SELECT step_key, unit, hash, state, captured, history_seq FROM ${table("step")} WHERE run_id = ? ORDER BY ordinal`,
              ),
              [unfinished.id],
            )
          ).map(toStepRecord);
    return { version, history, unfinished, restoring, steps, lastRecordedSeq: Number(last?.seq ?? 0) };
  } catch (error) {
    if (error instanceof GodwitError) throw error;
    const native = engine.errors.classify(error);
    if (native.kind === "connection-lost") throw error;
    throw new GodwitError("GW5006", {
      message: `the ledger is there but could not be read: ${native.message}`,
      details: { native: native.native, kind: native.kind },
      cause: error,
    });
  }
}

/** The runs that are not done, the newest first: at most one of each family. Those that only record are no runs to control. */
export async function readUnfinished(engine: Engine, session: Session): Promise<RunRecord[]> {
  const version = await engine.store.version(session);
  if (version === null) return [];
  refuseNewer(version, engine.store.scripts.length);
  const sql = `SELECT * FROM ${engine.store.table("run")} WHERE ${openStates} AND kind <> 'record' ORDER BY started_at DESC, id DESC`;
  return (await session.query(sql)).map(toRunRecord);
}

/** The run of that id; null where there is none. The ledger must be there. */
export async function readRun(engine: Engine, session: Session, id: string): Promise<RunRecord | null> {
  const sql = `SELECT * FROM ${engine.store.table("run")} WHERE id = ?`;
  const [row] = await session.query(withPlaceholders(engine.traits, sql), [id]);
  return row === undefined ? null : toRunRecord(row);
}

const historyColumns =
  "seq version name kind action raw_hash sql_hash run_id epoch actor tool applied_at duration_ms prev_hash row_hash".split(
    " ",
  );

/** As one text where the engine can: a driver takes longer over 15,000 small values than the server over all else. */
async function readHistory(engine: Engine, session: Session): Promise<HistoryRow[]> {
  const table = engine.store.table("migration");
  const columns = historyColumns.join(", ");
  if (engine.store.jsonRows === undefined) {
    return (await session.query(`SELECT ${columns} FROM ${table} ORDER BY seq`)).map(toHistoryRow);
  }
  const [row] = await session.query(engine.store.jsonRows({ columns, table, order: "seq" }));
  const rows = JSON.parse(String(row?.rows)) as unknown[][];
  return rows.map((values) => {
    const named: Record<string, unknown> = {};
    for (const [index, name] of historyColumns.entries()) named[name] = values[index];
    return toHistoryRow(named);
  });
}

/** The texts that the history keeps, of the rows after that number, some at a time. Only what checks them needs them. */
export async function* readSources(
  engine: Engine,
  session: Session,
  after: number,
): AsyncGenerator<{ readonly seq: number; readonly source: string }> {
  const sql = withPlaceholders(
    engine.traits,
    `SELECT seq, source FROM ${engine.store.table("migration")} WHERE seq > ? AND source IS NOT NULL
      ORDER BY seq LIMIT 20`,
  );
  for (let last: number | null = after; last !== null;) {
    const rows: readonly Row[] = await session.query(sql, [last]);
    for (const row of rows) yield { seq: Number(row.seq), source: String(row.source) };
    last = rows.length === 0 ? null : Number(rows.at(-1)?.seq);
  }
}

/** Runs that can be continued; one that only records is a single transaction. */
const kindsOf: Readonly<Record<RunFamily | "any", string>> = {
  any: "kind <> 'record'",
  migration: "kind NOT IN ('record', 'copy', 'backup', 'mappings')",
  copy: "kind = 'copy'",
  backup: "kind = 'backup'",
  restore: "kind = 'restore'",
  mappings: "kind = 'mappings'",
};

/**
 * The steps of the unfinished run that belong to units of which something took effect, or may have, and which it
 * has not completed. A completed unit's fate is the history's: another run may have rolled it back since, and then
 * its old steps say nothing.
 */
export function openSteps(state: Pick<LedgerState, "steps">): readonly StepRecord[] {
  const complete = new Set(state.steps.filter((step) => step.historySeq !== null).map((step) => step.unit));
  const begun = new Set(state.steps.filter(mayHaveEffect).map((step) => step.unit));
  return state.steps.filter((step) => begun.has(step.unit) && !complete.has(step.unit));
}

/** Whether the database may show something of a step. */
export function mayHaveEffect(step: Pick<StepRecord, "state" | "sessionOnly">): boolean {
  return step.state !== "failed" && !step.sessionOnly;
}

/** A history without the row that tells the ledger's version was tampered with: it is never taken for an empty one. */
async function refuseGutted(engine: Engine, session: Session): Promise<void> {
  try {
    const rows = await session.query(`SELECT seq FROM ${engine.store.table("migration")} LIMIT 1`);
    if (rows.length === 0) return;
  } catch (error) {
    if (engine.errors.classify(error).kind === "missing-object") return;
    throw error;
  }
  throw new GodwitError("GW5006", {
    message: "the ledger has a history, but the row with its version is gone",
  });
}

function refuseNewer(found: number, known: number): void {
  if (found <= known) return;
  throw new GodwitError("GW5005", {
    message: `the ledger has version ${found}; this program knows up to ${known}`,
    details: { found, known },
  });
}

/** Brings the ledger's tables up to this program's version. Only under the run lock. Returns the versions. */
export async function upgradeLedger(
  engine: Engine,
  session: Session,
  clock: Clock,
): Promise<{ from: number; to: number }> {
  const from = (await engine.store.version(session)) ?? 0;
  const to = engine.store.scripts.length;
  refuseNewer(from, to);
  for (let version = from; version < to; version++) {
    // One transaction where DDL has transactions; elsewhere each script can be repeated.
    await session.begin();
    try {
      for (const statement of engine.store.scripts[version] ?? []) await session.execute(statement);
      await session.run(
        withPlaceholders(
          engine.traits,
          `INSERT INTO ${engine.store.table("ledger")} (version, applied_at, tool) VALUES (?, ?, ?)`,
        ),
        [version + 1, clock.now(), tool],
      );
      await session.commit();
    } catch (error) {
      await session.rollback().catch(() => {});
      throw error;
    }
  }
  return { from, to };
}

/** SHA-256 over a history row and the hash before it: a row that was edited, removed or moved breaks the chain. */
export function historyRowHash(row: Omit<HistoryRow, "rowHash">): string {
  return digest([
    row.prevHash,
    row.seq,
    row.version,
    row.name,
    row.kind,
    row.action,
    row.rawHash,
    row.sqlHash,
    row.runId,
    row.epoch,
    row.actor,
    row.tool,
    row.appliedAt,
    row.durationMs,
  ]);
}

function toHistoryRow(row: Row): HistoryRow {
  return {
    seq: Number(row.seq),
    version: String(row.version),
    name: String(row.name),
    kind: row.kind as HistoryRow["kind"],
    action: row.action as HistoryRow["action"],
    rawHash: String(row.raw_hash),
    sqlHash: String(row.sql_hash),
    runId: String(row.run_id),
    epoch: Number(row.epoch),
    actor: String(row.actor),
    tool: String(row.tool),
    appliedAt: String(row.applied_at),
    durationMs: Number(row.duration_ms),
    prevHash: String(row.prev_hash),
    rowHash: String(row.row_hash),
  };
}

function toRunRecord(row: Row): RunRecord {
  return {
    id: String(row.id),
    kind: row.kind as PlanKind,
    state: row.state as RunState,
    epoch: Number(row.epoch),
    planHash: String(row.plan_hash),
    intent: JSON.parse(String(row.intent)),
    host: String(row.host),
    pid: Number(row.pid),
    actor: String(row.actor),
    sessionId: String(row.session_id),
    startedAt: String(row.started_at),
    heartbeatAt: String(row.heartbeat_at),
    error: row.error === null ? null : (JSON.parse(String(row.error)) as Record<string, unknown>),
  };
}

function toStepRecord(row: Row): StepRecord {
  const captured = row.captured === null ? null : String(row.captured);
  return {
    key: String(row.step_key),
    unit: String(row.unit),
    hash: String(row.hash),
    state: row.state as StepRecord["state"],
    captured,
    historySeq: row.history_seq === null ? null : Number(row.history_seq),
    sessionOnly: isSessionOnly(captured),
  };
}

function isSessionOnly(captured: string | null): boolean {
  // What a script keeps of its rows can be long, so it is not parsed for nothing.
  if (captured === null || !captured.includes('"sessionOnly":true')) return false;
  return (JSON.parse(captured) as { sessionOnly?: unknown } | null)?.sessionOnly === true;
}
