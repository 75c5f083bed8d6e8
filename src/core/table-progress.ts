import type { GodwitEvent, ProgressWords } from "./event.ts";

/** How far the copy of one table has come. Times are milliseconds since the epoch, rates rows per second. */
export interface TableProgress {
  readonly table: string;
  readonly state: "copying" | "copied" | "equal" | "different";
  readonly rows: number;
  readonly bytes: number;
  /** The server's own estimate: it can be wrong by far. */
  readonly estimatedRows: number;
  readonly chunks: number;
  readonly chunksDone: number;
  readonly startedMs: number;
  readonly lastMs: number;
  /** Where it is no table whose rows are copied. */
  readonly words?: ProgressWords | undefined;
}

type TableEvent = Extract<
  GodwitEvent,
  { type: "table:started" | "chunk:finished" | "table:finished" | "table:compared" }
>;

/** The tables after one more event of theirs; the given list is left as it is. */
export function tablesAfter(
  tables: readonly TableProgress[],
  event: TableEvent,
  atMs: number,
): readonly TableProgress[] {
  const before = tables.find(({ table }) => table === event.table);
  const after = tableAfter(before, event, atMs);
  if (after === null) return tables;
  return before === undefined ? [...tables, after] : tables.map((each) => (each === before ? after : each));
}

function tableAfter(
  before: TableProgress | undefined,
  event: TableEvent,
  atMs: number,
): TableProgress | null {
  if (event.type === "table:started") {
    return {
      table: event.table,
      state: "copying",
      rows: 0,
      bytes: 0,
      estimatedRows: event.rows,
      chunks: event.chunks,
      chunksDone: event.done,
      startedMs: atMs,
      lastMs: atMs,
      words: event.words,
    };
  }
  if (before === undefined) return null;
  switch (event.type) {
    case "chunk:finished":
      return {
        ...before,
        rows: before.rows + event.rows,
        bytes: before.bytes + event.bytes,
        chunksDone: before.chunksDone + 1,
        lastMs: atMs,
      };
    case "table:finished":
      return { ...before, state: "copied", rows: event.rows, bytes: event.bytes, lastMs: atMs };
    case "table:compared":
      return { ...before, state: event.differences === 0 ? "equal" : "different", lastMs: atMs };
  }
}

/** Rows a second since the table was begun, and how long the rest will take by the share of its chunks; null before. */
export function tablePace({ rows, chunks, chunksDone, startedMs, lastMs }: TableProgress): {
  readonly rate: number;
  readonly etaMs: number;
} | null {
  const elapsedMs = lastMs - startedMs;
  if (elapsedMs <= 0 || chunksDone === 0) return null;
  return { rate: (rows * 1000) / elapsedMs, etaMs: (elapsedMs / chunksDone) * (chunks - chunksDone) };
}
