import { GodwitError } from "../../core/error.ts";
import type { CopyRowsStep, CopyTable } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import type { Session } from "../../engines/engine.ts";
import type { ChunkLedger, ChunkRecord } from "../chunk-ledger.ts";
import { RowSum } from "../compare/row-sum.ts";
import { crashPoint } from "../crash-point.ts";
import { lostKinds, passingKinds } from "../failure.ts";
import { readRequest, writeRequest } from "./copy-request.ts";
import { mayBeRows, sortRefused, type Sorted } from "./refused-rows.ts";
import type { StepContext } from "./context.ts";
import { reshaped } from "./refuse-reshaped.ts";
import { sourceFailure, type SourceSide } from "./source-side.ts";
import { tableTitle } from "./table-title.ts";
import { stopped } from "./stopped.ts";
import { targetFailure } from "./target-failure.ts";

/** A session that reads and one that writes, which work together. */
export interface Pair {
  readonly step: CopyRowsStep;
  readonly source: SourceSide;
  readonly reader: Session;
  readonly writer: Session;
  /** All that the readers see is one state of the source. */
  readonly isOneState: boolean;
  /** Aborted when another pair failed, or the run is to stop. */
  readonly stop: AbortSignal;
  /** When something last moved between the two, by performance.now(); null while they have nothing to do. */
  movedAt: number | null;
}

export interface ChunkWork {
  readonly table: CopyTable;
  readonly chunk: ChunkRecord;
}

export interface Copied {
  readonly rows: bigint;
  readonly bytes: bigint;
}

/** BEGIN, the chunk's rows, its row in the ledger, COMMIT. */
export async function copyChunk(
  context: StepContext,
  pair: Pair,
  chunks: ChunkLedger,
  { table, chunk }: ChunkWork,
): Promise<Copied> {
  const { engine, emit } = context;
  const { source, reader, writer, isOneState, stop, step } = pair;
  const { write } = engine;
  if (write === undefined)
    throw new GodwitError("GW7006", { message: `${engine.traits.title} cannot be copied to` });
  const start = performance.now();
  const isNative = table.native && source.read.native !== undefined && write.loadNative !== undefined;
  let bytes = 0n;
  let sum = new RowSum();
  const rowsOf = async function* (native: boolean): AsyncGenerator<Uint8Array> {
    const request = readRequest(table, chunk, write.form);
    bytes = 0n;
    sum = new RowSum();
    try {
      const pieces = native ? source.read.native!(reader, request) : source.read.rows(reader, request);
      for await (const piece of pieces) {
        if (stop.aborted) throw stopped();
        bytes += BigInt(piece.byteLength);
        if (table.readBack === true) sum.add(piece);
        pair.movedAt = performance.now();
        crashPoint("chunk:in-rows");
        yield piece;
        pair.movedAt = performance.now();
      }
    } catch (error) {
      const isGone = source.engine.errors.classify(error).kind === "missing-object";
      if (isGone && !(error instanceof GodwitError)) throw reshaped(table.source, (error as Error).message);
      throw sourceFailure(source, error);
    }
  };
  const load = async () => {
    const request = writeRequest(table);
    return isNative
      ? write.loadNative!(writer, request, rowsOf(true))
      : write.load(writer, request, rowsOf(false));
  };
  crashPoint("chunk:before-begin");
  await writer.begin();
  let sorted: Sorted = { loaded: 0n, refused: [] };
  try {
    try {
      sorted = { loaded: await load(), refused: [] };
    } catch (error) {
      if (stop.aborted || !mayBeRows(engine, error)) throw error;
      // Once more, in parts, to find the rows: what stands in the transaction is undone first.
      await writer.rollback();
      await writer.begin();
      const allowed = step.quarantine === 0 ? 0 : step.quarantine - (await asideTotal(chunks, writer));
      const check = () => {
        if (stop.aborted) throw stopped();
        pair.movedAt = performance.now();
      };
      const again = sortRefused({ engine, session: writer, table, rows: rowsOf(false), allowed, check });
      sorted = await again.catch((second: unknown) => {
        // A reader that was left in the middle of much is gone; what the target said is the reason, not that.
        const isReader = second instanceof GodwitError && second.details["side"] === "source";
        throw isReader ? error : second;
      });
      // The other rows are in; without a row to blame, whatever refused the whole will do so again.
      if (sorted.refused.length > 0) await chunks.setAside(writer, chunk, sorted.refused);
    }
    crashPoint("chunk:before-record");
    const rows = sorted.loaded;
    // What was read of several states may be in the target as it was read, and yet be no state of the source.
    const isProof = table.readBack === true && isOneState && sorted.refused.length === 0 && sum.rows === rows;
    const rowSum = isProof ? sum.sum : null;
    await chunks.finish(writer, { ...chunk, rows, bytes, rowSum }, performance.now() - start);
    crashPoint("chunk:before-commit");
    // Deferred constraints and a full disk show here, and SQLite then leaves the transaction open.
    await writer.commit();
  } catch (error) {
    await writer.rollback().catch(() => {});
    throw rowFailure(context, table, chunk, error);
  }
  const rows = sorted.loaded;
  if (sorted.refused.length > 0) {
    const { key } = step;
    const total = await asideTotal(chunks, writer);
    emit({
      type: "rows:quarantined",
      key,
      table: tableTitle(table),
      chunk: chunk.ordinal,
      rows: sorted.refused.length,
      total,
    });
  }
  const durationMs = Math.round(performance.now() - start);
  emit({
    type: "chunk:finished",
    key: chunk.table,
    table: tableTitle(table),
    chunk: chunk.ordinal,
    rows: Number(rows),
    bytes: Number(bytes),
    durationMs,
  });
  return { rows, bytes };
}

async function asideTotal(chunks: ChunkLedger, session: Session): Promise<number> {
  return [...(await chunks.asideOf(session)).values()].reduce((sum, rows) => sum + rows, 0);
}

/** The target's refusal of a row, with its table and the part of it; what passes or is the connection's stays as it is. */
function rowFailure(context: StepContext, table: CopyTable, chunk: ChunkRecord, error: unknown): unknown {
  const { engine } = context;
  if (error instanceof GodwitError) return error;
  const native = engine.errors.classify(error);
  if (lostKinds.has(native.kind) || passingKinds.has(native.kind)) return error;
  const failure = targetFailure(engine, table, error);
  if (failure !== null) return failure;
  const { column, reason } = engine.write?.blame(error) ?? { column: null, reason: native.message };
  return new GodwitError("GW7002", {
    message: `${tableKey(table.target)}${column === null ? "" : `, column ${column}`}: ${reason}`,
    details: {
      table: tableKey(table.target),
      column,
      range: chunk.range,
      kind: native.kind === "cancelled" ? "cancelled" : "other",
      native: native.native,
    },
    cause: error,
  });
}
