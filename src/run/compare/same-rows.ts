import type { Range } from "../../engines/data-roles.ts";
import { askedSides, both, type CompareOptions } from "./asked.ts";
import { programColumns } from "./program-columns.ts";
import { betweenParts } from "./interrupted.ts";
import { differingSlices } from "./slices.ts";

type SameOptions = Omit<CompareOptions, "ulps" | "listed" | "sample">;

/** Whether both sides hold the same rows, as far as the condition goes. It ends at the first part that differs. */
export async function sameRows(options: SameOptions): Promise<boolean> {
  const all = { ...options, ulps: 0, listed: 1 };
  const { source, target } = askedSides(all, (form) => form !== "json" && form !== "array");
  const { slices } = await differingSlices(source, target, all);
  return slices.length === 0 && (await programColumns(all)).differences === 0;
}

/**
 * Whether the target's whole table holds what some ranges of the source hold together, in whatever order the source
 * has its key: the sums of the ranges are added up. False where only the program could compare a column.
 */
export async function sameSum(options: SameOptions, ranges: readonly Range[]): Promise<boolean> {
  const all = { ...options, ulps: 0, listed: 1 };
  if (askedSides(all, (form) => form === "json" || form === "array").source.request.columns.length > 0)
    return false;
  const { source, target } = askedSides(all, () => true);
  const { key } = options.table;
  const ofSource = async () => {
    const total = { rows: 0n, sum: 0n };
    for (const range of ranges) {
      await betweenParts(options);
      const request = { ...source.request, within: { range, key } };
      const { rows, sum } = await source.role.slice(source.session, request, { by: "all" });
      total.rows += BigInt(rows);
      total.sum += BigInt(sum);
    }
    return total;
  };
  const [ours, theirs] = await both(source, target, async (side) => {
    if (side === source) return ofSource();
    const { rows, sum } = await target.role.slice(target.session, target.request, { by: "all" });
    return { rows: BigInt(rows), sum: BigInt(sum) };
  });
  return ours.rows === theirs.rows && ours.sum === theirs.sum;
}
