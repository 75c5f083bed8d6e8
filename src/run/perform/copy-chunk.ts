import { GodwitError } from "../../core/error.ts";
import type { CopyTable } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import type { ReadRequest, WriteRequest } from "../../engines/data-roles.ts";
import type { Session } from "../../engines/engine.ts";
import type { ChunkLedger, ChunkRecord } from "../chunk-ledger.ts";
import { crashPoint } from "../crash-point.ts";
import { lostKinds, passingKinds } from "../failure.ts";
import type { StepContext } from "./context.ts";
import { sourceFailure, type SourceSide } from "./source-side.ts";
import { stopped } from "./stopped.ts";

/** A session that reads and one that writes, which work together. */
export interface Pair {
  readonly source: SourceSide;
  readonly reader: Session;
  readonly writer: Session;
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
  const { source, reader, writer, stop } = pair;
  const { write } = engine;
  if (write === undefined)
    throw new GodwitError("GW7006", { message: `${engine.traits.title} cannot be copied to` });
  const start = performance.now();
  const native = table.native && source.read.native !== undefined && write.loadNative !== undefined;
  let bytes = 0n;
  const rowsOf = async function* (): AsyncGenerator<Uint8Array> {
    const request = readRequest(table, chunk, write.form);
    try {
      const pieces = native ? source.read.native!(reader, request) : source.read.rows(reader, request);
      for await (const piece of pieces) {
        if (stop.aborted) throw stopped();
        bytes += BigInt(piece.byteLength);
        pair.movedAt = performance.now();
        crashPoint("chunk:in-rows");
        yield piece;
        pair.movedAt = performance.now();
      }
    } catch (error) {
      throw sourceFailure(source, error);
    }
  };
  crashPoint("chunk:before-begin");
  await writer.begin();
  let rows: bigint;
  try {
    const request = writeRequest(table);
    rows = native
      ? await write.loadNative!(writer, request, rowsOf())
      : await write.load(writer, request, rowsOf());
    crashPoint("chunk:before-record");
    await chunks.finish(writer, { ...chunk, rows, bytes }, performance.now() - start);
  } catch (error) {
    await writer.rollback().catch(() => {});
    throw rowFailure(context, table, chunk, error);
  }
  crashPoint("chunk:before-commit");
  await writer.commit();
  const durationMs = Math.round(performance.now() - start);
  emit({
    type: "chunk:finished",
    key: chunk.table,
    table: tableKey(table.target),
    chunk: chunk.ordinal,
    rows: Number(rows),
    bytes: Number(bytes),
    durationMs,
  });
  return { rows, bytes };
}

export function readRequest(
  table: CopyTable,
  { range }: Pick<ChunkRecord, "range">,
  form: ReadRequest["form"],
): ReadRequest {
  return {
    table: table.source,
    columns: table.columns.map(({ source, value, from, to, accepts = [] }) => {
      return { name: source, value, from, to, accepts };
    }),
    key: table.key,
    range,
    where: table.where,
    form,
  };
}

export function writeRequest(table: CopyTable): WriteRequest {
  return {
    table: table.target,
    columns: table.columns.map(({ target, to, sql }) => ({ name: target, type: to, sql })),
    upsertBy: table.upsertBy,
  };
}

/** The target's refusal of a row, with its table and the part of it; what passes or is the connection's stays as it is. */
function rowFailure(context: StepContext, table: CopyTable, chunk: ChunkRecord, error: unknown): unknown {
  const { engine } = context;
  if (error instanceof GodwitError) return error;
  const native = engine.errors.classify(error);
  if (lostKinds.has(native.kind) || passingKinds.has(native.kind)) return error;
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
