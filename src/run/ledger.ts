import { hostname, userInfo } from "node:os";
import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import type { HistoryChange, PlanKind, Step } from "../core/plan.ts";
import { version as tool } from "../core/version.ts";
import type { Engine, Row, Session, Write } from "../engines/engine.ts";
import type { Clock } from "./clock.ts";
import { crashPoint } from "./crash-point.ts";

export interface RunRecord {
  readonly id: string;
  readonly kind: PlanKind;
  readonly state: RunState;
  readonly epoch: number;
  readonly intent: unknown;
  readonly host: string;
  readonly pid: number;
  readonly actor: string;
  readonly sessionId: string;
  readonly startedAt: string;
  readonly heartbeatAt: string;
  readonly error: Readonly<Record<string, unknown>> | null;
}

export type RunState = "running" | "done" | "resumable" | "blocked";

export interface StepRecord {
  readonly key: string;
  readonly unit: string;
  readonly hash: string;
  readonly state: "started" | "done" | "failed";
  /** JSON: the effect, and what the probe captured before it. */
  readonly captured: string | null;
  /** The history row that it wrote: with it, its unit was complete. */
  readonly historySeq: number | null;
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
  /** Steps of the unfinished run. */
  readonly steps: readonly StepRecord[];
  /** Highest history row that a step says it wrote: a missing tail shows. */
  readonly lastRecordedSeq: number;
}

/** Reads the ledger without making it; a database without one has an empty history. Throws GW5005, GW5006. */
export async function readLedger(engine: Engine, session: Session): Promise<LedgerState> {
  try {
    const version = await engine.store.version(session);
    if (version === null) return { version, history: [], unfinished: null, steps: [], lastRecordedSeq: 0 };
    refuseNewer(version, engine.store.scripts.length);
    const table = engine.store.table;
    const history = (
      await session.query(
        `SELECT seq, version, name, kind, action, raw_hash, sql_hash, run_id, epoch, actor, tool, applied_at,
                duration_ms, prev_hash, row_hash FROM ${table("migration")} ORDER BY seq`,
      )
    ).map(toHistoryRow);
    const [run] = await session.query(
      `SELECT * FROM ${table("run")} WHERE state <> 'done' AND kind <> 'record' ORDER BY started_at DESC, id DESC LIMIT 1`,
    );
    const unfinished = run === undefined ? null : toRunRecord(run);
    const steps =
      unfinished === null
        ? []
        : (
            await session.query(
              `SELECT step_key, unit, hash, state, captured, history_seq FROM ${table("step")} WHERE run_id = ? ORDER BY ordinal`,
              [unfinished.id],
            )
          ).map(toStepRecord);
    const [last] = await session.query(`SELECT max(history_seq) AS seq FROM ${table("step")}`);
    return { version, history, unfinished, steps, lastRecordedSeq: Number(last?.seq ?? 0) };
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

/**
 * The steps of the unfinished run that belong to units it has not completed. A completed unit's fate is the
 * history's: another run may have rolled it back since, and then its old steps say nothing.
 */
export function openSteps(state: Pick<LedgerState, "steps">): readonly StepRecord[] {
  const complete = new Set(state.steps.filter((step) => step.historySeq !== null).map((step) => step.unit));
  return state.steps.filter((step) => !complete.has(step.unit));
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
        `INSERT INTO ${engine.store.table("ledger")} (version, applied_at, tool) VALUES (?, ?, ?)`,
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

/**
 * The writing side, for one run under one epoch. Each write names the epoch in its condition: a runner that was
 * replaced is refused by the database (GW4003).
 */
export class RunLedger {
  readonly runId: string;
  readonly epoch: number;
  readonly #engine: Engine;
  readonly #session: Session;
  readonly #clock: Clock;
  #head: { seq: number; hash: string };
  /** Steps that have a row already, so that it is replaced and not inserted twice. */
  readonly #rows: Set<string>;

  constructor(options: {
    engine: Engine;
    session: Session;
    clock: Clock;
    runId: string;
    epoch: number;
    state: Pick<LedgerState, "history" | "steps" | "lastRecordedSeq">;
  }) {
    this.runId = options.runId;
    this.epoch = options.epoch;
    this.#engine = options.engine;
    this.#session = options.session;
    this.#clock = options.clock;
    const last = options.state.history.at(-1);
    // After a lost tail that was accepted (reseal), its numbers are not used again.
    this.#head = { seq: Math.max(last?.seq ?? 0, options.state.lastRecordedSeq), hash: last?.rowHash ?? "" };
    this.#rows = new Set(options.state.steps.map((step) => step.key));
  }

  /** Makes the run's row (epoch 1), or takes it over by raising its epoch. */
  async open(run: { kind: PlanKind; planHash: string; intent: unknown; steps: number }): Promise<void> {
    const now = this.#clock.now();
    const owner = [hostname(), process.pid, actor(), this.#session.id, tool];
    if (this.epoch === 1) {
      // A record run is one transaction: one that was killed did nothing, or all but to say so.
      await this.#session.run(
        `UPDATE ${this.#table("run")} SET state = 'resumable' WHERE kind = 'record' AND state = 'running' AND id <> ?`,
        [this.runId],
      );
      await this.#session.run(
        `INSERT INTO ${this.#table("run")} (id, kind, state, epoch, plan_hash, intent, host, pid, actor, session_id,
           tool, started_at, heartbeat_at) VALUES (?, ?, 'running', 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [this.runId, run.kind, run.planHash, JSON.stringify(run.intent), ...owner, now, now],
      );
      return;
    }
    const taken = await this.#session.run(
      `UPDATE ${this.#table("run")} SET state = 'running', epoch = ?, plan_hash = ?, host = ?, pid = ?, actor = ?,
         session_id = ?, tool = ?, heartbeat_at = ?, error = NULL WHERE id = ? AND epoch = ?`,
      [this.epoch, run.planHash, ...owner, now, this.runId, this.epoch - 1],
    );
    this.#must(taken);
  }

  async close(state: RunState, error: Record<string, unknown> | null): Promise<void> {
    this.#must(
      await this.#session.run(
        `UPDATE ${this.#table("run")} SET state = ?, finished_at = ?, error = ? WHERE id = ? AND epoch = ?`,
        [
          state,
          state === "done" ? this.#clock.now() : null,
          error === null ? null : JSON.stringify(error),
          this.runId,
          this.epoch,
        ],
      ),
    );
  }

  /** Shows, on any session, that the run lives; false when another process took it over. */
  async heartbeat(session: Session): Promise<boolean> {
    const rows = await session.run(
      `UPDATE ${this.#table("run")} SET heartbeat_at = ? WHERE id = ? AND epoch = ?`,
      [this.#clock.now(), this.runId, this.epoch],
    );
    return rows === 1;
  }

  /** The intent, before an effect that cannot share a transaction with its record. */
  async start(step: StepIdentity, ordinal: number, captured: unknown): Promise<void> {
    await this.#write(
      this.#stepWrite(step, ordinal, { state: "started", captured: JSON.stringify(captured) }),
    );
  }

  /** It did not take effect: the server said so, or the catalogue did. */
  async fail(step: StepIdentity, ordinal: number): Promise<void> {
    await this.#write(this.#stepWrite(step, ordinal, { state: "failed" }));
  }

  /**
   * Records the completion and commits: call it at the end of the transaction of the effect, where there is one.
   * `next` is the intent of the following step, which shares the commit. Rejects with the transaction rolled back.
   */
  async finishAndCommit(completion: Completion): Promise<void> {
    const { step, ordinal, took, history, next } = completion;
    const head = this.#head;
    const seq = history.length === 0 ? null : head.seq + history.length;
    const writes = [
      this.#stepWrite(step, ordinal, { state: "done", durationMs: Math.round(took.stepMs), seq }),
    ];
    for (const change of history) writes.push(this.#historyWrite(change, took.unitMs));
    if (next !== undefined) {
      const captured = JSON.stringify(next.captured);
      writes.push(this.#stepWrite(next.step, ordinal + 1, { state: "started", captured }));
    }
    try {
      await this.#commit(writes);
    } catch (error) {
      this.#head = head;
      await this.#session.rollback().catch(() => {});
      throw error;
    }
    for (const { key } of writes) if (key !== null) this.#rows.add(key);
  }

  async #commit(writes: readonly LedgerWrite[]): Promise<void> {
    // An UPDATE that hits no row is no error to the server, so it must be seen before the commit.
    if (this.#session.commitWith !== undefined && writes.every(({ isUpdate }) => !isUpdate)) {
      const refused = await this.#session.commitWith(writes);
      if (refused !== null) throw this.#replaced(refused);
      return;
    }
    for (const write of writes) await this.#write(write, false);
    crashPoint("ledger:before-commit");
    await this.#session.commit();
  }

  async #write(write: LedgerWrite, isFinal = true): Promise<void> {
    let rows: number;
    try {
      rows = await this.#session.run(write.sql, write.parameters);
    } catch (error) {
      throw this.#replaced(error);
    }
    this.#must(rows);
    if (isFinal && write.key !== null) this.#rows.add(write.key);
  }

  /** A step's row: inserted, or replaced where an earlier attempt left one. */
  #stepWrite(step: StepIdentity, ordinal: number, to: StepChange): LedgerWrite {
    const now = this.#clock.now();
    const finished = to.state === "started" ? null : now;
    const { captured = null, durationMs = null, seq = null } = to;
    if (this.#rows.has(step.key)) {
      return {
        key: step.key,
        isUpdate: true,
        sql: `UPDATE ${this.#table("step")} SET epoch = ?, hash = ?, title = ?, state = ?, captured = ?, finished_at = ?,
           duration_ms = ?, history_seq = ? WHERE run_id = ? AND step_key = ?
           AND EXISTS (SELECT 1 FROM ${this.#table("run")} WHERE id = ? AND epoch = ?)`,
        parameters: [
          this.epoch,
          step.hash,
          step.title,
          to.state,
          captured,
          finished,
          durationMs,
          seq,
          this.runId,
          step.key,
          this.runId,
          this.epoch,
        ],
      };
    }
    return {
      key: step.key,
      isUpdate: false,
      // Without the run at this epoch the value is NULL, which the column refuses.
      sql: `INSERT INTO ${this.#table("step")} (run_id, step_key, epoch, unit, ordinal, title, hash, state, captured,
           started_at, finished_at, duration_ms, history_seq)
         VALUES (?, ?, (SELECT epoch FROM ${this.#table("run")} WHERE id = ? AND epoch = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      parameters: [
        this.runId,
        step.key,
        this.runId,
        this.epoch,
        step.unit,
        ordinal,
        step.title,
        step.hash,
        to.state,
        captured,
        now,
        finished,
        durationMs,
        seq,
      ],
    };
  }

  /** The next history row; advances the head, which a failed commit puts back. */
  #historyWrite(change: HistoryChange, unitMs: number): LedgerWrite {
    const body = {
      seq: this.#head.seq + 1,
      version: change.version,
      name: change.name,
      kind: change.kind,
      action: change.action,
      rawHash: change.rawHash,
      sqlHash: change.sqlHash,
      runId: this.runId,
      epoch: this.epoch,
      actor: actor(),
      tool,
      appliedAt: this.#clock.now(),
      durationMs: Math.round(unitMs),
      prevHash: this.#head.hash,
    };
    const rowHash = historyRowHash(body);
    this.#head = { seq: body.seq, hash: rowHash };
    return {
      key: null,
      isUpdate: false,
      sql: `INSERT INTO ${this.#table("migration")} (seq, version, name, kind, action, raw_hash, sql_hash, source, run_id,
         epoch, actor, tool, applied_at, duration_ms, prev_hash, row_hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      parameters: [
        body.seq,
        body.version,
        body.name,
        body.kind,
        body.action,
        body.rawHash,
        body.sqlHash,
        change.source,
        body.runId,
        body.epoch,
        body.actor,
        body.tool,
        body.appliedAt,
        body.durationMs,
        body.prevHash,
        rowHash,
      ],
    };
  }

  #table(name: "run" | "step" | "migration"): string {
    return this.#engine.store.table(name);
  }

  #must(rows: number): void {
    if (rows !== 1) throw this.#replacedError();
  }

  /** A refused ledger row (no such epoch, a row of that number) means that someone else writes this history now. */
  #replaced(error: unknown): unknown {
    return this.#engine.errors.classify(error).kind === "constraint" ? this.#replacedError(error) : error;
  }

  #replacedError(cause?: unknown): GodwitError {
    return new GodwitError("GW4003", {
      message: `run ${this.runId} is no longer at epoch ${this.epoch}: another process took it over`,
      details: { runId: this.runId, epoch: this.epoch },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** How long the step took, and its unit so far, in milliseconds. */
export interface Durations {
  readonly stepMs: number;
  readonly unitMs: number;
}

export type StepIdentity = Pick<Step, "key" | "unit" | "title" | "hash">;

export interface Completion {
  readonly step: StepIdentity;
  readonly ordinal: number;
  readonly took: Durations;
  readonly history: readonly HistoryChange[];
  readonly next?: { readonly step: StepIdentity; readonly captured: unknown } | undefined;
}

interface StepChange {
  readonly state: StepRecord["state"];
  readonly captured?: string;
  readonly durationMs?: number;
  readonly seq?: number | null;
}

interface LedgerWrite extends Write {
  /** The step whose row it makes, if it is one. */
  readonly key: string | null;
  readonly isUpdate: boolean;
}

let actorName: string | undefined;

/** Who runs this: GODWIT_ACTOR, or the operating system's user. */
export function actor(): string {
  actorName ??= process.env.GODWIT_ACTOR ?? userName();
  return actorName;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a uid that has no name.
    return `uid ${process.getuid?.() ?? "?"}`;
  }
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
  return {
    key: String(row.step_key),
    unit: String(row.unit),
    hash: String(row.hash),
    state: row.state as StepRecord["state"],
    captured: row.captured === null ? null : String(row.captured),
    historySeq: row.history_seq === null ? null : Number(row.history_seq),
  };
}
