import type { Emit } from "../../core/event.ts";
import { tableKey } from "../../core/table-key.ts";
import type { BackupTable } from "../../engines/backup-role.ts";
import type { Range } from "../../engines/data-roles.ts";
import type { Session } from "../../engines/engine.ts";
import { RowSum } from "../compare/row-sum.ts";
import { crashPoint } from "../crash-point.ts";
import type { ArchivedRows } from "./archived-rows.ts";
import { blockBytes } from "./layout.ts";
import type { ArchivedChunk, ArchivedTable } from "./manifest.ts";
import type { BlockPlace } from "./read-archive.ts";
import type { ArchiveWriter, WrittenBlock } from "./write-archive.ts";

/** Blocks of one reader that are being compressed and written while it reads on. */
const blocksAhead = 2;

export interface ArchiveTablesOptions {
  readonly rows: ArchivedRows;
  /** Where the rows go; null where only their sums are wanted. */
  readonly writer: ArchiveWriter | null;
  readonly sessions: readonly Session[];
  readonly tables: readonly BackupTable[];
  readonly chunkBytes: number;
  readonly emit: Emit;
  readonly stop: AbortSignal;
  readonly stopped: () => Error;
  /** Asked before each chunk, with the session that is to read it: whoever holds the run back does it here. */
  readonly pass: (session: Session) => Promise<void> | null;
}

interface Item {
  readonly place: number;
  readonly table: BackupTable;
  readonly range: Range;
  readonly chunk: number;
}

/** Reads all rows of the tables, the largest first, several chunks at once, with a sum of each chunk. */
export async function archiveTables(options: ArchiveTablesOptions): Promise<ArchivedTable[]> {
  const { rows, sessions, tables, emit, stop } = options;
  const chunks = new Map<number, ArchivedChunk[]>();
  const left = new Map<number, number>();
  const order = tables
    .map((_, n) => n)
    .toSorted((a, b) => tables[b]!.estimate.bytes - tables[a]!.estimate.bytes);
  const queue: Item[] = [];
  /** Blocks that are written, for those to come. */
  const spare: Buffer[] = [];
  const starts = new Map<number, number>();
  /** A table is cut by the reader that comes to it. */
  const next = async (session: Session): Promise<Item | null> => {
    for (;;) {
      const item = queue.shift();
      if (item !== undefined) return item;
      const place = order.shift();
      if (place === undefined) return null;
      const table = tables[place]!;
      const ranges = await rows.split(session, table, options.chunkBytes);
      starts.set(place, performance.now());
      chunks.set(place, []);
      left.set(place, ranges.length);
      emit({
        type: "table:started",
        key: tableKey(table),
        table: tableKey(table),
        rows: Math.max(0, Math.round(table.estimate.rows)),
        bytes: table.estimate.bytes,
        chunks: ranges.length,
        done: 0,
      });
      if (ranges.length === 0) finished(place);
      queue.push(...ranges.map((range, chunk) => ({ place, table, range, chunk })));
    }
  };
  const finished = (place: number) => {
    const table = tables[place]!;
    const done = chunks.get(place)!;
    emit({
      type: "table:finished",
      key: tableKey(table),
      table: tableKey(table),
      rows: done.reduce((sum, each) => sum + Number(each.rows), 0),
      bytes: done.reduce((sum, each) => sum + each.bytes, 0),
      durationMs: Math.round(performance.now() - starts.get(place)!),
    });
  };
  await Promise.all(
    sessions.map(async (session) => {
      for (;;) {
        await options.pass(session);
        const item = await next(session);
        if (item === null) break;
        if (stop.aborted) throw options.stopped();
        const start = performance.now();
        const chunk = await archiveChunk(options, session, item, spare);
        crashPoint("backup:chunk");
        const { place, table } = item;
        chunks.get(place)![item.chunk] = chunk;
        emit({
          type: "chunk:finished",
          key: tableKey(table),
          table: tableKey(table),
          chunk: item.chunk,
          rows: Number(chunk.rows),
          bytes: chunk.bytes,
          durationMs: Math.round(performance.now() - start),
        });
        left.set(place, left.get(place)! - 1);
        if (left.get(place) === 0) finished(place);
      }
    }),
  );
  return tables.map(({ schema, name, columns, key, estimate }, place): ArchivedTable => {
    const all = (chunks.get(place) ?? []).filter(({ rows: count }) => count !== "0");
    return {
      schema,
      name,
      columns,
      key,
      estimate,
      rows: String(all.reduce((sum, each) => sum + BigInt(each.rows), 0n)),
      sum: String(all.reduce((sum, each) => sum + BigInt(each.sum), 0n)),
      chunks: options.writer === null ? [] : all,
    };
  });
}

const nothing = Buffer.alloc(0);

async function archiveChunk(
  { rows, writer, stop, stopped }: ArchiveTablesOptions,
  session: Session,
  { table, range }: Item,
  spare: Buffer[],
): Promise<ArchivedChunk> {
  const sum = new RowSum();
  const written: Promise<WrittenBlock>[] = [];
  const take = () => (writer === null ? nothing : (spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes)));
  let buffer = take();
  let [held, bytes] = [0, 0];
  const flush = async () => {
    if (held === 0 || writer === null) return;
    const full = buffer;
    // Megabytes that are made anew for each block keep the garbage collector busier than all else.
    const block = writer.append("rows", full.subarray(0, held)).finally(() => spare.push(full));
    block.catch(() => {});
    written.push(block);
    buffer = take();
    held = 0;
    // The disk and the compression set the pace.
    await written.at(-1 - blocksAhead);
  };
  for await (const piece of rows.read(session, table, range)) {
    if (stop.aborted) throw stopped();
    sum.add(piece);
    bytes += piece.length;
    if (writer === null) continue;
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + blockBytes - held);
      buffer.set(part, held);
      held += part.length;
      at += part.length;
      if (held === blockBytes) await flush();
    }
  }
  await flush();
  if (writer !== null) spare.push(buffer);
  const blocks: BlockPlace[] = await Promise.all(written);
  const isBounded = rows.longestRow !== undefined;
  return {
    rows: String(sum.rows),
    sum: String(sum.sum),
    bytes,
    ...(isBounded ? { longestRow: sum.longest } : {}),
    blocks,
  };
}
