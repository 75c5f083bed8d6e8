import { version as tool } from "../core/version.ts";
import type { Engine, LedgerTable, Row, Session, Value } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import { eventLogVersion } from "../run/ledger.ts";
import { findRun, type RunSummary } from "./list-runs.ts";
import { eventsOf, readEvents } from "./read-events.ts";
import { ReportFacts } from "./report-facts.ts";
import { type Attempt, type CopiedTable, reportVersion, type RunReport } from "./run-report.ts";
import { undoneBy } from "./undone-by.ts";
import { auditHead } from "./verify.ts";

/** Makes the report of a run (default the newest) from the ledger. Reads only. Throws GW1001 where there is no such run. */
export async function readReport(
  engine: Engine,
  session: Session,
  options: { readonly database: string; readonly runId?: string | undefined },
): Promise<RunReport> {
  const { now } = await engine.connect.facts(session);
  const run = await findRun(engine, session, options.runId);
  const ask = async (table: LedgerTable, sql: string, parameters: readonly Value[] = [run.id]) =>
    session.query(
      withPlaceholders(engine.traits, sql.replace("FROM it", `FROM ${engine.store.table(table)}`)),
      parameters,
    );
  const hasLog = Number(await engine.store.version(session)) >= eventLogVersion;
  const endedAt = run.finishedAt ?? (run.state === "running" ? now : run.heartbeatAt);
  const facts = new ReportFacts(run.startedAt, endedAt);
  let lastAt = endedAt;
  if (hasLog) {
    for await (const row of readEvents(engine, session, run.id)) {
      for (const event of eventsOf(row)) facts.add(event);
      lastAt = row.happenedAt;
    }
  }
  const steps = await ask(
    "step",
    "SELECT step_key, unit, title, state, started_at, duration_ms FROM it WHERE run_id = ? ORDER BY ordinal, started_at, step_key",
  );
  const changes = await ask(
    "migration",
    "SELECT seq, action, version, name, applied_at, duration_ms FROM it WHERE run_id = ? ORDER BY seq",
  );
  const tables = Number(await engine.store.version(session)) >= copyVersion ? await readTables(ask) : [];
  const durationMs = Math.max(0, Date.parse(run.finishedAt ?? lastAt) - Date.parse(run.startedAt));
  const rows = Math.max(facts.rows, sum(tables.map((table) => table.rows)));
  const pausedMs = sum(facts.pauses.map((pause) => pause.pausedMs ?? 0));
  return {
    report: reportVersion,
    tool,
    madeAt: now,
    database: options.database,
    status: {
      ...run,
      durationMs,
      attempts: attemptsOf(run, facts),
      ...(await readUndo(ask, run, facts)),
      approvals: hasLog ? await readApprovals(ask, run) : [],
      gates: facts.gates,
      controls: facts.controls,
      warnings: facts.warnings,
    },
    migration: {
      changes: changes.map((row) => ({
        row: Number(row.seq),
        action: String(row.action),
        version: String(row.version),
        name: String(row.name),
        appliedAt: String(row.applied_at),
        durationMs: Number(row.duration_ms),
      })),
      steps: {
        done: steps.filter(({ state }) => state === "done").length,
        open: steps.filter(({ state }) => state === "started").length,
        failed: steps.filter(({ state }) => state === "failed").length,
      },
      tables,
      objects: { made: facts.made, undone: [...facts.undone.values()] },
    },
    backup: { artifacts: hasLog ? await readArtifacts(ask) : [], made: facts.backups },
    validation: { tables: [...facts.compared.values()], settled: facts.settled },
    scripts: steps.map((row) => ({
      key: String(row.step_key),
      unit: String(row.unit),
      title: String(row.title),
      state: String(row.state),
      startedAt: String(row.started_at),
      durationMs: row.duration_ms === null ? null : Number(row.duration_ms),
    })),
    performance: {
      rows,
      bytes: sum(tables.map((table) => table.bytes)),
      rowsPerSecond: rows === 0 || durationMs === 0 ? null : Math.round((rows * 1_000) / durationMs),
      statements: facts.statements,
      retries: facts.retries,
      connectionsLost: facts.connectionsLost,
      slowest: facts.slowest,
      rate: facts.rate(),
      lag: facts.lag,
      pauses: facts.pauses,
      pausedMs,
    },
    downtime: {
      totalMs: sum(facts.windows.map(({ heldMs }) => heldMs)),
      longestMs: Math.max(0, ...facts.windows.map(({ heldMs }) => heldMs)),
      windows: facts.windows,
      mostWaiting: facts.mostWaiting,
    },
    head: await auditHead(engine, session),
  };
}

/** Since this version of the ledger there are copies. */
const copyVersion = 2;

type Ask = (table: LedgerTable, sql: string, parameters?: readonly Value[]) => Promise<Row[]>;

/** Each epoch is an attempt, also one that was killed before it could write an event. */
function attemptsOf(run: RunSummary, facts: ReportFacts): Attempt[] {
  return Array.from({ length: run.epoch }, (_, index): Attempt => {
    const epoch = index + 1;
    const known = facts.attempts.get(epoch);
    const isLast = epoch === run.epoch;
    const end = isLast && run.state === "running" ? "running" : (known?.end ?? "cut off");
    return {
      epoch,
      actor: known?.actor ?? null,
      startedAt: known?.startedAt ?? null,
      endedAt: known?.endedAt ?? null,
      end: isLast && run.state === "done" ? "done" : end,
      error: known?.error ?? null,
    };
  });
}

/** Which run this one undoes is part of what it was asked for. */
async function readUndo(ask: Ask, run: RunSummary, facts: ReportFacts) {
  const [own] = await ask("run", "SELECT intent FROM it WHERE id = ?");
  const of = undoneBy(own?.intent);
  const later = await ask("run", "SELECT id, intent FROM it WHERE intent LIKE ? AND id <> ?", [
    `%"undoes"%${run.id}%`,
    run.id,
  ]);
  const by = later.find(({ intent }) => undoneBy(intent) === run.id);
  const { verified = null, different = [] } = facts.undo ?? {};
  return {
    undoes: of === null ? null : { of, verified, different },
    undoneBy: by === undefined ? null : String(by.id),
  };
}

async function readTables(ask: Ask): Promise<CopiedTable[]> {
  const chunks = await ask(
    "chunk",
    `SELECT table_name, count(*) AS chunks, sum(CASE WHEN state = 'done' THEN 1 ELSE 0 END) AS done,
       coalesce(sum(row_count), 0) AS row_total, coalesce(sum(byte_count), 0) AS byte_total
      FROM it WHERE run_id = ? GROUP BY table_name ORDER BY table_name`,
  );
  const aside = await ask(
    "quarantine",
    "SELECT table_name, count(*) AS n FROM it WHERE run_id = ? GROUP BY table_name",
  );
  const quarantined = new Map(aside.map((row) => [String(row.table_name), Number(row.n)]));
  return chunks.map((row) => ({
    table: String(row.table_name),
    chunks: Number(row.chunks),
    chunksDone: Number(row.done),
    rows: Number(row.row_total),
    bytes: Number(row.byte_total),
    quarantined: quarantined.get(String(row.table_name)) ?? 0,
  }));
}

async function readApprovals(ask: Ask, run: RunSummary) {
  const rows = await ask(
    "approval",
    "SELECT approver, author, ticket, approved_at FROM it WHERE plan_hash = ? ORDER BY approved_at",
    [run.planHash],
  );
  return rows.map((row) => ({
    approver: String(row.approver),
    author: String(row.author),
    ticket: row.ticket === null ? null : String(row.ticket),
    approvedAt: String(row.approved_at),
  }));
}

async function readArtifacts(ask: Ask) {
  const rows = await ask(
    "artifact",
    "SELECT id, kind, name, state, created_at, verified_at FROM it WHERE run_id = ? ORDER BY created_at, id",
  );
  return rows.map((row) => ({
    id: String(row.id),
    kind: String(row.kind),
    name: String(row.name),
    state: String(row.state),
    createdAt: String(row.created_at),
    verifiedAt: row.verified_at === null ? null : String(row.verified_at),
  }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
