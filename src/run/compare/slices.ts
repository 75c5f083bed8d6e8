import type { Slice } from "../../engines/data-roles.ts";
import { type Asked, both, type CompareOptions, sameDigest } from "./asked.ts";
import { withOwnHashes } from "./own-hashes.ts";
import { betweenParts } from "./interrupted.ts";

/** A part of so many rows is compared row by row: two lists of hashes are a few hundred kilobytes. */
const rowsByRow = 4_000;
/** Rows in a part of the first pass: enough that a query is mostly scanning, few enough that a difference is near. */
const rowsASlice = 250_000;
/** Of the servers' own hashes, which take a fifth of the time: a table of a million rows is one scan without its index. */
const ownRowsASlice = 5 * rowsASlice;
/** Into how many parts one that differs is divided. */
const fanOut = 16n;
const mostBuckets = 16_384;

export interface DifferingSlices {
  readonly rows: { readonly source: bigint; readonly target: bigint };
  readonly slices: readonly Slice[];
}

/** The parts of a table whose digests differ, each of them small enough to be compared row by row. */
export async function differingSlices(
  source: Asked,
  target: Asked,
  options: CompareOptions,
): Promise<DifferingSlices> {
  const [ours, theirs] = await withOwnHashes(source, target, options);
  return isOrdered(ours, theirs) ? byKey(ours, theirs, options) : byBucket(ours, theirs, options);
}

/** One integer key: both servers have its values in the same order. A boolean has the form, but not everywhere a least one. */
function isOrdered(source: Asked, target: Asked): boolean {
  return [source, target].every(({ request: { key } }) => {
    const [column] = key;
    return (
      key.length === 1 &&
      column?.form.kind === "integer" &&
      (column.type.kind === "integer" || column.type.kind === "year") &&
      column.value === null
    );
  });
}

/** The whole table, in parts small enough for row by row work. */
export async function allSlices(source: Asked, target: Asked, { table }: CompareOptions): Promise<Slice[]> {
  const parts = Math.max(1, Math.ceil(table.estimate.rows / rowsByRow));
  if (isOrdered(source, target)) {
    const whole = await wholeKey(source, target);
    return whole === null ? [] : divide(whole, BigInt(parts)).map(sliceOf);
  }
  const of = Math.min(mostBuckets, parts);
  return Array.from({ length: of }, (_, bucket): Slice => ({ by: "bucket", bucket, of }));
}

/** From the least key of either side to the greatest; null where both tables are empty. */
async function wholeKey(source: Asked, target: Asked): Promise<Part | null> {
  const [left, right] = await both(source, target, ({ role, session, request }) =>
    role.bounds(session, request),
  );
  const bounds = [left, right].filter((found) => found !== null);
  if (bounds.length === 0) return null;
  const least = bounds.map((found) => BigInt(found.least)).reduce((a, b) => (a < b ? a : b));
  const greatest = bounds.map((found) => BigInt(found.greatest)).reduce((a, b) => (a > b ? a : b));
  return { after: least - 1n, upTo: greatest, isInner: false };
}

function sliceOf({ after, upTo }: Part): Slice {
  return { by: "key", after: String(after), upTo: String(upTo) };
}

async function byKey(source: Asked, target: Asked, options: CompareOptions): Promise<DifferingSlices> {
  const rows = { source: 0n, target: 0n };
  const slices: Slice[] = [];
  const whole = await wholeKey(source, target);
  if (whole === null) return { rows, slices };
  const { sample = 1 } = options;
  // A sample is made of small parts, so that it is spread over the table.
  const rowsEach = sample < 1 ? rowsByRow : source.request.own === true ? ownRowsASlice : rowsASlice;
  const parts = BigInt(Math.max(1, Math.ceil(options.table.estimate.rows / rowsEach)));
  const pending = chosen(divide(whole, parts), sample);
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    await betweenParts(options);
    const slice = sliceOf(part);
    const [a, b] = await both(source, target, ({ role, session, request }) =>
      role.slice(session, request, slice),
    );
    if (!part.isInner) {
      rows.source += BigInt(a.rows);
      rows.target += BigInt(b.rows);
    }
    if (sameDigest(a, b)) continue;
    const most = Math.max(Number(a.rows), Number(b.rows));
    if (most <= rowsByRow || part.upTo - part.after <= 1n) slices.push(slice);
    else pending.push(...divide(part, fanOut, true));
  }
  return { rows, slices };
}

/** Some of a list, by chance, but at least one. */
function chosen<T>(list: readonly T[], fraction: number): T[] {
  if (fraction >= 1 || list.length === 0) return [...list];
  const some = list.filter(() => Math.random() < fraction);
  return some.length > 0 ? some : [list[Math.floor(Math.random() * list.length)] as T];
}

interface Part {
  readonly after: bigint;
  readonly upTo: bigint;
  /** A piece of a part that was counted already. */
  readonly isInner: boolean;
}

function divide({ after, upTo }: Part, parts: bigint, isInner = false): Part[] {
  const width = upTo - after;
  const count = width < parts ? width : parts;
  const found: Part[] = [];
  for (let n = 0n; n < count; n++) {
    found.push({ after: after + (width * n) / count, upTo: after + (width * (n + 1n)) / count, isInner });
  }
  return found;
}

async function byBucket(source: Asked, target: Asked, options: CompareOptions): Promise<DifferingSlices> {
  const wanted = Math.ceil(options.table.estimate.rows / rowsByRow);
  const of = Math.min(mostBuckets, Math.max(1, wanted));
  await betweenParts(options);
  const [left, right] = await both(source, target, ({ role, session, request }) =>
    role.buckets(session, request, of),
  );
  const total = (side: typeof left) => [...side.values()].reduce((sum, { rows }) => sum + BigInt(rows), 0n);
  const none = { rows: "0", sum: "0" };
  const slices = chosen([...new Set([...left.keys(), ...right.keys()])], options.sample ?? 1)
    .filter((bucket) => !sameDigest(left.get(bucket) ?? none, right.get(bucket) ?? none))
    .map((bucket): Slice => ({ by: "bucket", bucket, of }));
  return { rows: { source: total(left), target: total(right) }, slices };
}
