import type { RestoreReadStep } from "../../core/plan.ts";
import type { BackupTable } from "../../engines/backup-role.ts";
import type { Range } from "../../engines/data-roles.ts";
import { piecesSum, sumOf, type TargetReader } from "../compare/read-back.ts";
import { type ArchivedRows, archivedRows } from "./archived-rows.ts";
import { ArchiveReader } from "./read-archive.ts";

/** So much is read by a session at once: none is long without work at the end. */
export const rangeBytes = 16 * 1024 * 1024;

/** The sum of a part of the rows that a restored table has by now: of its ranges, those whose number leaves the remainder. */
export async function restoredSum(
  reader: TargetReader,
  { file, table: number, remainder, divisor }: RestoreReadStep,
  key: Uint8Array | null,
): Promise<{ readonly rows: bigint; readonly sum: bigint }> {
  const rows = archivedRows(reader.engine);
  await using archive = await ArchiveReader.open(file, key);
  const table = (await archive.manifest()).tables[number]!;
  const ranges = await rangesOf(rows, reader, table);
  return sumOf(
    ranges.filter((_, n) => n % divisor === remainder),
    (range) => piecesSum(reader, () => rows.read(reader.session, table, range)),
  );
}

/** By pages where the server has them: the key's index may only be in the making. */
async function rangesOf(
  rows: ArchivedRows,
  { session }: TargetReader,
  table: BackupTable,
): Promise<readonly Range[]> {
  const byPage = await rows.split(session, { ...table, key: [] }, rangeBytes);
  return byPage.length > 1 ? byPage : rows.split(session, table, rangeBytes);
}
