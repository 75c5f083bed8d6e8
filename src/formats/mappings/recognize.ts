import type { FileFormat, SchemaVersion } from "./model.ts";
import { openMappings } from "./reader.ts";
import type { ByteSource } from "./source.ts";

export interface Recognized {
  readonly format: FileFormat;
  /** Null where the beginning of the file does not tell, as in JSON with "Version" at its end or nowhere. */
  readonly version: SchemaVersion | null;
  /** Of MessagePack, what the header says; null of JSON. */
  readonly count: number | null;
}

/**
 * Tells a database's format by its content, never by its name. Reads as much of it as stands before the second mapping.
 * Throws GW2602 for what is none, GW2603 for a version that is not known, GW2601 for one that is malformed there.
 */
export async function recognize(source: ByteSource): Promise<Recognized> {
  await using reader = await openMappings(source);
  const { format, version, count } = reader;
  return { format, version, count };
}
