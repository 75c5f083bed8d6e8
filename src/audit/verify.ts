import { undoneBy } from "./undone-by.ts";
import { type Engine, type Session } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import { eventLogVersion, readLedger } from "../run/ledger.ts";
import { eventsOf, readEvents } from "./read-events.ts";
import { type AuditFinding, type ChainHead, verifyChain } from "./verify-chain.ts";
import { type Records, Testimony } from "./verify-records.ts";

export interface AuditReport {
  readonly valid: boolean;
  readonly rows: number;
  /** The newest row: kept elsewhere, it shows later that the log still begins with what it is now. */
  readonly head: ChainHead | null;
  readonly checked: { readonly runs: number; readonly steps: number; readonly historyRows: number };
  readonly findings: readonly AuditFinding[];
  /** What is as it may be, and yet worth to know. */
  readonly notes: readonly string[];
}

/** A run that goes on changes what is read: then it is read again, up to this often. */
const attempts = 4;

/** Checks the event log's chain, and the ledger's other tables against it. Reads only. */
export async function verifyAudit(
  engine: Engine,
  session: Session,
  expectedHead?: string,
): Promise<AuditReport> {
  for (let attempt = 1; ; attempt++) {
    const testimony = new Testimony();
    const records = await readRecords(engine, session);
    const chain = await verifyChain(hasLog(records) ? readEvents(engine, session) : nothing(), {
      expectedHead,
      visit: (row) => eventsOf(row).forEach((event) => testimony.add(event)),
    });
    const { findings, notes } = testimony.compare(records);
    const all = [...chain.findings, ...findings];
    // Its end may have been written between the two readings.
    if (findings.length > 0 && attempt < attempts) {
      const now = await readRecords(engine, session);
      if (JSON.stringify(now.runs) !== JSON.stringify(records.runs)) continue;
    }
    return {
      valid: all.length === 0,
      rows: chain.rows,
      head: chain.head,
      checked: {
        runs: records.runs.length,
        steps: records.steps.length,
        historyRows: records.history.length,
      },
      findings: all,
      notes,
    };
  }
}

/** The newest row of the event log; null where there is none. */
export async function auditHead(engine: Engine, session: Session): Promise<ChainHead | null> {
  const version = await engine.store.version(session);
  if (version === null || version < eventLogVersion) return null;
  const [row] = await session.query(
    `SELECT seq, row_hash FROM ${engine.store.table("event")} ORDER BY seq DESC LIMIT 1`,
  );
  return row === undefined ? null : { seq: Number(row.seq), hash: String(row.row_hash) };
}

/** A time that nothing is later than. */
const never = "9999";

function hasLog({ loggedSince }: Records): boolean {
  return loggedSince !== never;
}

async function* nothing(): AsyncGenerator<never> {
  // A ledger of an older version has no event log.
}

async function readRecords(engine: Engine, session: Session): Promise<Records> {
  const { version, history } = await readLedger(engine, session, "any");
  if (version === null) return { runs: [], steps: [], history, loggedSince: never };
  const { traits, store } = engine;
  const [since] = await session.query(
    withPlaceholders(traits, `SELECT applied_at FROM ${store.table("ledger")} WHERE version = ?`),
    [eventLogVersion],
  );
  const runs = await session.query(
    `SELECT id, kind, state, epoch, started_at, finished_at FROM ${store.table("run")} ORDER BY started_at, id`,
  );
  const undoing = await session.query(
    `SELECT id, intent FROM ${store.table("run")} WHERE intent LIKE '%"undoes"%'`,
  );
  const undone = new Map(undoing.map((row) => [String(row.id), undoneBy(row.intent)]));
  const steps = await session.query(`SELECT run_id, step_key, epoch, state FROM ${store.table("step")}`);
  return {
    runs: runs.map((row) => ({
      undoes: undone.get(String(row.id)) ?? null,
      id: String(row.id),
      kind: String(row.kind),
      state: String(row.state),
      epoch: Number(row.epoch),
      startedAt: String(row.started_at),
      finishedAt: row.finished_at === null ? null : String(row.finished_at),
    })),
    steps: steps.map((row) => ({
      runId: String(row.run_id),
      key: String(row.step_key),
      epoch: Number(row.epoch),
      state: String(row.state),
    })),
    history,
    loggedSince: since === undefined ? never : String(since.applied_at),
  };
}
