import { setTimeout as pause } from "node:timers/promises";
import { GodwitError } from "../core/error.ts";
import { familyOf, type PlanKind } from "../core/plan.ts";
import type { Engine, Session } from "../engines/engine.ts";
import { reading } from "../migrate/index.ts";
import {
  type ControlCommand,
  type ControlRow,
  readControl,
  sendControl,
  type StandingOrders,
  standingOrders,
} from "../run/guard/control.ts";
import { readUnfinished, type RunRecord } from "../run/ledger.ts";
import { checkOptions } from "./check-options.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface CtlOptions extends ProjectOptions {
  readonly action: ControlCommand | "status";
  /** Of `throttle` the share of the full speed, above 0 and up to 1; of `chunk-size` bytes. */
  readonly value?: number | undefined;
  /** The run's id, or how it begins; the one run that is not done where it is left out. */
  readonly run?: string | undefined;
  /** How long to wait until a run that is going on has taken it, in milliseconds; default 2,000. */
  readonly waitMs?: number | undefined;
}

export interface CtlReport {
  readonly database: string;
  /** What was said, and when the run's process took it; null where it has not yet. Null for `status`. */
  readonly sent: (ControlRow & { readonly run: string }) | null;
  readonly runs: readonly ControlledRun[];
}

export interface ControlledRun {
  readonly id: string;
  readonly kind: PlanKind;
  /** `running` only while its process holds the lock. */
  readonly state: "running" | "resumable" | "blocked";
  readonly epoch: number;
  readonly startedAt: string;
  readonly heartbeatAt: string;
  readonly orders: StandingOrders;
  /** What it was told and has not heard yet. */
  readonly waiting: readonly ControlRow[];
}

/** A run at work takes a command within its guard's interval, which is a second by default. */
const takenWaitMs = 2_000;
/** In SQLite a transaction of the run keeps everybody else from writing. */
const busyWaitMs = 30_000;

/** Tells a run that is not done to pause, to go on, to stop or to work more slowly, or shows such runs. Throws GW8004. */
export async function ctl(options: CtlOptions): Promise<CtlReport> {
  checkOptions("ctl", options);
  const { action, value, run, waitMs = takenWaitMs } = options;
  const order = action === "status" ? null : { command: action, value: valueOf(action, value) };
  const project = await openProject(options);
  const { engine, target } = project;
  return reading(project, async (session) => {
    await session.limit({ lockTimeoutMs: busyWaitMs, statementTimeoutMs: 0 });
    const found = await unfinishedRuns(engine, session);
    const chosen = run === undefined ? found : found.filter(({ id }) => id.startsWith(run.toLowerCase()));
    if (order === null) {
      if (run !== undefined && chosen.length === 0) throw noSuchRun(run, found);
      return { database: target.display, sent: null, runs: chosen };
    }
    const [one, another] = chosen;
    if (one === undefined) throw noSuchRun(run, found);
    if (another !== undefined) throw severalRuns(chosen);
    refuseVain(order.command, one);
    const { now } = await engine.connect.facts(session);
    const sent = await sendControl(engine, session, one.id, { ...order, now }).catch((error: unknown) => {
      throw explained(engine, error);
    });
    const row = one.state === "running" ? await whenTaken(engine, session, one.id, sent, waitMs) : sent;
    const runs = (await unfinishedRuns(engine, session)).filter(({ id }) => id === one.id);
    return { database: target.display, sent: { run: one.id, ...row }, runs };
  });
}

async function unfinishedRuns(engine: Engine, session: Session): Promise<ControlledRun[]> {
  const records = await readUnfinished(engine, session);
  const holder = records.length === 0 ? null : await engine.lock.holder(session);
  const runs: ControlledRun[] = [];
  for (const record of records) {
    const rows = await readControl(engine, session, record.id);
    const { id, kind, epoch, startedAt, heartbeatAt } = record;
    const orders = standingOrders(rows);
    const waiting = rows.filter(({ takenAt }) => takenAt === null);
    runs.push({ id, kind, state: stateOf(record), epoch, startedAt, heartbeatAt, orders, waiting });
  }
  return runs;

  function stateOf({ state, sessionId }: RunRecord): ControlledRun["state"] {
    if (state === "blocked") return "blocked";
    return state === "running" && holder?.sessionId === sessionId ? "running" : "resumable";
  }
}

async function whenTaken(
  engine: Engine,
  session: Session,
  runId: string,
  sent: ControlRow,
  waitMs: number,
): Promise<ControlRow> {
  const end = performance.now() + waitMs;
  for (;;) {
    const row = (await readControl(engine, session, runId)).find(({ seq }) => seq === sent.seq) ?? sent;
    if (row.takenAt !== null || performance.now() > end) return row;
    await pause(100);
  }
}

function valueOf(action: ControlCommand, value: number | undefined): string | null {
  const wrong = (message: string) => new GodwitError("GW1001", { message, details: { action } });
  switch (action) {
    case "throttle":
      if (value !== undefined && value > 0 && value <= 1) return String(value);
      throw wrong("throttle takes a share of the full speed: above 0% and up to 100%");
    case "chunk-size":
      if (value !== undefined && Number.isSafeInteger(value) && value > 0) return String(value);
      throw wrong("chunk-size takes a size, such as 4MB");
    default:
      if (value === undefined) return null;
      throw wrong(`${action} takes no value`);
  }
}

function refuseVain(command: ControlCommand, { id, kind, state }: ControlledRun): void {
  if (command === "stop" && state !== "running") {
    throw new GodwitError("GW8004", {
      message: `run ${id} is not going on: there is nothing to stop`,
      hint: "`godwit ctl pause` keeps it from going on when it is resumed.",
      details: { run: id, state },
    });
  }
  if (command === "chunk-size" && familyOf(kind) !== "copy") {
    throw new GodwitError("GW1001", {
      message: `run ${id} is no copy, so it has no chunks`,
      details: { run: id },
    });
  }
}

function noSuchRun(run: string | undefined, found: readonly ControlledRun[]): GodwitError {
  const what = run === undefined ? "every run is done" : `no run that is not done has the id ${run}`;
  return new GodwitError("GW8004", {
    message: `there is nothing to control: ${what}`,
    details: { run: run ?? null, runs: found.map(({ id }) => id) },
  });
}

function severalRuns(found: readonly ControlledRun[]): GodwitError {
  const list = found.map(({ id, kind }) => `${id} (${kind})`).join(", ");
  return new GodwitError("GW8004", {
    message: `several runs are not done: ${list}`,
    hint: "Name one, by its id or by how it begins.",
    details: { runs: found.map(({ id }) => id) },
  });
}

/** What keeps the row from being written; the stop file needs no database. */
function explained(engine: Engine, error: unknown): unknown {
  if (error instanceof GodwitError) return error;
  const { kind, native, message } = engine.errors.classify(error);
  const code = kind === "permission" ? "GW3006" : kind === "lock-timeout" ? "GW6002" : null;
  if (code === null) return error;
  return new GodwitError(code, {
    message: `the run was not told: ${message}`,
    hint: "Try again, or use the stop file, which needs no database.",
    details: { kind, native },
    cause: error,
  });
}
