import type { Range, SplitRequest } from "../../engines/data-roles.ts";

type Split = (request: SplitRequest) => Promise<Range[]>;

/**
 * Cuts a table as it always is, and its first chunk so that it has at most so many rows. Of a table without a key, pages
 * are counted, and the rows are as many as the statistics say.
 */
export async function cutFirstRows(split: Split, request: SplitRequest, rows: number): Promise<Range[]> {
  const usual = await split(request);
  const [first] = usual;
  if (first?.by === "page") return cutPages(usual, request, rows);
  if (request.key.length === 0) return usual;
  // Two parts of a table that is said to be small: the end of the first one is so many rows into it, by a walk through
  // the key, or, where the table is that small, by distances in a key that has gaps.
  const estimate = { rows: Math.floor((rows * 4) / 3), bytes: 2 };
  const [fine] = await split({ ...request, estimate, chunkBytes: 1 });
  if (fine?.by !== "key" || fine.upTo === null) return usual;
  const end = fine.upTo;
  const bounds = usual.flatMap((range) => (range.by === "key" && range.upTo !== null ? [range.upTo] : []));
  const isNumber = request.key.length === 1 && request.key[0]?.type.kind === "integer";
  // Usual bounds of a key of another kind come by the same walk, with longer steps; with shorter ones they are fine.
  if (!isNumber && request.estimate.rows / usual.length < rows) return usual;
  const later = isNumber ? bounds.filter(([value]) => BigInt(value ?? 0) > BigInt(end[0] ?? 0)) : bounds;
  const all = [end, ...later];
  return Array.from({ length: all.length + 1 }, (_, n) => ({
    by: "key",
    after: all[n - 1] ?? null,
    upTo: all[n] ?? null,
  }));
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
