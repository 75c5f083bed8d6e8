import type { CopyTable } from "../../core/plan.ts";
import type { PortableType } from "../../core/portable.ts";
import type { Range, ReadRequest } from "../../engines/data-roles.ts";
import type { Engine, Session } from "../../engines/engine.ts";
import type { ReadRows } from "../chunk-ledger.ts";
import { readBackRequest, targetKey } from "../perform/copy-request.ts";
import { FirstFailure } from "../first-failure.ts";
import type { CompareSide } from "./asked.ts";
import { refuseInterruptedComparison } from "./interrupted.ts";
import { toldRole } from "./told-role.ts";
import { RowSum } from "./row-sum.ts";

export interface ReadBackOptions {
  readonly source: CompareSide;
  readonly target: { readonly engine: Engine; readonly sessions: readonly Session[] };
  readonly table: CopyTable;
  /** What the copy has read. */
  readonly read: ReadRows;
  /** What was read back of the target before; null: it is read now. */
  readonly found: { readonly rows: bigint; readonly sum: bigint } | null;
  /** Told of each piece that a session has brought, and that it has nothing more to do. */
  readonly moved: (session: Session, now: Movement) => void;
  readonly signal?: AbortSignal | undefined;
  /** Waits while the run is paused, and rejects where it is to end; asked by a session before each of its ranges. */
  readonly pass: (session: Session) => Promise<void> | null;
}

export type Movement = "works" | "waits" | "is over";

/** So much of the target is read by a session at once: no session is long without work at the end. */
export const rangeBytes = 16 * 1024 * 1024;

/**
 * Whether the target gives back, to the byte, the rows that were read from the source, and the source has so many.
 * False may mean no more than that a server spells a value in another way: then digests tell. It takes a fifth of
 * their time, since the source's rows were at hand.
 */
export async function givesBack(options: ReadBackOptions): Promise<boolean> {
  const { source, target, table, read, moved, pass, signal, found } = options;
  const { engine, sessions } = target;
  moved(sessions[0]!, "works");
  const ranges = found === null ? await targetRanges(engine, sessions[0]!, table) : [];
  const total = { rows: found?.rows ?? 0n, sum: found?.sum ?? 0n };
  const takeRanges = async (session: Session) => {
    const reader: TargetReader = {
      engine,
      session,
      signal,
      moved: (now) => moved(session, now),
      pass: () => pass(session),
    };
    for (let range = ranges.shift(); range !== undefined; range = ranges.shift()) {
      const of = await rangeSum(reader, table, range);
      total.rows += of.rows;
      total.sum += of.sum;
    }
  };
  const { failure = (error: unknown) => error } = source;
  const role = toldRole(source.engine.digest!, failure);
  const count = () => role.count(source.session, { table: table.source, where: table.where });
  const failed = new FirstFailure();
  const part = async <T>(session: Session, work: () => Promise<T>): Promise<T | null> => {
    try {
      moved(session, "works");
      return await work();
    } catch (error) {
      failed.note(error);
      ranges.length = 0;
      return null;
    } finally {
      moved(session, "is over");
    }
  };
  const [counted] = await Promise.all([
    part(source.session, count),
    ...sessions.map((session) => part(session, () => takeRanges(session))),
  ]);
  failed.throwIfCome();
  return counted === read.rows && total.rows === read.rows && total.sum === read.rowSum;
}

export interface TargetReader {
  readonly engine: Engine;
  readonly session: Session;
  readonly signal?: AbortSignal | undefined;
  /** Told of each piece that has come, and of a pause. */
  readonly moved: (now: Movement) => void;
  /** Waits while the run is paused, and rejects where it is to end; asked before each range. */
  readonly pass: () => Promise<void> | null;
}

/** The sum of a part of the target's rows: of its ranges, those whose number leaves that remainder. */
export async function targetSum(
  reader: TargetReader,
  table: CopyTable,
  { remainder, divisor }: { readonly remainder: number; readonly divisor: number },
): Promise<{ readonly rows: bigint; readonly sum: bigint }> {
  const ranges = await targetRanges(reader.engine, reader.session, table);
  return sumOf(
    ranges.filter((_, n) => n % divisor === remainder),
    (range) => rangeSum(reader, table, range),
  );
}

/** One range after another. */
export async function sumOf(
  ranges: readonly Range[],
  read: (range: Range) => Promise<RowSum>,
): Promise<{ readonly rows: bigint; readonly sum: bigint }> {
  const total = { rows: 0n, sum: 0n };
  for (const range of ranges) {
    const { rows, sum } = await read(range);
    total.rows += rows;
    total.sum += sum;
  }
  return total;
}

async function paused({ pass, moved }: TargetReader): Promise<void> {
  const wait = pass();
  if (wait === null) return;
  // Who is made to wait moves nothing, and is not to be taken for one whose connection is dead.
  moved("waits");
  await wait;
  moved("works");
}

async function rangeSum(reader: TargetReader, table: CopyTable, range: Range): Promise<RowSum> {
  const { engine, session } = reader;
  return piecesSum(reader, () =>
    engine.read!.rows(session, readBackRequest(table, range, engine.write!.form)),
  );
}

/** The sum of rows as they come, where nothing holds the reader up or ends it. */
export async function piecesSum(
  reader: TargetReader,
  read: () => AsyncIterable<Uint8Array>,
): Promise<RowSum> {
  const { signal, moved } = reader;
  await paused(reader);
  const sum = new RowSum();
  for await (const piece of read()) {
    refuseInterruptedComparison(signal);
    moved("works");
    sum.add(piece);
  }
  return sum;
}

async function targetRanges(engine: Engine, session: Session, table: CopyTable): Promise<Range[]> {
  const split = (key: ReadRequest["key"]) =>
    engine.chunk!.split(session, {
      table: table.target,
      key,
      estimate: table.estimate,
      chunkBytes: rangeBytes,
    });
  return pagesFirst(targetKey(table), split);
}

/**
 * By pages where the server has them, since the order of rows does not matter, and the key's index may only be in the
 * making; by the key otherwise.
 */
export async function pagesFirst<T extends readonly Range[]>(
  key: ReadRequest["key"],
  split: (key: ReadRequest["key"]) => Promise<T>,
): Promise<T> {
  const byPage = await split([]);
  return byPage.length > 1 || key.length === 0 ? byPage : split(key);
}

/** Kinds that servers print in one way, or in one that `trimmed` makes one. */
const plainKinds: ReadonlySet<PortableType["kind"]> = new Set([
  "integer",
  "boolean",
  "year",
  "decimal",
  "text",
  "enum",
  "bytes",
  "bits",
  "date",
  "time",
  "timestamp",
  "uuid",
]);
const widened: ReadonlySet<string> = new Set([
  "integer decimal",
  "boolean integer",
  "integer boolean",
  "year integer",
  "enum text",
  "text enum",
]);

/** Whether a value that was copied from the one type to the other comes back in the text in which it was sent. */
export function comesBack(from: PortableType, to: PortableType): boolean {
  if (from.kind === "float" && to.kind === "float") return from.bits === 64 && to.bits === 64;
  return (from.kind === to.kind && plainKinds.has(from.kind)) || widened.has(`${from.kind} ${to.kind}`);
}
