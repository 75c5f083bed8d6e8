import { GodwitError } from "../../core/error.ts";
import type { CompareStep, CopyTable } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import type { Session } from "../../engines/engine.ts";
import { ChunkLedger, type ReadRows } from "../chunk-ledger.ts";
import type { CompareSide } from "../compare/asked.ts";
import { compareTable, type TableComparison } from "../compare/compare-table.ts";
import { orphanRows } from "../compare/orphan-rows.ts";
import { givesBack, type Movement } from "../compare/read-back.ts";
import type { StepContext } from "./context.ts";
import { readBackSum } from "./read-back.ts";
import { kindOf, passingKinds } from "../failure.ts";
import { isGuardsWord } from "../guard/guards-word.ts";
import { sourceFailure, sourceOf } from "./source-side.ts";
import { tableTitle } from "./table-title.ts";
import { inTransaction } from "./sql.ts";
import { severalAtOnce } from "../several-at-once.ts";
import { watchMoves } from "./watch-moves.ts";

/** Differing rows that an error lists of each table; `godwit verify` tells all. */
const listed = 20;

/**
 * Holds the tables of both sides against each other, in the snapshot that was copied, and looks for rows of the target
 * that refer to nothing. Throws GW7005.
 */
export async function performCompare(context: StepContext, step: CompareStep): Promise<void> {
  const halt = () => void context.crew.halt();
  context.signal?.addEventListener("abort", halt, { once: true });
  try {
    await compareTables(context, step);
  } finally {
    context.signal?.removeEventListener("abort", halt);
  }
}

async function compareTables(context: StepContext, step: CompareStep): Promise<void> {
  const { engine, session } = context;
  const tables = await comparedTables(context, step);
  const different = step.tables.flatMap((table, n) => {
    const { differences, listed: rows } = tables[n]!;
    return differences === 0 ? [] : [{ table: tableTitle(table), differences, rows }];
  });
  const orphans = await orphanRows(engine, session, step.references ?? []);
  if (different.length === 0 && orphans.length > 0) {
    const told = orphans.map(({ table, foreignKey, rows }) => `${rows} rows of ${table} (${foreignKey})`);
    throw new GodwitError("GW7005", {
      message: `rows of the target refer to rows that are not there: ${told.join(", ")}`,
      details: { orphans },
      outcome: "changed",
    });
  }
  if (different.length > 0) {
    const told = different.map(({ table, differences }) => `${table} in ${differences} rows`).join(", ");
    const aside = await setAside(context, step);
    const quarantined =
      aside === 0
        ? ""
        : `; ${aside} rows that the target refused were set aside in ${engine.store.table("quarantine")}, so the copy is not verified`;
    throw new GodwitError("GW7005", {
      message: `the target differs from the source: ${told}${quarantined}`,
      // The same command would compare again, and find the same.
      ...(aside > 0 ? {} : { hint: differing }),
      details: { tables: different, quarantined: aside },
      outcome: "changed",
    });
  }
  await inTransaction(context, step, async () => {});
}

/** In the step's order. Where rows that are read back prove nothing, digests of several tables are asked at once. */
async function comparedTables(context: StepContext, step: CompareStep): Promise<readonly TableComparison[]> {
  const source = sourceOf(context);
  const { crew, engine, session, signal, guard, settings } = context;
  const { sessions: readers } = await crew.readers(source, step.jobs);
  const read = await chunkLedger(context, step).readRows(session);
  const failure = (error: unknown) => sourceFailure(source, error);
  const sideOf = (reader: Session) => ({ engine: source.engine, session: reader, failure });
  const found = new Map<CopyTable, TableComparison>();
  for (const table of step.tables) {
    await guard.pass(step.key);
    const start = performance.now();
    const proof = await readBack(context, step, sideOf(readers[0]!), table, read.get(tableKey(table.target)));
    if (proof === null) continue;
    found.set(table, proof);
    tellCompared(context, step, { table, found: proof, by: "read-back", start });
  }
  const left = step.tables.filter((table) => !found.has(table));
  const count = Math.min(left.length, readers.length);
  const others = count > 1 ? await crew.writers(count) : [session];
  const { lockTimeoutMs, statementTimeoutMs } = { ...settings, ...step.limits };
  for (const other of others) await other.limit({ lockTimeoutMs, statementTimeoutMs });
  const pairs = readers.flatMap((reader, n): Comparing[] => {
    const other = others[n];
    return other === undefined ? [] : [{ reader, other, movedAt: null }];
  });
  const working = pairs.flatMap(({ reader, other }) => [reader, other]);
  // What runs in this process carries nothing over a connection, and keeps the other side waiting as long as it computes.
  const areServed = [source, crew.target].every((side) => side.engine.traits.statementsOutliveClient);
  const watch = watchMoves(
    context,
    areServed ? pairs : [],
    ({ reader, other }) => [
      [source, reader],
      [crew.target, other],
    ],
    // An answer may take long: only servers that say that they gave theirs are believed to wait.
    { waits: (found) => found?.idle === true },
  );
  const comparing = crew.working(
    working,
    () =>
      severalAtOnce(left, pairs, {
        signal,
        work: async (table, pair, stop) => {
          const { reader, other } = pair;
          const pass = async () => {
            pair.movedAt = null;
            await guard.pass(step.key, { sessions: [reader, other], until: stop });
            pair.movedAt = performance.now();
          };
          await pass();
          const start = performance.now();
          const comparison = await compareTable({
            source: sideOf(reader),
            target: { engine, session: other },
            table,
            where: table.window,
            // What an attempt has upserted may since be gone from the source, or from the window: it stays.
            mayHoldMore: table.upsertBy !== null,
            ulps: 1,
            listed,
            signal: stop,
            pass,
          }).catch((error: unknown) => {
            // After what passes by itself the step is tried again in this snapshot, which a cancelled statement ends.
            const isFirst = !stop.aborted;
            if (isFirst && !isGuardsWord(error) && !passingKinds.has(kindOf(engine, error))) void crew.halt();
            throw error;
          });
          tellCompared(context, step, { table, found: comparison, by: "digests", start });
          return comparison;
        },
        rests: (pair) => {
          pair.movedAt = null;
          for (const each of [pair.reader, pair.other]) crew.rests(each);
        },
      }),
    true,
  );
  const compared = await comparing.finally(() => watch.stop());
  for (const [n, table] of left.entries()) found.set(table, compared[n]!);
  return step.tables.map((table) => found.get(table)!);
}

const differing =
  "Where the source was written to between two attempts, or its rows were read as they changed, they differ for that reason alone: the same command with --restart copies them again. `godwit verify` tells all rows, with the SQL that repairs them.";

/** Sessions of both sides that are asked for digests. */
interface Comparing {
  readonly reader: Session;
  readonly other: Session;
  movedAt: number | null;
}

interface Compared {
  readonly table: CopyTable;
  readonly found: TableComparison;
  readonly by: "read-back" | "digests";
  readonly start: number;
}

function tellCompared(
  { emit }: StepContext,
  { key }: CompareStep,
  { table, found, by, start }: Compared,
): void {
  emit({
    type: "table:compared",
    key,
    table: tableTitle(table),
    rows: Number(found.rows.target),
    differences: found.differences,
    by,
    durationMs: Math.round(performance.now() - start),
  });
}

/** Null where the rows that are read back do not prove that both sides hold the same. */
async function readBack(
  context: StepContext,
  step: CompareStep,
  source: CompareSide,
  table: CopyTable,
  read: ReadRows | undefined,
): Promise<TableComparison | null> {
  if (table.readBack !== true || read === undefined) return null;
  const { crew, engine, signal } = context;
  const before = step.readBack?.find((each) => each.table === tableKey(table.target));
  const found = before === undefined ? null : readBackSum(context, before.parts);
  const sessions = await crew.writers(step.jobs);
  const target = { engine, sessions };
  const working = [source.session, ...sessions];
  const sideOf = (session: Session) => (session === source.session ? sourceOf(context) : crew.target);
  // What runs in this process carries nothing over a connection.
  const watched = working.filter((session) => sideOf(session).engine.traits.statementsOutliveClient);
  const readings = watched.map((session): Reading => ({ session, movedAt: null }));
  const moved = (session: Session, now: Movement) => {
    const reading = readings.find((each) => each.session === session);
    if (reading !== undefined) reading.movedAt = now === "works" ? performance.now() : null;
    if (now === "is over") crew.rests(session);
  };
  const pass = (session: Session) => context.guard.pass(step.key, { sessions: [session] });
  const watch = watchMoves(context, readings, ({ session }) => [[sideOf(session), session]]);
  try {
    const isSame = await crew.working(
      working,
      () => givesBack({ source, target, table, read, found, moved, pass, signal }),
      true,
    );
    const { rows } = read;
    return isSame
      ? { rows: { source: rows, target: rows }, differences: 0, listed: [], withinTolerance: 0 }
      : null;
  } finally {
    watch.stop();
  }
}

/** A session that reads back or counts. */
interface Reading {
  readonly session: Session;
  movedAt: number | null;
}

async function setAside(context: StepContext, step: CompareStep): Promise<number> {
  const aside = await chunkLedger(context, step).asideOf(context.session);
  return [...aside.values()].reduce((sum, rows) => sum + rows, 0);
}

function chunkLedger({ engine, ledger }: StepContext, step: CompareStep): ChunkLedger {
  const { clock, runId, epoch } = ledger;
  return new ChunkLedger({ engine, clock, runId, epoch, stepKey: step.key });
}
