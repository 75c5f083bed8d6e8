import { GodwitError } from "../core/error.ts";
import type { PlanKind } from "../core/plan.ts";
import type { Engine, Row, Session } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import type { RunState } from "../run/ledger.ts";

/** A run as its row tells of it. */
export interface RunSummary {
  readonly id: string;
  readonly kind: PlanKind;
  /** `running` only while a session holds the lock: a killed process cannot write that it is not. */
  readonly state: RunState;
  readonly epoch: number;
  readonly actor: string;
  readonly host: string;
  readonly tool: string;
  readonly planHash: string;
  readonly startedAt: string;
  readonly heartbeatAt: string;
  readonly finishedAt: string | null;
  readonly error: Readonly<Record<string, unknown>> | null;
}

const columns =
  "id, kind, state, epoch, actor, host, tool, plan_hash, started_at, heartbeat_at, finished_at, error";

/** The newest runs, the newest first. */
export async function listRuns(engine: Engine, session: Session, limit: number): Promise<RunSummary[]> {
  if ((await engine.store.version(session)) === null) return [];
  const rows = await session.query(
    `SELECT ${columns} FROM ${engine.store.table("run")} ORDER BY started_at DESC, id DESC LIMIT ${Math.trunc(limit)}`,
  );
  return Promise.all(rows.map((row) => toSummary(engine, session, row)));
}

/** The run whose id begins so; without one the newest. Throws GW1001 where there is none, or several. */
export async function findRun(engine: Engine, session: Session, id?: string): Promise<RunSummary> {
  const hasLedger = (await engine.store.version(session)) !== null;
  const sql = `SELECT ${columns} FROM ${engine.store.table("run")}
    ${id === undefined ? "" : "WHERE id LIKE ?"} ORDER BY started_at DESC, id DESC LIMIT 2`;
  const isId = id === undefined || /^[0-9a-f-]{4,36}$/i.test(id);
  const parameters = id === undefined ? [] : [`${id.toLowerCase()}%`];
  const [found, another] =
    hasLedger && isId ? await session.query(withPlaceholders(engine.traits, sql), parameters) : [];
  if (found === undefined || (id !== undefined && another !== undefined)) {
    const which = id === undefined ? "" : ` whose id begins with ${JSON.stringify(id)}`;
    throw new GodwitError("GW1001", {
      message: found === undefined ? `the ledger has no run${which}` : `the ledger has several runs${which}`,
      hint: "`godwit runs` lists them.",
      details: { run: id ?? null },
    });
  }
  return toSummary(engine, session, found);
}

async function toSummary(engine: Engine, session: Session, row: Row): Promise<RunSummary> {
  const state = String(row.state) as RunSummary["state"];
  const isAlive = state !== "running" || (await engine.lock.holder(session)) !== null;
  return {
    id: String(row.id),
    kind: String(row.kind) as PlanKind,
    state: isAlive ? state : "resumable",
    epoch: Number(row.epoch),
    actor: String(row.actor),
    host: String(row.host),
    tool: String(row.tool),
    planHash: String(row.plan_hash),
    startedAt: String(row.started_at),
    heartbeatAt: String(row.heartbeat_at),
    finishedAt: row.finished_at === null ? null : String(row.finished_at),
    error: row.error === null ? null : (JSON.parse(String(row.error)) as Record<string, unknown>),
  };
}
