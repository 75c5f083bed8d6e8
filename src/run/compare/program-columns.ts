import type { HashedRow } from "../../engines/data-roles.ts";
import { askedSides, both, type CompareOptions } from "./asked.ts";
import { type DifferingRows, hashesOf, type RowDifference } from "./differing-rows.ts";
import { betweenParts } from "./interrupted.ts";
import { keylessColumns } from "./keyless-columns.ts";
import { sameJson } from "./same-json.ts";
import { sameValue } from "./same-value.ts";
import { allSlices } from "./slices.ts";

const rowsAtOnce = 500;

/**
 * Compares the columns that only the program can compare (JSON of two engines, arrays beside JSON), for all rows that
 * both sides have, by their key.
 */
export async function programColumns(options: CompareOptions): Promise<DifferingRows> {
  const { source, target } = askedSides(options, (form) => form === "json" || form === "array");
  const listed: RowDifference[] = [];
  let differences = 0;
  if (source.request.columns.length === 0) return { differences, listed, withinTolerance: 0 };
  if (source.request.key.length === 0) return keylessColumns(options);
  for (const slice of await allSlices(source, target, options)) {
    // Only the keys are listed: the values come batch by batch, however wide they are.
    const rows = await hashesOf(
      { ...source, request: { ...source.request, columns: source.request.key } },
      slice,
    );
    for (let first = 0; first < rows.length; first += rowsAtOnce) {
      await betweenParts(options);
      for (const row of await compareBatch(options, rows.slice(first, first + rowsAtOnce))) {
        differences += 1;
        if (listed.length < options.listed) listed.push(row);
      }
    }
  }
  return { differences, listed, withinTolerance: 0 };
}

async function compareBatch(options: CompareOptions, rows: readonly HashedRow[]): Promise<RowDifference[]> {
  const { source, target } = askedSides(options, (form) => form === "json" || form === "array");
  const [left, right] = await both(source, target, ({ role, session, request }) =>
    role.values(session, request, rows),
  );
  const theirs = new Map(right.map(({ key, values }) => [JSON.stringify(key), values]));
  return left.flatMap(({ key, values }): RowDifference[] => {
    // A row that the target lacks is a difference of the digests, and is told there.
    const other = theirs.get(JSON.stringify(key));
    if (other === undefined) return [];
    const different = target.request.columns.flatMap(({ name, form }, index) => {
      const [ours, its] = [values[index] ?? null, other[index] ?? null];
      const { accepts = [] } = source.request.columns[index]!;
      if (ours !== null && its !== null && sameJson(ours, its, accepts.includes("json-lossy"))) return [];
      return sameValue(ours, its, form, 0) === "same" ? [] : [{ column: name, source: ours, target: its }];
    });
    return different.length === 0 ? [] : [{ kind: "different", key, values: different }];
  });
}
