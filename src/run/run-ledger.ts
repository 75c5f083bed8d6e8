import { hostname } from "node:os";
import { GodwitError } from "../core/error.ts";
import type { GodwitEvent } from "../core/event.ts";
import type { Abandoned, HistoryChange, PlanKind, Statement, Step } from "../core/plan.ts";
import { version as tool } from "../core/version.ts";
import type { Engine, Session, Value, Write } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import { actor } from "./actor.ts";
import type { Clock } from "./clock.ts";
import { crashPoint } from "./crash-point.ts";
import type { EventLog } from "./event-log.ts";
import { kindOf, lostKinds } from "./failure.ts";
import { changesOnlySession } from "./preamble.ts";
import {
  type HistoryRow,
  historyRowHash,
  type LedgerState,
  type RunState,
  type StepRecord,
} from "./ledger.ts";
import type { PlanRecord } from "./reviewed/plan-record.ts";

/**
 * The writing side, for one run under one epoch. Each write names the epoch in its condition: a runner that was
 * replaced is refused by the database (GW4003).
 */
export class RunLedger {
  readonly runId: string;
  readonly epoch: number;
  /** The run's event log, which gets the events of what is written here. */
  readonly events: EventLog;
  /** Set while a migration's settings may include a role or an encoding that must not write the ledger. */
  isUnderForeignSettings = false;
  readonly #engine: Engine;
  readonly #session: Session;
  readonly #clock: Clock;
  #head: { seq: number; hash: string };
  /** Steps that have a row already, so that it is replaced and not inserted twice. */
  readonly #rows: Set<string>;
  #undoes: Undoes | null = null;

  constructor(options: {
    engine: Engine;
    session: Session;
    clock: Clock;
    runId: string;
    epoch: number;
    events: EventLog;
    state: Pick<LedgerState, "history" | "steps" | "lastRecordedSeq">;
    rows?: Set<string>;
  }) {
    this.runId = options.runId;
    this.epoch = options.epoch;
    this.events = options.events;
    this.#engine = options.engine;
    this.#session = options.session;
    this.#clock = options.clock;
    const last = options.state.history.at(-1);
    // After a lost tail that was accepted (reseal), its numbers are not used again.
    this.#head = { seq: Math.max(last?.seq ?? 0, options.state.lastRecordedSeq), hash: last?.rowHash ?? "" };
    this.#rows = options.rows ?? new Set(options.state.steps.map((step) => step.key));
  }

  get clock(): Clock {
    return this.#clock;
  }

  /** The same run's ledger, written on another session; for steps without history rows, whose numbers must stay in order. */
  on(session: Session): RunLedger {
    const other = new RunLedger({
      engine: this.#engine,
      session,
      clock: this.#clock,
      runId: this.runId,
      epoch: this.epoch,
      events: this.events,
      state: { history: [], steps: [], lastRecordedSeq: 0 },
      rows: this.#rows,
    });
    return other;
  }

  /** Makes the run's row (epoch 1), or takes it over by raising its epoch. */
  async open(run: {
    kind: PlanKind;
    plan: PlanRecord;
    intent: unknown;
    /** The aborted run that this one undoes. */
    undoes?: Undoes | undefined;
  }): Promise<void> {
    this.#undoes = run.undoes ?? null;
    const now = this.#clock.now();
    const owner = [hostname(), process.pid, actor(), this.#session.id, tool];
    await this.#session.begin();
    try {
      if (this.epoch > 1) {
        const taken = await this.#run(
          `UPDATE ${this.#table("run")} SET state = 'running', epoch = ?, plan_hash = ?, host = ?, pid = ?, actor = ?,
             session_id = ?, tool = ?, heartbeat_at = ?, error = NULL WHERE id = ? AND epoch = ?`,
          [this.epoch, run.plan.hash, ...owner, now, this.runId, this.epoch - 1],
        );
        if (taken !== 1) throw this.#replaced();
      } else {
        await this.#settleUndone("rolling-back");
        await this.#closeOthers(run.kind, now);
        await this.#run(
          `INSERT INTO ${this.#table("run")} (id, kind, state, epoch, plan_hash, intent, host, pid, actor, session_id,
             tool, started_at, heartbeat_at) VALUES (?, ?, 'running', 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          [this.runId, run.kind, run.plan.hash, JSON.stringify(run.intent), ...owner, now, now],
        );
      }
      await this.#keepPlan(run.plan);
    } catch (error) {
      await this.#session.rollback().catch(() => {});
      throw error;
    }
    await this.#session.commit();
  }

  /** The plan as it runs now, and who agreed to it; a run that goes on may do so with another one. */
  async #keepPlan(plan: PlanRecord): Promise<void> {
    if (plan.body === null) return;
    await this.#run(`DELETE FROM ${this.#table("plan")} WHERE run_id = ?`, [this.runId]);
    await this.#run(
      `INSERT INTO ${this.#table("plan")} (run_id, plan_hash, content_hash, author, made_at, body)
         VALUES (?, ?, ?, ?, ?, ?)`,
      [this.runId, plan.hash, plan.contentHash, plan.author, plan.madeAt ?? this.#clock.now(), plan.body],
    );
    if (plan.approvals.length === 0) return;
    await this.#run(`DELETE FROM ${this.#table("approval")} WHERE plan_hash = ?`, [plan.hash]);
    for (const approval of plan.approvals) {
      await this.#run(
        `INSERT INTO ${this.#table("approval")} (plan_hash, approver, author, ticket, approved_at, key_fingerprint,
           signature, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          plan.hash,
          approval.approver,
          plan.author,
          approval.ticket,
          approval.approvedAt,
          approval.keyFingerprint,
          approval.signature,
          this.#clock.now(),
        ],
      );
    }
  }

  /** The state of the aborted run that this one undoes. */
  async #settleUndone(state: RunState): Promise<void> {
    if (this.#undoes === null) return;
    const sql = `UPDATE ${this.#table("run")} SET state = ?, finished_at = ? WHERE id = ?`;
    const finished = state === "rolled-back" ? this.#clock.now() : null;
    await this.#run(sql, [state, finished, this.#undoes.runId]);
  }

  /**
   * A new run ends the earlier ones: none of them has a half-done unit (those are resumed, or stand in the way),
   * and what they left undone is part of this one's plan. A record run touches no units, so it ends only record
   * runs, each of which was a single transaction. Their epoch moves on, for a process that was only stopped.
   */
  async #closeOthers(kind: PlanKind, now: string): Promise<void> {
    const apart = ["record", "copy", "backup", "restore", "mappings"];
    const which = apart.includes(kind)
      ? `AND kind = '${kind}'`
      : "AND kind NOT IN ('copy', 'backup', 'restore', 'mappings')";
    await this.#run(
      `UPDATE ${this.#table("run")} SET state = 'done', epoch = epoch + 1, finished_at = ?
         WHERE state NOT IN ('done', 'rolling-back', 'rolled-back') AND id <> ? ${which}`,
      [now, this.runId],
    );
  }

  /**
   * Ends the run, in one transaction with what its event log still has to write; `event` tells of the end. Where the
   * log cannot be written, the run ends all the same.
   */
  async close(
    state: RunState,
    error: Record<string, unknown> | null,
    event: GodwitEvent | null,
  ): Promise<void> {
    // Of a run of which something stays, the rest can be gone on with.
    if (state === "done")
      await this.#settleUndone(this.#undoes?.isWhole === true ? "rolled-back" : "resumable");
    const end = this.#made(
      null,
      true,
      `UPDATE ${this.#table("run")} SET state = ?, finished_at = ?, error = ? WHERE id = ? AND epoch = ?`,
      [
        state,
        state === "done" ? this.#clock.now() : null,
        error === null ? null : JSON.stringify(error),
        this.runId,
        this.epoch,
      ],
    );
    if (!(await this.#closeWithEvents(end, event))) await this.#write(end);
  }

  async #closeWithEvents(end: LedgerWrite, event: GodwitEvent | null): Promise<boolean> {
    try {
      const [first, ...others] = await this.events.lastWrites(this.#session, event);
      if (first === undefined) return false;
      await this.#session.begin();
      if ((await this.#session.run(first.sql, first.parameters)) !== 1) throw this.#replaced();
      for (const { sql, parameters } of others) await this.#session.run(sql, parameters);
      await this.#write(end);
      await this.#session.commit();
      this.events.written();
      return true;
    } catch (error) {
      const isLost = lostKinds.has(kindOf(this.#engine, error));
      if (!isLost) await this.#session.rollback().catch(() => {});
      if (isLost || error instanceof GodwitError) throw error;
      this.events.refused(error);
      return false;
    }
  }

  /** Shows, on any session, that the run lives; false when another process took it over. */
  async heartbeat(session: Session): Promise<boolean> {
    const sql = `UPDATE ${this.#table("run")} SET heartbeat_at = ? WHERE id = ? AND epoch = ?`;
    const parameters = [this.#clock.now(), this.runId, this.epoch];
    return (await session.run(withPlaceholders(this.#engine.traits, sql), parameters)) === 1;
  }

  /**
   * For an effect outside of the database, inside the transaction that will have its record: until that ends nobody can
   * take the run over. Throws GW4003 where somebody has.
   */
  async refuseReplaced(): Promise<void> {
    if (!(await this.heartbeat(this.#session))) throw this.#replaced();
  }

  /** Drops what an earlier application of the unit left in this run, when it is applied again from its start. */
  async restartUnit(unit: string, keys: readonly string[]): Promise<void> {
    if (!keys.some((key) => this.#rows.has(key))) return;
    await this.#run(`DELETE FROM ${this.#table("step")} WHERE run_id = ? AND unit = ?`, [this.runId, unit]);
    for (const key of keys) this.#rows.delete(key);
  }

  /** The intent, before an effect that cannot share a transaction with its record. */
  async start(step: StepIdentity, ordinal: number, captured: unknown): Promise<void> {
    await this.#writeAlone(
      this.#stepWrite(step, ordinal, { state: "started", captured: captureOf(step, captured) ?? "null" }),
    );
  }

  /** It did not take effect: the server said so, or the catalogue did. */
  async fail(step: StepIdentity, ordinal: number): Promise<void> {
    await this.#writeAlone(this.#stepWrite(step, ordinal, { state: "failed" }));
  }

  /**
   * Records the completion and commits: call it at the end of the transaction of the effect, where there is one.
   * `next` is the intent of the following step, which shares the commit. Rejects with the transaction rolled back.
   */
  async finishAndCommit(completion: Completion): Promise<void> {
    const { step, ordinal, took, history, next, kept } = completion;
    const head = this.#head;
    const seq = history.length === 0 ? null : head.seq + history.length;
    const captured = captureOf(step, kept);
    const rows = history.map((change) => this.#historyRow(change, took.unitMs));
    const writes = [
      this.#stepWrite(step, ordinal, {
        state: "done",
        durationMs: Math.round(took.stepMs),
        seq,
        ...(captured === undefined ? {} : { captured }),
      }),
    ];
    for (const [index, row] of rows.entries())
      writes.push(this.#historyWrite(row, history[index]?.source ?? null));
    if (next !== undefined) {
      const intent = captureOf(next.step, next.captured) ?? "null";
      writes.push(this.#stepWrite(next.step, ordinal + 1, { state: "started", captured: intent }));
    }
    for (const artifact of completion.artifacts ?? []) writes.push(this.#artifactWrite(artifact));
    if (completion.abandons !== undefined) writes.push(...this.#abandon(completion.abandons));
    try {
      await this.#commit(writes);
    } catch (error) {
      this.#head = head;
      await this.#session.rollback().catch(() => {});
      await this.#session.asMigration?.().catch(() => {});
      throw await this.#explained(error);
    }
    for (const { key } of writes) if (key !== null) this.#rows.add(key);
    for (const { seq, action, version, name, rowHash } of rows) {
      this.events.emit({
        type: "history:written",
        key: step.key,
        row: seq,
        action,
        version,
        name,
        rowHash,
      });
    }
    await this.#session.asMigration?.();
  }

  async #commit(writes: readonly LedgerWrite[]): Promise<void> {
    if (this.isUnderForeignSettings) await this.#session.asLogin?.();
    // An UPDATE that hits no row is no error to the server, so it must be seen before the commit.
    const isVerified = this.#session.verifiesWrites === true || writes.every(({ isUpdate }) => !isUpdate);
    if (this.#session.commitWith !== undefined && isVerified) {
      const refused = await this.#session.commitWith(writes);
      if (refused !== null) throw refused;
      return;
    }
    for (const write of writes) await this.#write(write);
    crashPoint("ledger:before-commit");
    await this.#session.commit();
  }

  async #write(write: LedgerWrite): Promise<void> {
    if ((await this.#session.run(write.sql, write.parameters)) !== 1) throw this.#replaced();
  }

  /** A write outside of the transaction of an effect. */
  async #writeAlone(write: LedgerWrite): Promise<void> {
    try {
      if (this.isUnderForeignSettings && this.#session.asLogin !== undefined) {
        await this.#session.begin();
        await this.#commit([write]);
      } else await this.#write(write);
    } catch (error) {
      if (this.isUnderForeignSettings) await this.#session.rollback().catch(() => {});
      await this.#session.asMigration?.().catch(() => {});
      throw await this.#explained(error);
    }
    if (write.key !== null) this.#rows.add(write.key);
    await this.#session.asMigration?.();
  }

  /** A step's row: inserted, or replaced where an earlier attempt left one. */
  #stepWrite(step: StepIdentity, ordinal: number, to: StepChange): LedgerWrite {
    const now = this.#clock.now();
    const finished = to.state === "started" ? null : now;
    const { captured = null, durationMs = null, seq = null } = to;
    const table = this.#table("step");
    if (this.#rows.has(step.key)) {
      return this.#made(
        step.key,
        true,
        `UPDATE ${table} SET epoch = ?, hash = ?, title = ?, state = ?, captured = ?, finished_at = ?,
           duration_ms = ?, history_seq = ? WHERE run_id = ? AND step_key = ?
           AND EXISTS (SELECT 1 FROM ${this.#table("run")} WHERE id = ? AND epoch = ?)`,
        [this.epoch, step.hash, step.title, to.state, captured, finished, durationMs, seq],
        [this.runId, step.key, this.runId, this.epoch],
      );
    }
    return this.#made(
      step.key,
      false,
      // Without the run at this epoch the value is NULL, which the column refuses.
      `INSERT INTO ${table} (run_id, step_key, epoch, unit, ordinal, title, hash, state, captured,
           started_at, finished_at, duration_ms, history_seq)
         VALUES (?, ?, (SELECT epoch FROM ${this.#table("run")} WHERE id = ? AND epoch = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [this.runId, step.key, this.runId, this.epoch, step.unit, ordinal, step.title, step.hash],
      [to.state, captured, now, finished, durationMs, seq],
    );
  }

  /** The next history row; advances the head, which a failed commit puts back. */
  #historyRow(change: HistoryChange, unitMs: number): HistoryRow {
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
    return { ...body, rowHash };
  }

  #historyWrite(row: HistoryRow, source: string | null): LedgerWrite {
    return this.#made(
      null,
      false,
      `INSERT INTO ${this.#table("migration")} (seq, version, name, kind, action, raw_hash, sql_hash, source, run_id,
         epoch, actor, tool, applied_at, duration_ms, prev_hash, row_hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [row.seq, row.version, row.name, row.kind, row.action, row.rawHash, row.sqlHash, source, row.runId],
      [row.epoch, row.actor, row.tool, row.appliedAt, row.durationMs, row.prevHash, row.rowHash],
    );
  }

  #artifactWrite(change: ArtifactChange): LedgerWrite {
    const table = this.#table("artifact");
    if (!("body" in change)) {
      const sql = `UPDATE ${table} SET state = ? WHERE id = ?`;
      return this.#made(null, true, sql, [change.state, change.id]);
    }
    const values = [change.kind, this.runId, change.name, change.state, JSON.stringify(change.body)];
    const isThere = change.replaces === true;
    const sql = isThere
      ? `UPDATE ${table} SET kind = ?, run_id = ?, name = ?, state = ?, body = ?, created_at = ? WHERE id = ?`
      : `INSERT INTO ${table} (kind, run_id, name, state, body, created_at, id) VALUES (?, ?, ?, ?, ?, ?, ?)`;
    return this.#made(null, isThere, sql, values, [this.#clock.now(), change.id]);
  }

  /** Raises that run's epoch as well, so that no process goes on with it from what it has in memory. */
  #abandon({ runId, epoch, stepKeys }: Abandoned): LedgerWrite[] {
    const steps = `UPDATE ${this.#table("step")} SET state = 'failed' WHERE run_id = ? AND step_key = ?`;
    const run = `UPDATE ${this.#table("run")} SET state = 'resumable', epoch = ?, error = NULL WHERE id = ? AND epoch = ?`;
    return [
      this.#made(null, true, run, [epoch + 1, runId, epoch]),
      ...stepKeys.map((key) => this.#made(null, true, steps, [runId, key])),
    ];
  }

  #made(
    key: string | null,
    isUpdate: boolean,
    sql: string,
    ...parameters: (readonly Value[])[]
  ): LedgerWrite {
    return { key, isUpdate, sql: withPlaceholders(this.#engine.traits, sql), parameters: parameters.flat() };
  }

  async #run(sql: string, parameters: readonly Value[]): Promise<number> {
    return this.#session.run(withPlaceholders(this.#engine.traits, sql), parameters);
  }

  #table(name: "run" | "step" | "migration" | "plan" | "approval" | "artifact"): string {
    return this.#engine.store.table(name);
  }

  /** Whether a refused ledger row means that someone else writes this history now, or something of its own. */
  async #explained(error: unknown): Promise<unknown> {
    if (error instanceof GodwitError || this.#engine.errors.classify(error).kind !== "constraint")
      return error;
    const sql = `SELECT r.epoch AS epoch, (SELECT max(seq) FROM ${this.#table("migration")}) AS seq
      FROM ${this.#table("run")} r WHERE r.id = ?`;
    try {
      const [row] = await this.#session.query(withPlaceholders(this.#engine.traits, sql), [this.runId]);
      const isOurs = Number(row?.epoch) === this.epoch && Number(row?.seq ?? 0) <= this.#head.seq;
      return isOurs ? error : this.#replaced(error);
    } catch {
      return error;
    }
  }

  #replaced(cause?: unknown): GodwitError {
    return new GodwitError("GW4003", {
      message: `run ${this.runId} is no longer at epoch ${this.epoch}: another process took it over`,
      details: { runId: this.runId, epoch: this.epoch },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** What a run undoes: all that the other one did, or a part. */
export interface Undoes {
  readonly runId: string;
  readonly isWhole: boolean;
}

/** How long the step took, and its unit so far, in milliseconds. */
export interface Durations {
  readonly stepMs: number;
  readonly unitMs: number;
}

/** A step as its row tells of it; statements only where it has some. */
export type StepIdentity = Pick<Step, "key" | "unit" | "title" | "hash"> & {
  readonly statements?: readonly Statement[];
};

/** What a row keeps, as JSON, with a mark where nothing in the database will tell of the step. */
function captureOf({ statements = [] }: StepIdentity, kept: unknown): string | undefined {
  const isSessionOnly = statements.length > 0 && statements.every(changesOnlySession);
  if (!isSessionOnly) return kept === undefined ? undefined : JSON.stringify(kept);
  return JSON.stringify({ ...(kept as object | undefined), sessionOnly: true });
}

export interface Completion {
  readonly step: StepIdentity;
  readonly ordinal: number;
  readonly took: Durations;
  readonly history: readonly HistoryChange[];
  readonly next?: { readonly step: StepIdentity; readonly captured: unknown } | undefined;
  /** Kept with the record of a done step; JSON. */
  readonly kept?: unknown;
  readonly abandons?: Abandoned | undefined;
  readonly artifacts?: readonly ArtifactChange[];
}

/** Something that a step leaves beside its effect, such as rows that it kept; without a body its state changes. */
export type ArtifactChange =
  | { readonly id: string; readonly state: string }
  | {
      readonly id: string;
      readonly kind: string;
      readonly name: string;
      readonly state: string;
      readonly body: unknown;
      /** There is one of that id, which counts no more. */
      readonly replaces?: boolean;
    };

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
