import type { ComparedView, CopyTable } from "../../core/plan.ts";
import type { PortableType } from "../../core/portable.ts";
import type { ErrorKind } from "../../engines/engine.ts";
import { type Asked, askedSides, type CompareOptions, type CompareSide, sameDigest } from "./asked.ts";
import { hashesOf, pairUp } from "./differing-rows.ts";
import { refuseInterruptedComparison } from "./interrupted.ts";
import { programColumns } from "./program-columns.ts";
import { sameValue } from "./same-value.ts";

/** Views with more rows must have equal digests: their rows are not fetched. */
const rowsFetched = 20_000;
/** Rows that are not the same in every digit, which are looked at one by one. */
const rowsLookedAt = 2_000;
/** A sum of floats depends on the order in which it is made: some thirteen digits must be the same. */
const ulps = 1_024;

export interface ViewComparison {
  readonly source: CompareSide;
  readonly target: CompareSide;
  readonly view: ComparedView;
  /** What the columns of the target's view hold. */
  readonly types: readonly PortableType[];
  readonly signal?: AbortSignal | undefined;
  /** Makes of the source's failure one that says whose it is. */
  readonly ofSource: (error: unknown) => unknown;
}

/** Why a view of the target does not stand for the source's; null where both give the same rows, in whatever order. */
export async function compareView(given: ViewComparison): Promise<string | null> {
  const { source, target, view, types, signal } = given;
  refuseInterruptedComparison(signal);
  if (types.length !== view.columns.length) {
    return `it has ${types.length} columns, and the source's has ${view.columns.length}`;
  }
  const options: CompareOptions = { source, target, table: asTable(view, types), ulps, listed: 1, signal };
  const sides = askedSides(options, (form) => form !== "json" && form !== "array");
  const whole = ({ role, session, request }: Asked) => role.slice(session, request, { by: "all" });
  const ours = await guarded(source, () => whole(sides.source));
  if ("refused" in ours) return `the source's own cannot be read: ${ours.refused}`;
  const theirs = await guarded(target, () => whole(sides.target));
  if ("refused" in theirs) return `it cannot be read: ${theirs.refused}`;
  if (ours.value.rows !== theirs.value.rows) {
    return `the source's gives ${ours.value.rows} rows, and it gives ${theirs.value.rows}`;
  }
  if (!sameDigest(ours.value, theirs.value)) {
    const reason = await differentRow(sides, Number(ours.value.rows));
    if (reason !== null) return reason;
  }
  const estimate = { rows: Number(ours.value.rows), bytes: 0 };
  const inProgram = await programColumns({ ...options, table: { ...options.table, estimate } });
  return inProgram.differences === 0 ? null : `${inProgram.differences} of its rows differ from the source's`;

  async function guarded<T>(
    side: CompareSide,
    ask: () => Promise<T>,
  ): Promise<{ readonly value: T } | { readonly refused: string }> {
    const { engine } = side;
    const isSource = side === source;
    try {
      return { value: await (isSource ? undoable(side, ask) : ask()) };
    } catch (error) {
      const { kind, message } = engine.errors.classify(error);
      if (aboutTheView.has(kind)) return { refused: message };
      throw isSource ? given.ofSource(error) : error;
    }
  }
}

const aboutTheView: ReadonlySet<ErrorKind> = new Set([
  "syntax",
  "missing-object",
  "constraint",
  "permission",
  "other",
]);

/** Asks inside the snapshot's transaction, which a refusal would end where the server has it so. */
async function undoable<T>({ engine, session }: CompareSide, ask: () => Promise<T>): Promise<T> {
  try {
    await session.execute("SAVEPOINT godwit_view");
  } catch (error) {
    // MariaDB has none where the transaction has read a sequence or a table of Aria; and a refusal ends none there.
    if (engine.errors.classify(error).kind !== "other") throw error;
    return ask();
  }
  let result: T;
  try {
    result = await ask();
  } catch (error) {
    await session.execute("ROLLBACK TO SAVEPOINT godwit_view").catch(() => {});
    throw error;
  }
  await session.execute("RELEASE SAVEPOINT godwit_view");
  return result;
}

function asTable({ source, target, columns }: ComparedView, types: readonly PortableType[]): CopyTable {
  return {
    source,
    target,
    columns: columns.map(({ name, type }, index) => {
      const [from, to] = knownTypes(type, types[index]!);
      return { source: name, value: null, from, target: name, to, sql: "" };
    }),
    key: [],
    where: null,
    estimate: { rows: 0, bytes: 0 },
    native: false,
    upsertBy: null,
  };
}

/** A side that does not know what an expression gives is read as the other one; numbers of any kind as floats. */
function knownTypes(from: PortableType, to: PortableType): [PortableType, PortableType] {
  const asFloat = (type: PortableType): PortableType =>
    type.kind === "decimal" ? { kind: "float", bits: 64 } : type;
  if (from.kind === "any") return [asFloat(to), to];
  if (to.kind === "any") return [from, asFloat(from)];
  return [from, to];
}

/** Describes a row that is on one side only, but for the last digits of floats; null where there is none. */
async function differentRow(
  { source, target }: { readonly source: Asked; readonly target: Asked },
  rows: number,
): Promise<string | null> {
  const hasFloats = source.request.columns.some(({ form }) => form.kind === "float");
  if (rows > rowsFetched) return `its ${rows} rows are not those of the source's`;
  const [left, right] = [await hashesOf(source, { by: "all" }), await hashesOf(target, { by: "all" })];
  const pairs = pairUp(left, right);
  const ours = pairs.flatMap((pair) => pair.source ?? []);
  const theirs = pairs.flatMap((pair) => pair.target ?? []);
  if (ours.length === 0 && theirs.length === 0) return null;
  if (ours.length > rowsLookedAt) return `${ours.length} of its ${rows} rows differ from the source's`;
  const [a, b] = [await valuesOf(source, ours), await valuesOf(target, theirs)];
  const { columns } = target.request;
  const order = byOthersThenFloats(columns.map(({ form }) => form.kind === "float"));
  const [sortedA, sortedB] = [a.toSorted(order), b.toSorted(order)];
  const different = sortedA.findIndex((row, n) =>
    columns.some(
      ({ form }, index) =>
        sameValue(row[index] ?? null, sortedB[n]?.[index] ?? null, form, ulps) === "different",
    ),
  );
  if (different === -1 && sortedA.length === sortedB.length) return null;
  const shown = (row: readonly (string | null)[] | undefined) =>
    row === undefined ? "no such row" : `(${row.map((value) => value ?? "NULL").join(", ")})`;
  const at = different === -1 ? 0 : different;
  return `${hasFloats ? "rows" : `${ours.length} of its ${rows} rows`} differ from the source's: ${shown(sortedA[at])} there, ${shown(sortedB[at])} here`;
}

async function valuesOf(
  { role, session, request }: Asked,
  rows: Parameters<Asked["role"]["values"]>[2],
): Promise<(readonly (string | null)[])[]> {
  return rows.length === 0 ? [] : (await role.values(session, request, rows)).map(({ values }) => values);
}

/** Rows that are the same but for floats come to stand at one place. */
function byOthersThenFloats(isFloat: readonly boolean[]) {
  return (a: readonly (string | null)[], b: readonly (string | null)[]): number => {
    const others = (row: readonly (string | null)[]) =>
      JSON.stringify(row.filter((_, n) => isFloat[n] !== true));
    const [left, right] = [others(a), others(b)];
    if (left !== right) return left < right ? -1 : 1;
    for (const [n, float] of isFloat.entries()) {
      if (!float) continue;
      const distance = Number(a[n] ?? "-Infinity") - Number(b[n] ?? "-Infinity");
      // Neither equal, nor one that is no number.
      if (distance !== 0 && !Number.isNaN(distance)) return distance;
    }
    return 0;
  };
}
