import { dirname } from "node:path";
import { GodwitError } from "../../core/error.ts";
import type { RestoreStep } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import type { Session } from "../../engines/engine.ts";
import { archivedRows, type ArchivedRows } from "../archive/archived-rows.ts";
import { writeLedgerRows } from "../archive/ledger-rows.ts";
import { dumpOf } from "../archive/archive-dump.ts";
import { nativeRole } from "../archive/native-role.ts";
import type { ArchivedChunk, ArchivedTable, Manifest } from "../archive/manifest.ts";
import { ArchiveReader } from "../archive/read-archive.ts";
import { ChunkLedger, type ChunkRecord } from "../chunk-ledger.ts";
import { crashPoint } from "../crash-point.ts";
import { backoffMs, delay } from "../delay.ts";
import { kindOf, lostKinds, passingKinds } from "../failure.ts";
import { FirstFailure } from "../first-failure.ts";
import { interrupted } from "../lock.ts";
import type { StepContext } from "./context.ts";
import { inTransaction } from "./sql.ts";
import { stopped } from "./stopped.ts";

interface Work {
  readonly table: ArchivedTable;
  readonly chunk: ArchivedChunk;
  readonly record: ChunkRecord;
}

/**
 * Loads the rows of an archive, several chunks at once, each in one transaction with its row in the ledger: a restore
 * that was killed goes on with the chunks that are left.
 */
export async function performRestore(context: StepContext, step: RestoreStep): Promise<void> {
  const { engine, session, settings } = context;
  await using archive = await ArchiveReader.open(step.file, settings.archiveKey ?? null);
  const manifest = await archive.manifest();
  if (manifest.form === "native") await restoreDump(context, step, archive, manifest);
  else await loadTables(context, step, archive, manifest.tables);
  await inTransaction(context, step, () => writeLedgerRows(engine, session, manifest.ledger));
}

/** What a server undoes as a whole is there or is not; elsewhere what an interrupted one has left goes first. */
async function restoreDump(
  context: StepContext,
  step: RestoreStep,
  archive: ArchiveReader,
  { dump }: Manifest,
): Promise<void> {
  const { engine, session, crew, signal } = context;
  const { role } = archivedRows(engine);
  const native = nativeRole(engine);
  await native.programs(session);
  if ((await role.inhabitants(session)).length > 0) {
    if (native.isAtomic) return;
    for (const { sql } of await role.clear(session)) await session.execute(sql);
    await session.reset();
  }
  const stop = new AbortController();
  const halt = () => stop.abort();
  signal?.addEventListener("abort", halt, { once: true });
  const options = {
    target: crew.target.target,
    signal: stop.signal,
    folder: dirname(step.file),
  };
  try {
    await session.limit({ lockTimeoutMs: context.settings.lockTimeoutMs, statementTimeoutMs: 0 });
    // Where another program does the work the session rests meanwhile, and with it the run lock would end.
    await crew.working(
      native.isAtomic ? [] : [session],
      () => native.restore(session, dumpOf(archive, dump), options),
      native.isAtomic,
    );
  } catch (error) {
    if (signal?.aborted) throw interrupted({ next: step.key });
    if (error instanceof GodwitError) throw error;
    const failure = engine.errors.classify(error);
    if (lostKinds.has(failure.kind) || passingKinds.has(failure.kind)) throw error;
    throw new GodwitError("GW8209", {
      message: `the dump was refused: ${failure.message}`,
      details: { native: failure.native },
      cause: error,
    });
  } finally {
    signal?.removeEventListener("abort", halt);
  }
}

async function loadTables(
  context: StepContext,
  step: RestoreStep,
  archive: ArchiveReader,
  tables: readonly ArchivedTable[],
): Promise<void> {
  const { engine, session, ledger, crew, emit, signal } = context;
  const rows = archivedRows(engine);
  const { clock, runId, epoch } = ledger;
  const chunks = new ChunkLedger({ engine, clock, runId, epoch, stepKey: step.key });
  const queue: Work[] = [];
  const left = new Map<ArchivedTable, number>();
  const known = Map.groupBy(await chunks.read(session), ({ table }) => table);
  for (const table of tables.toSorted((a, b) => bytesOf(b) - bytesOf(a))) {
    const name = tableKey(table);
    if (!known.has(name) && table.chunks.length > 0) {
      // The place of a chunk in the archive is its number; it has no range of its own.
      await chunks.plan(
        session,
        name,
        table.chunks.map(() => ({ by: "all" })),
        step.hash,
      );
    }
    const records =
      known.get(name) ??
      table.chunks.map((_, ordinal): ChunkRecord => ({
        table: name,
        ordinal,
        range: { by: "all" },
        snapshot: step.hash,
        state: "planned",
        rows: 0n,
        bytes: 0n,
        rowSum: null,
      }));
    const open = records.filter(({ state }) => state === "planned");
    left.set(table, open.length);
    emit({
      type: "table:started",
      key: step.key,
      table: name,
      rows: Number(table.rows),
      bytes: bytesOf(table),
      chunks: table.chunks.length,
      done: records.length - open.length,
    });
    if (open.length === 0) finished(context, step, table, performance.now());
    queue.push(...open.map((record) => ({ table, chunk: table.chunks[record.ordinal]!, record })));
  }
  if (queue.length === 0) return;
  const writers = await crew.writers(Math.min(step.jobs, queue.length));
  const stop = new AbortController();
  const halt = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    void crew.halt();
  };
  signal?.addEventListener("abort", halt, { once: true });
  const failure = new FirstFailure();
  const begun = performance.now();
  const work = async (writer: Session) => {
    try {
      for (;;) {
        await context.guard.pass(step.key, { sessions: [writer], until: stop.signal });
        if (stop.signal.aborted) throw stopped();
        const item = queue.shift();
        if (item === undefined) break;
        await loadPatiently(context, { rows, archive, chunks, writer, stop: stop.signal, item, step });
        left.set(item.table, left.get(item.table)! - 1);
        if (left.get(item.table) === 0) finished(context, step, item.table, begun);
      }
    } catch (error) {
      failure.note(error);
      halt();
    }
  };
  try {
    await crew.working(writers, () => Promise.all(writers.map(work)), true);
  } finally {
    signal?.removeEventListener("abort", halt);
  }
  if (signal?.aborted) throw interrupted({ next: step.key });
  failure.throwIfCome();
}

function bytesOf({ chunks }: ArchivedTable): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes, 0);
}

function finished({ emit }: StepContext, step: RestoreStep, table: ArchivedTable, begun: number): void {
  emit({
    type: "table:finished",
    key: step.key,
    table: tableKey(table),
    rows: Number(table.rows),
    bytes: bytesOf(table),
    durationMs: Math.round(performance.now() - begun),
  });
}

interface Load {
  readonly rows: ArchivedRows;
  readonly archive: ArchiveReader;
  readonly chunks: ChunkLedger;
  readonly writer: Session;
  readonly stop: AbortSignal;
  readonly item: Work;
  readonly step: RestoreStep;
}

async function loadPatiently(context: StepContext, load: Load): Promise<void> {
  const { engine, settings, emit } = context;
  for (let attempt = 1; ; attempt++) {
    try {
      await loadChunk(context, load);
      crashPoint("chunk:after-commit");
      context.guard.succeeded();
      return;
    } catch (error) {
      const passes = passingKinds.has(kindOf(engine, error)) && attempt <= settings.lockRetries;
      if (!passes || load.stop.aborted) throw error;
      const delayMs = backoffMs(attempt, 200, 10_000);
      context.guard.failed(load.item.record.table, (error as Error).message);
      emit({
        type: "retry:scheduled",
        key: `${load.item.record.table}#${load.item.record.ordinal}`,
        attempt,
        limit: settings.lockRetries,
        delayMs,
        reason: (error as Error).message,
        blockers: [],
      });
      await delay(delayMs, load.stop);
      if (load.stop.aborted) throw stopped();
    }
  }
}

/** BEGIN, the chunk's rows, its row in the ledger, COMMIT. */
async function loadChunk(context: StepContext, load: Load): Promise<void> {
  const { rows, archive, chunks, writer, stop, item, step } = load;
  const { table, chunk, record } = item;
  const start = performance.now();
  async function* pieces(): AsyncGenerator<Uint8Array> {
    let ahead = chunk.blocks[0] === undefined ? null : archive.block(chunk.blocks[0], "rows");
    for (let n = 0; ahead !== null; n++) {
      const piece = await ahead;
      const next = chunk.blocks[n + 1];
      // The next block is read and decompressed while the server takes this one.
      ahead = next === undefined ? null : archive.block(next, "rows");
      ahead?.catch(() => {});
      if (stop.aborted) throw stopped();
      crashPoint("chunk:in-rows");
      yield piece;
    }
  }
  await writer.limit({ lockTimeoutMs: context.settings.lockTimeoutMs, statementTimeoutMs: 0 });
  crashPoint("chunk:before-begin");
  await writer.begin();
  try {
    const loaded = await rows.load(writer, table, pieces());
    // The blocks are those that were written: what the server has made of them is compared when all is there.
    if (String(loaded) !== chunk.rows) {
      throw new GodwitError("GW8207", {
        message: `${tableKey(table)}: chunk ${record.ordinal} of the backup gave ${loaded} rows, and should hold ${chunk.rows}`,
        details: {
          table: tableKey(table),
          chunk: record.ordinal,
          rows: String(loaded),
          expected: chunk.rows,
        },
      });
    }
    crashPoint("chunk:before-record");
    await chunks.finish(
      writer,
      { ...record, rows: loaded, bytes: BigInt(chunk.bytes), rowSum: BigInt(chunk.sum) },
      performance.now() - start,
    );
    crashPoint("chunk:before-commit");
    await writer.commit();
  } catch (error) {
    await writer.rollback().catch(() => {});
    throw rowFailure(context, table, record, error);
  }
  context.emit({
    type: "chunk:finished",
    key: step.key,
    table: tableKey(table),
    chunk: record.ordinal,
    rows: Number(chunk.rows),
    bytes: chunk.bytes,
    durationMs: Math.round(performance.now() - start),
  });
}

/** The server's refusal of a row, with its table; what passes or is the connection's stays as it is. */
function rowFailure(
  { engine }: StepContext,
  table: ArchivedTable,
  { ordinal }: ChunkRecord,
  error: unknown,
): unknown {
  if (error instanceof GodwitError) {
    if (error.code !== "GW7002") return error;
    // What is said of it there is advice for copies.
    return new GodwitError("GW8209", { message: error.message, details: error.details, cause: error });
  }
  const native = engine.errors.classify(error);
  if (lostKinds.has(native.kind) || passingKinds.has(native.kind)) return error;
  const { column, reason } = engine.write?.blame(error) ?? { column: null, reason: native.message };
  return new GodwitError("GW8209", {
    message: `${tableKey(table)}${column === null ? "" : `, column ${column}`}: ${reason}`,
    details: { table: tableKey(table), column, chunk: ordinal, native: native.native },
    cause: error,
  });
}
