import type { RestoreReadStep } from "../../core/plan.ts";
import { pagesFirst, piecesSum, rangeBytes, sumOf, type TargetReader } from "../compare/read-back.ts";
import { archivedRows } from "./archived-rows.ts";
import { ArchiveReader } from "./read-archive.ts";

/** The sum of a part of the rows that a restored table has by now: of its ranges, those whose number leaves the remainder. */
export async function restoredSum(
  reader: TargetReader,
  { file, table: number, remainder, divisor }: RestoreReadStep,
  key: Uint8Array | null,
): Promise<{ readonly rows: bigint; readonly sum: bigint }> {
  const rows = archivedRows(reader.engine);
  await using archive = await ArchiveReader.open(file, key);
  const table = (await archive.manifest()).tables[number]!;
  const ranges = await pagesFirst(table.key, (by) =>
    rows.split(reader.session, { ...table, key: by }, rangeBytes),
  );
  return sumOf(
    ranges.filter((_, n) => n % divisor === remainder),
    (range) => piecesSum(reader, () => rows.read(reader.session, table, range)),
  );
}
