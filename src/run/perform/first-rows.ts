import type { Range, SplitRequest } from "../../engines/data-roles.ts";

/** The source, as far as it is asked how a table is cut; in one snapshot. */
export interface Cutting {
  readonly split: (request: SplitRequest) => Promise<Range[]>;
  /** How many rows a range of the table has, by the server. */
  readonly count: (range: Range) => Promise<number>;
}

/** A cut that has still too many rows is made finer by what was counted: a second one is enough where rows lie even. */
const mostTries = 8;

/**
 * Cuts a table as it always is, and its first chunk so that it has at most so many rows. Of a table without a key, pages
 * are counted, and the rows are as many as the statistics say.
 *
 * Only the server knows the order of its keys, and statistics may be of another day. So rows are counted: of two ranges
 * from the table's begin the one with more rows ends later, and together all ranges still hold each row once.
 */
export async function cutFirstRows(
  { split, count }: Cutting,
  request: SplitRequest,
  rows: number,
): Promise<Range[]> {
  const usual = await split(request);
  const [first] = usual;
  if (first === undefined || request.key.length === 0 || first.by === "page")
    return cutPages(usual, request, rows);
  if ((await count(first)) <= rows) return usual;
  const early = await firstRange({ split, count }, request, rows);
  if (early === null) return usual;
  return [
    early,
    { by: "key", after: early.upTo, upTo: first.by === "key" ? first.upTo : null },
    ...usual.slice(1),
  ];
}

type KeyRange = Extract<Range, { by: "key" }>;

/** A range from the table's begin that has at most so many rows; null where the key can't be cut. */
async function firstRange(
  { split, count }: Cutting,
  request: SplitRequest,
  rows: number,
): Promise<KeyRange | null> {
  // Parts of a table that is said to be small: the end of the first one is some rows into it, by a walk through the
  // key, or by distances in it where the table is that small or the server does not go by what is said.
  const estimate = Math.floor((rows * 4) / 3);
  for (let tries = 0, parts = 2; tries < mostTries; tries++) {
    const [fine] = await split({ ...request, estimate: { rows: estimate, bytes: parts }, chunkBytes: 1 });
    if (fine?.by !== "key" || fine.after !== null || fine.upTo === null) return null;
    const found = await count(fine);
    if (found <= rows) return fine;
    parts = Math.ceil((parts * found) / rows) + 1;
  }
  return null;
}

function cutPages(usual: readonly Range[], { estimate }: SplitRequest, rows: number): Range[] {
  const [first, ...others] = usual;
  if (first?.by !== "page" || first.to === null) return [...usual];
  const ofChunk = estimate.rows / usual.length;
  const pages = first.to - first.from;
  const few = Math.max(1, Math.floor((pages * rows) / Math.max(1, ofChunk)));
  if (few >= pages) return [...usual];
  const middle = first.from + few;
  return [
    { by: "page", from: first.from, to: middle },
    { by: "page", from: middle, to: first.to },
    ...others,
  ];
}
