import type { Expression } from "../../core/expression.ts";
import type { CopyTable } from "../../core/plan.ts";
import { withEncoding } from "../../core/with-encoding.ts";
import type { Digest, DigestColumn, DigestRequest, DigestRole } from "../../engines/data-roles.ts";
import type { Engine, Session } from "../../engines/engine.ts";
import type { Stoppable } from "./interrupted.ts";
import { toldRole } from "./told-role.ts";
import { columnForm } from "./digest-form.ts";

export interface CompareSide {
  readonly engine: Engine;
  readonly session: Session;
  /** Makes an error of this side's server one that names it; left out, it is thrown as it is. */
  readonly failure?: (error: unknown) => unknown;
}

export interface CompareOptions extends Stoppable {
  readonly source: CompareSide;
  readonly target: CompareSide;
  readonly table: CopyTable;
  /** Only rows that meet it, on both sides. */
  readonly where?: Expression | null | undefined;
  /** Of the table's parts only so many, chosen by chance: more than 0, at most 1. */
  readonly sample?: number | undefined;
  /** Rows that the target alone has are no difference. */
  readonly mayHoldMore?: boolean | undefined;
  /** Floats so many representable numbers apart count as equal, and are told. */
  readonly ulps: number;
  /** At most so many differing rows are listed; all are counted. */
  readonly listed: number;
}

/** One side of a comparison, ready to be asked. */
export interface Asked {
  readonly role: DigestRole;
  readonly session: Session;
  readonly request: DigestRequest;
}

/** The two sides with the columns whose form is wanted, always in one order. */
export function askedSides(
  { source, target, table, where = null }: CompareOptions,
  wanted: (form: DigestColumn["form"]["kind"]) => boolean,
): { readonly source: Asked; readonly target: Asked } {
  const sameEngine = source.engine.id === target.engine.id;
  const forms = table.columns.map((column) => columnForm(column, sameEngine));
  const pick = (column: (index: number) => DigestColumn) =>
    table.columns.flatMap((_, index) => (wanted(forms[index]!.kind) ? [column(index)] : []));
  const encodingOf = (index: number) => withEncoding(table.columns[index]!);
  const ofSource = (index: number): DigestColumn => {
    const { source: name, value, from, to, accepts = [] } = table.columns[index]!;
    return { name, value, type: from, form: forms[index]!, accepts, to, ...encodingOf(index) };
  };
  const ofTarget = (index: number): DigestColumn => {
    const { target: name, to } = table.columns[index]!;
    return { name, value: null, type: to, form: forms[index]!, ...encodingOf(index) };
  };
  const keyIndexes = table.key.map(({ name }) => table.columns.findIndex((column) => column.source === name));
  const hasKey = keyIndexes.length > 0 && !keyIndexes.includes(-1);
  const side = (
    { engine, session, failure }: CompareSide,
    column: (index: number) => DigestColumn,
    name: DigestRequest["table"],
    where: DigestRequest["where"],
  ): Asked => {
    if (engine.digest === undefined) throw new Error(`${engine.traits.title} computes no digests`);
    const key = hasKey ? keyIndexes.map(column) : [];
    const role = failure === undefined ? engine.digest : toldRole(engine.digest, failure);
    return { role, session, request: { table: name, columns: pick(column), key, where } };
  };
  return {
    source: side(source, ofSource, table.source, allOf(table.where, where)),
    target: side(target, ofTarget, table.target, renamed(where, table)),
  };
}

function allOf(left: Expression | null, right: Expression | null): Expression | null {
  if (left === null || right === null) return left ?? right;
  return { kind: "binary", operator: "and", left, right };
}

/** A condition on the source's columns, with the target's names. */
function renamed(where: Expression | null, { columns }: CopyTable): Expression | null {
  if (where === null) return null;
  const names = new Map(columns.map(({ source, target }) => [source, target]));
  return JSON.parse(JSON.stringify(where), (_, part: unknown) => {
    const node = part as { kind?: unknown; name?: string };
    if (node?.kind !== "column" || node.name === undefined) return part;
    return { ...node, name: names.get(node.name) ?? node.name };
  }) as Expression;
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
