import type { CopyTable } from "../../core/plan.ts";
import type { PortableType } from "../../core/portable.ts";
import type { Range, ReadRequest } from "../../engines/data-roles.ts";
import type { Engine, Session } from "../../engines/engine.ts";
import type { ReadRows } from "../chunk-ledger.ts";
import { readBackRequest, targetKey } from "../perform/copy-request.ts";
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
  readonly signal?: AbortSignal | undefined;
}

/** So much of the target is read by a session at once: no session is long without work at the end. */
const rangeBytes = 16 * 1024 * 1024;

/**
 * Whether the target gives back, to the byte, the rows that were read from the source, and the source has so many.
 * False may mean no more than that a server spells a value in another way: then digests tell. It takes a fifth of
 * their time, since the source's rows were at hand.
 */
export async function givesBack({ source, target, table, read, signal }: ReadBackOptions): Promise<boolean> {
  const { engine, sessions } = target;
  const ranges = await targetRanges(engine, sessions[0]!, table);
  const total = { rows: 0n, sum: 0n };
  const takeRanges = async (session: Session) => {
    for (let range = ranges.shift(); range !== undefined; range = ranges.shift()) {
      const found = await sumOf(engine, session, readBackRequest(table, range, engine.write!.form), signal);
      total.rows += found.rows;
      total.sum += found.sum;
    }
  };
  const { failure = (error: unknown) => error } = source;
  const role = toldRole(source.engine.digest!, failure);
  const counted = role.count(source.session, { table: table.source, where: table.where });
  const ended = await Promise.allSettled([counted, ...sessions.map(takeRanges)]);
  for (const outcome of ended) if (outcome.status === "rejected") throw outcome.reason;
  return (await counted) === read.rows && total.rows === read.rows && total.sum === read.rowSum;
}

async function sumOf(
  engine: Engine,
  session: Session,
  request: ReadRequest,
  signal: AbortSignal | undefined,
): Promise<RowSum> {
  const sum = new RowSum();
  for await (const piece of engine.read!.rows(session, request)) {
    refuseInterruptedComparison(signal);
    sum.add(piece);
  }
  return sum;
}

/** By pages where the server has them, since the order of rows does not matter; by the key otherwise. */
async function targetRanges(engine: Engine, session: Session, table: CopyTable): Promise<Range[]> {
  const split = (key: ReadRequest["key"]) =>
    engine.chunk!.split(session, {
      table: table.target,
      key,
      estimate: table.estimate,
      chunkBytes: rangeBytes,
    });
  const key = targetKey(table);
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
