import { askedSides, type CompareOptions } from "./asked.ts";
import { differingRows, type RowDifference } from "./differing-rows.ts";
import { programColumns } from "./program-columns.ts";
import { differingSlices } from "./slices.ts";

export interface TableComparison {
  readonly rows: { readonly source: bigint; readonly target: bigint };
  /** Rows that differ, are missing or are too many. */
  readonly differences: number;
  readonly listed: readonly RowDifference[];
  /** Rows of which only floats differ, within the tolerance. */
  readonly withinTolerance: number;
}

/**
 * Compares a table on two servers: digests of its parts, computed by the servers at the same time; the parts that
 * differ are divided until their rows can be compared one by one. Columns that no SQL of both servers can spell
 * alike (JSON, arrays) are compared here, row by row.
 */
export async function compareTable(options: CompareOptions): Promise<TableComparison> {
  const { source, target } = askedSides(options, (form) => form !== "json" && form !== "array");
  const found = await differingSlices(source, target, options);
  const rows = await differingRows(source, target, found.slices, options);
  const byProgram = await programColumns(options);
  const seen = new Set(rows.listed.map(({ key }) => JSON.stringify(key)));
  const more = byProgram.listed.filter(({ key }) => key.length === 0 || !seen.has(JSON.stringify(key)));
  return {
    rows: found.rows,
    differences: rows.differences + byProgram.differences - (byProgram.listed.length - more.length),
    listed: [...rows.listed, ...more].slice(0, options.listed),
    withinTolerance: rows.withinTolerance,
  };
}
