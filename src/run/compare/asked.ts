import type { CopyTable } from "../../core/plan.ts";
import type { Digest, DigestColumn, DigestRequest, DigestRole } from "../../engines/data-roles.ts";
import type { Engine, Session } from "../../engines/engine.ts";
import { digestForm } from "./digest-form.ts";

export interface CompareSide {
  readonly engine: Engine;
  readonly session: Session;
}

export interface CompareOptions {
  readonly source: CompareSide;
  readonly target: CompareSide;
  readonly table: CopyTable;
  /** Floats so many representable numbers apart count as equal, and are told. */
  readonly ulps: number;
  /** At most so many differing rows are listed; all are counted. */
  readonly listed: number;
  readonly signal?: AbortSignal | undefined;
}

/** One side of a comparison, ready to be asked. */
export interface Asked {
  readonly role: DigestRole;
  readonly session: Session;
  readonly request: DigestRequest;
}

/** The two sides with the columns whose form is wanted, always in one order. */
export function askedSides(
  { source, target, table }: CompareOptions,
  wanted: (form: DigestColumn["form"]["kind"]) => boolean,
): { readonly source: Asked; readonly target: Asked } {
  const sameEngine = source.engine.id === target.engine.id;
  const forms = table.columns.map(({ from, to }) => digestForm(from, to, sameEngine));
  const pick = (column: (index: number) => DigestColumn) =>
    table.columns.flatMap((_, index) => (wanted(forms[index]!.kind) ? [column(index)] : []));
  const ofSource = (index: number): DigestColumn => {
    const { source: name, value, from, accepts = [] } = table.columns[index]!;
    return { name, value, type: from, form: forms[index]!, accepts };
  };
  const ofTarget = (index: number): DigestColumn => {
    const { target: name, to } = table.columns[index]!;
    return { name, value: null, type: to, form: forms[index]! };
  };
  const keyIndexes = table.key.map(({ name }) => table.columns.findIndex((column) => column.source === name));
  const hasKey = keyIndexes.length > 0 && !keyIndexes.includes(-1);
  const side = (
    { engine, session }: CompareSide,
    column: (index: number) => DigestColumn,
    name: DigestRequest["table"],
    where: DigestRequest["where"],
  ): Asked => {
    if (engine.digest === undefined) throw new Error(`${engine.traits.title} computes no digests`);
    const key = hasKey ? keyIndexes.map(column) : [];
    return { role: engine.digest, session, request: { table: name, columns: pick(column), key, where } };
  };
  return {
    source: side(source, ofSource, table.source, table.where),
    target: side(target, ofTarget, table.target, null),
  };
}

/** Asks both servers at once; the slower one decides how long it takes. */
export async function both<T>(
  source: Asked,
  target: Asked,
  ask: (side: Asked) => Promise<T>,
): Promise<[T, T]> {
  const [left, right] = await Promise.allSettled([ask(source), ask(target)]);
  if (left.status === "rejected") throw left.reason;
  if (right.status === "rejected") throw right.reason;
  return [left.value, right.value];
}

export function sameDigest(left: Digest, right: Digest): boolean {
  return left.rows === right.rows && left.sum === right.sum;
}
