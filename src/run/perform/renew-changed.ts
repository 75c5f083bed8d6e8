import { GodwitError } from "../../core/error.ts";
import type { CopyRowsStep, CopyTable } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import type { Snapshot } from "../../engines/data-roles.ts";
import type { ChunkLedger, ChunkRecord } from "../chunk-ledger.ts";
import { rangeCondition } from "../compare/range-condition.ts";
import { sameRows, sameSum } from "../compare/same-rows.ts";
import { crashPoint } from "../crash-point.ts";
import { lostKinds, passingKinds } from "../failure.ts";
import type { Pair } from "./copy-chunk.ts";
import type { StepContext } from "./context.ts";
import { sourceFailure, type SourceSide } from "./source-side.ts";
import { targetFailure } from "./target-failure.ts";

export interface RenewOptions {
  readonly context: StepContext;
  readonly source: SourceSide;
  readonly step: CopyRowsStep;
  readonly chunks: ChunkLedger;
  readonly snapshot: Snapshot;
  /** Has each pair do the work, and throws what stopped one of them. */
  readonly together: (work: (pair: Pair) => Promise<void>) => Promise<void>;
}

/** Part of a table that was copied: it stays if both sides hold the same of it, and is copied again as a whole otherwise. */
interface Part {
  readonly table: CopyTable;
  readonly name: string;
  /** One chunk, where both servers have its range; otherwise all that are done of the table. */
  readonly records: readonly ChunkRecord[];
  readonly of: "range" | "ranges" | "table";
  isSame: boolean;
}

/**
 * What the ledger has of each table, for an attempt that goes on where another one ended. A snapshot dies with its
 * sessions, so chunks of before can be mixed with new ones only if the source did not change since. Where it may
 * have, each chunk that is done is held against its range as the source has it now; one that differs is emptied, and
 * copied again with the others. Where a range means nothing to the target's server (another order of texts, pages),
 * all that is done of the table counts as one part. So the target ends as one state of the source in any case.
 *
 * All that differs is emptied before anything is copied again: a row may have moved from a range to another one, and
 * its unique values with it.
 */
export async function renewChanged(options: RenewOptions): Promise<Map<string, readonly ChunkRecord[]>> {
  const { context, step, chunks, snapshot } = options;
  const known = Map.groupBy(await chunks.read(context.session), ({ table }) => table);
  if (await isUnchanged(options, [...known.values()].flat())) return known;
  const parts = step.tables.flatMap((table) => partsOf(table, known));
  if (parts.length === 0) return known;
  await compareParts(options, parts);
  const different = parts.filter(({ isSame }) => !isSame);
  for (const part of different) {
    await context.guard.pass(step.key);
    await emptyPart(options, part, known);
  }
  const renewed = new Set(different.map(({ name }) => name));
  const same = new Set(parts.filter(({ isSame }) => isSame).map(({ name }) => name));
  for (const name of same) await chunks.keep(context.session, name, snapshot.token);
  const kept = [...same].filter((name) => !renewed.has(name));
  context.emit({ type: "snapshot:renewed", tables: [...renewed], kept });
  return known;
}

async function isUnchanged(
  { source, snapshot, together }: RenewOptions,
  records: readonly ChunkRecord[],
): Promise<boolean> {
  const done = records.filter(({ state }) => state === "done");
  const tokens = [...new Set(done.map((record) => record.snapshot))];
  // What cannot be known, "", is no state that two snapshots could share.
  const others = tokens.filter((token) => token === "" || token !== snapshot.token);
  let isHeld = true;
  await together(async ({ reader }) => {
    for (let token = others.pop(); token !== undefined; token = others.pop()) {
      const isThis = await source.snapshot.unchangedSince(reader, token).catch((error: unknown) => {
        throw sourceFailure(source, error);
      });
      isHeld &&= isThis;
    }
  });
  return isHeld;
}

function partsOf(table: CopyTable, known: ReadonlyMap<string, readonly ChunkRecord[]>): Part[] {
  const name = tableKey(table.target);
  const records = known.get(name) ?? [];
  const done = records.filter(({ state }) => state === "done");
  if (done.length === 0) return [];
  const part = { table, name, isSame: false };
  // A table that is one chunk is cut anew: it may have grown.
  if (records.length === 1 || records.some(({ range }) => rangeCondition(table, range) === null)) {
    return [{ ...part, records: done, of: done.length === records.length ? "table" : "ranges" }];
  }
  const parts: Part[] = [];
  for (const record of done) parts.push({ ...part, records: [record], of: "range" });
  return parts;
}

async function compareParts(options: RenewOptions, parts: readonly Part[]): Promise<void> {
  const left = [...parts];
  await options.together(async (pair) => {
    const waiting = { sessions: [pair.reader, pair.writer], until: pair.stop };
    for (let part = left.shift(); part !== undefined; part = left.shift()) {
      await options.context.guard.pass(options.step.key, waiting);
      pair.movedAt = performance.now();
      part.isSame = await isSame(options, pair, part);
      pair.movedAt = null;
    }
  });
}

async function isSame(
  { context, source, step }: RenewOptions,
  pair: Pair,
  { table, records, of }: Part,
): Promise<boolean> {
  const { reader, writer, stop } = pair;
  const rows = Number(records.reduce((sum, record) => sum + record.rows, 0n));
  const options = {
    source: { engine: source.engine, session: reader },
    target: { engine: context.engine, session: writer },
    table: { ...table, estimate: { ...table.estimate, rows } },
    signal: stop,
    pass: () => {
      const wait = context.guard.pass(step.key, { sessions: [reader, writer], until: stop });
      if (wait === null) return null;
      // Who is made to wait moves nothing, and is not to be taken for one whose connection is dead.
      pair.movedAt = null;
      return wait.finally(() => (pair.movedAt = performance.now()));
    },
  };
  const ranges = records.map(({ range }) => range);
  if (of === "table") return sameRows(options);
  if (of === "ranges") return sameSum(options, ranges);
  return sameRows({ ...options, where: rangeCondition(table, ranges[0]!)!.where });
}

/** In one transaction: the rows of the part go, and the ledger has its chunks as not copied. */
async function emptyPart(
  { context, chunks }: RenewOptions,
  { table, name, records, of }: Part,
  known: Map<string, readonly ChunkRecord[]>,
): Promise<void> {
  const { engine, session } = context;
  const where = of !== "range" ? null : rangeCondition(table, records[0]!.range)!.where;
  await session.begin();
  try {
    // An upsert replaces what it finds, and other rows may have been there before.
    if (table.upsertBy === null) await engine.write!.remove(session, table.target, where);
    if (of === "range") await chunks.reopen(session, records[0]!);
    else await chunks.plan(session, name, [], "");
    await session.commit();
  } catch (error) {
    await session.rollback().catch(() => {});
    throw removalFailure(context, table, error);
  }
  crashPoint("renew:emptied");
  if (of !== "range") {
    known.delete(name);
    return;
  }
  const reopened: ChunkRecord[] = [];
  for (const record of known.get(name) ?? []) {
    const isIt = record.ordinal === records[0]!.ordinal;
    reopened.push(isIt ? { ...record, state: "planned", rows: 0n, bytes: 0n, rowSum: null } : record);
  }
  known.set(name, reopened);
}

/** The server keeps rows that others refer to: then nothing of the part is changed. */
function removalFailure({ engine }: StepContext, table: CopyTable, error: unknown): unknown {
  if (error instanceof GodwitError) return error;
  const native = engine.errors.classify(error);
  if (lostKinds.has(native.kind) || passingKinds.has(native.kind)) return error;
  const failure = targetFailure(engine, table, error);
  if (failure !== null) return failure;
  const name = tableKey(table.target);
  return new GodwitError("GW7004", {
    message: `${name}: the source changed since the interruption, and rows that were copied cannot be replaced: ${native.message}`,
    hint: "Drop the foreign key that refers to them until the copy is done, or copy into emptied tables with --mode truncate.",
    details: { table: name, kind: native.kind, native: native.native },
    cause: error,
  });
}
