import { tableKey } from "../../core/table-key.ts";
import type { Longest } from "../../engines/data-roles.ts";
import type { ArchivedChunk, ArchivedTable } from "./manifest.ts";
import type { ArchiveReader } from "./read-archive.ts";

const [tab, newline] = [9, 10];
/** So much of a key's value is told. */
const shownBytes = 200;

export interface LongRow {
  readonly table: string;
  readonly key: readonly string[];
  /** The widest one. */
  readonly column: string;
  readonly bytes: number;
}

/** Chunks with a row that is longer than the server takes, by what was counted when the rows were read. */
export function longChunks({ chunks }: ArchivedTable, { bytes }: Longest): readonly ArchivedChunk[] {
  return chunks.filter(({ longestRow = 0 }) => longestRow > bytes);
}

/** The first row of the tables that is too long; null where there is none. */
export async function findLongRow(
  archive: ArchiveReader,
  tables: readonly ArchivedTable[],
  longest: Longest,
): Promise<LongRow | null> {
  for (const table of tables) {
    const [chunk] = longChunks(table, longest);
    if (chunk === undefined) continue;
    const row = await rowLongerThan(archive, chunk, longest.bytes);
    if (row !== null) return named(table, row);
  }
  return null;
}

interface Field {
  bytes: number;
  /** Its beginning. */
  head: string;
}

/** Field by field, as the blocks come: a row may be longer than what may be held in memory. */
async function rowLongerThan(
  archive: ArchiveReader,
  { blocks }: ArchivedChunk,
  limit: number,
): Promise<readonly Field[] | null> {
  let fields: Field[] = [{ bytes: 0, head: "" }];
  for (const place of blocks) {
    const block = await archive.block(place, "rows");
    let from = 0;
    for (let at = 0; at <= block.length; at++) {
      const byte = block[at];
      if (byte !== undefined && byte !== tab && byte !== newline) continue;
      const field = fields.at(-1)!;
      field.bytes += at - from;
      if (field.head.length < shownBytes)
        field.head += block.toString("utf8", from, Math.min(at, from + shownBytes));
      from = at + 1;
      if (byte === tab) fields.push({ bytes: 0, head: "" });
      if (byte !== newline) continue;
      if (lengthOf(fields) > limit) return fields;
      fields = [{ bytes: 0, head: "" }];
    }
  }
  return null;
}

/** With a tab between two fields. */
function lengthOf(fields: readonly Field[]): number {
  return fields.reduce((sum, { bytes }) => sum + bytes, fields.length - 1);
}

function named(table: ArchivedTable, fields: readonly Field[]): LongRow {
  const widest = fields.reduce((most, { bytes }, n) => (bytes > fields[most]!.bytes ? n : most), 0);
  const key = table.key.flatMap(({ name }) => {
    const field = fields[table.columns.findIndex((column) => column.name === name)];
    return field === undefined ? [] : [field.head];
  });
  return { table: tableKey(table), key, column: table.columns[widest]!.name, bytes: lengthOf(fields) };
}
