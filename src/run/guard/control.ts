import { hostname } from "node:os";
import type { Engine, Session, Value } from "../../engines/engine.ts";
import { withPlaceholders } from "../../engines/placeholders.ts";
import { actor } from "../actor.ts";

/** What an operator can tell a run, from any host, through the ledger. */
export const controlCommands = ["pause", "resume", "stop", "throttle", "chunk-size"] as const;
export type ControlCommand = (typeof controlCommands)[number];

export interface ControlRow {
  readonly seq: number;
  readonly command: ControlCommand;
  /** Of `throttle` the share of the full speed, 0 to 1; of `chunk-size` bytes. */
  readonly value: string | null;
  readonly actor: string;
  readonly host: string;
  readonly requestedAt: string;
  /** When the run's process took it; null where none has yet. */
  readonly takenAt: string | null;
}

/** What holds after all commands of a run until now, also for a process that resumes it. */
export interface StandingOrders {
  /** The last `pause` that no `resume` has ended. */
  readonly pausedBy: ControlRow | null;
  /** The share of its full speed that the run may use. */
  readonly throttle: number;
  /** Null: as the run was asked for. */
  readonly chunkBytes: number | null;
}

/** A command is taken by the process that works under this epoch, and by no other. */
export interface RunIdentity {
  readonly runId: string;
  readonly epoch: number;
}

export async function readControl(engine: Engine, session: Session, runId: string): Promise<ControlRow[]> {
  const sql = `SELECT seq, command, value, actor, host, requested_at, taken_at FROM ${engine.store.table("control")}
    WHERE run_id = ? ORDER BY seq`;
  const rows = await session.query(withPlaceholders(engine.traits, sql), [runId]);
  return rows.map((row) => ({
    seq: Number(row.seq),
    command: String(row.command) as ControlCommand,
    value: row.value === null ? null : String(row.value),
    actor: String(row.actor),
    host: String(row.host),
    requestedAt: String(row.requested_at),
    takenAt: row.taken_at === null ? null : String(row.taken_at),
  }));
}

/** Marks a command as taken; false where another process has taken it, or the run is at another epoch. */
export async function takeControl(
  engine: Engine,
  session: Session,
  run: RunIdentity,
  { seq }: ControlRow,
  now: string,
): Promise<boolean> {
  const sql = `UPDATE ${engine.store.table("control")} SET taken_at = ? WHERE run_id = ? AND seq = ? AND taken_at IS NULL
    AND EXISTS (SELECT 1 FROM ${engine.store.table("run")} WHERE id = ? AND epoch = ?)`;
  const parameters = [now, run.runId, seq, run.runId, run.epoch];
  return (await session.run(withPlaceholders(engine.traits, sql), parameters)) === 1;
}

/** Tells a run something; its process takes it within a second or so. */
export async function sendControl(
  engine: Engine,
  session: Session,
  runId: string,
  order: { readonly command: ControlCommand; readonly value: string | null; readonly now: string },
): Promise<ControlRow> {
  const table = engine.store.table("control");
  const { command, value, now } = order;
  for (let attempt = 1; ; attempt++) {
    const max = withPlaceholders(engine.traits, `SELECT max(seq) AS seq FROM ${table} WHERE run_id = ?`);
    const [row] = await session.query(max, [runId]);
    const seq = Number(row?.seq ?? 0) + 1;
    const sql = `INSERT INTO ${table} (run_id, seq, command, value, actor, host, requested_at, taken_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, NULL)`;
    const parameters: Value[] = [runId, seq, command, value, actor(), hostname(), now];
    try {
      await session.run(withPlaceholders(engine.traits, sql), parameters);
      return { seq, command, value, actor: actor(), host: hostname(), requestedAt: now, takenAt: null };
    } catch (error) {
      // Another operator was quicker with the same number.
      if (engine.errors.classify(error).kind !== "constraint" || attempt >= 20) throw error;
    }
  }
}

/** What all commands of a run come to; a `stop` is carried out once and does not stand. */
export function standingOrders(rows: readonly ControlRow[]): StandingOrders {
  let pausedBy: ControlRow | null = null;
  let throttle = 1;
  let chunkBytes: number | null = null;
  for (const row of rows) {
    switch (row.command) {
      case "pause":
        pausedBy ??= row;
        break;
      case "resume":
        pausedBy = null;
        break;
      case "throttle":
        throttle = shareOf(row);
        break;
      case "chunk-size":
        chunkBytes = bytesOf(row);
        break;
      case "stop":
        break;
    }
  }
  return { pausedBy, throttle, chunkBytes };
}

/** The table may have been written by hand: a value that means nothing changes nothing. */
function shareOf({ value }: ControlRow): number {
  const share = Number(value);
  return share > 0 && share <= 1 ? share : 1;
}

function bytesOf({ value }: ControlRow): number | null {
  const bytes = Number(value);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
}

export function operatorOf({ actor, host, requestedAt }: ControlRow): string {
  return `${actor} on ${host} at ${requestedAt}`;
}
