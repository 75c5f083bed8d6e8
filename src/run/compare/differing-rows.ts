import type { HashedRow, KeyValues, Slice } from "../../engines/data-roles.ts";
import { type Asked, both, type CompareOptions } from "./asked.ts";
import { betweenParts } from "./interrupted.ts";
import { sameValue } from "./same-value.ts";

export interface ValueDifference {
  /** The target's column. */
  readonly column: string;
  readonly source: string | null;
  readonly target: string | null;
}

export interface RowDifference {
  readonly kind: "missing" | "extra" | "different";
  /** Values of the key in their forms; of a table without one, []. */
  readonly key: KeyValues;
  /** Of a row that differs, the values that do; of one that is on one side only, all of them. */
  readonly values: readonly ValueDifference[];
}

export interface DifferingRows {
  readonly differences: number;
  readonly listed: readonly RowDifference[];
  readonly withinTolerance: number;
}

/** The rows of the given parts that differ, found by their hashes and then looked at value by value. */
export async function differingRows(
  source: Asked,
  target: Asked,
  slices: readonly Slice[],
  options: CompareOptions,
): Promise<DifferingRows> {
  let differences = 0;
  let withinTolerance = 0;
  const listed: RowDifference[] = [];
  for (const slice of slices) {
    await betweenParts(options);
    const [left, right] = await both(source, target, (side) => hashesOf(side, slice));
    const found = pairUp(left, right);
    const pairs = options.mayHoldMore === true ? found.filter(({ source: row }) => row !== null) : found;
    // Rows whose floats alone differ within the tolerance are told apart only by their values.
    for (let first = 0; first < pairs.length; first += lookedUpAtOnce) {
      const part = pairs.slice(first, first + lookedUpAtOnce);
      const looked = await lookUp(source, target, part, options);
      for (const { verdict, row } of looked) {
        if (verdict === "within-tolerance") withinTolerance += 1;
        if (verdict !== "different") continue;
        differences += 1;
        if (listed.length < options.listed) listed.push(row);
      }
    }
  }
  return { differences, listed, withinTolerance };
}

const lookedUpAtOnce = 200;

export async function hashesOf({ role, session, request }: Asked, slice: Slice): Promise<HashedRow[]> {
  const rows: HashedRow[] = [];
  for await (const row of role.hashes(session, request, slice)) rows.push(row);
  return rows;
}

interface RowPair {
  readonly source: HashedRow | null;
  readonly target: HashedRow | null;
}

/** Rows that are not on both sides with one hash. Rows without a key, or with one key twice, are counted by hash. */
export function pairUp(left: readonly HashedRow[], right: readonly HashedRow[]): RowPair[] {
  const unmatched = new Map<string, HashedRow[]>();
  const exact = ({ key, hash }: HashedRow) => JSON.stringify([key, hash]);
  for (const row of right) {
    const known = unmatched.get(exact(row));
    if (known === undefined) unmatched.set(exact(row), [row]);
    else known.push(row);
  }
  const onlySource = left.filter((row) => unmatched.get(exact(row))?.pop() === undefined);
  const onlyTarget = Map.groupBy([...unmatched.values()].flat(), ({ key }) => JSON.stringify(key));
  const pairs: RowPair[] = onlySource.map((row) => {
    const twin = row.key.length === 0 ? undefined : onlyTarget.get(JSON.stringify(row.key))?.pop();
    return { source: row, target: twin ?? null };
  });
  return [...pairs, ...[...onlyTarget.values()].flat().map((row) => ({ source: null, target: row }))];
}

async function lookUp(
  source: Asked,
  target: Asked,
  pairs: readonly RowPair[],
  { ulps }: CompareOptions,
): Promise<{ readonly verdict: "same" | "within-tolerance" | "different"; readonly row: RowDifference }[]> {
  const [left, right] = await both(source, target, (side) =>
    valuesOf(
      side,
      pairs.flatMap((pair) => (side === source ? pair.source : pair.target) ?? []),
    ),
  );
  return pairs.map((pair) => {
    const [a, b] = [pair.source && left(pair.source), pair.target && right(pair.target)];
    const columns = target.request.columns.map(({ name, form }, index) => {
      const [ours, theirs] = [a?.[index] ?? null, b?.[index] ?? null];
      const verdict = a && b ? sameValue(ours, theirs, form, ulps) : "different";
      return { verdict, value: { column: name, source: ours, target: theirs } };
    });
    const key = (pair.source ?? pair.target)!.key;
    const kind = pair.source === null ? "extra" : pair.target === null ? "missing" : "different";
    const values = columns.filter(({ verdict }) => verdict === "different").map(({ value }) => value);
    const isNear = columns.some(({ verdict }) => verdict === "within-tolerance");
    // A pair whose values are all the same differs in spelling only (-0, JSON): no difference.
    const verdict =
      kind !== "different" || values.length > 0 ? "different" : isNear ? "within-tolerance" : "same";
    return { verdict, row: { kind, key, values } };
  });
}

/** Values by row: by its key or, without one, by its hash. */
async function valuesOf(
  { role, session, request }: Asked,
  rows: readonly HashedRow[],
): Promise<(row: HashedRow) => readonly (string | null)[] | undefined> {
  if (rows.length === 0) return () => undefined;
  const found = await role.values(session, request, rows);
  const hasKey = request.key.length > 0;
  const byKey = new Map(found.map(({ key, values }) => [JSON.stringify(key), values]));
  // In the order of the rows that were asked for.
  return hasKey ? (row) => byKey.get(JSON.stringify(row.key)) : (row) => found[rows.indexOf(row)]?.values;
}
