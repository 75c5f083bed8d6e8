import type { FileFormat } from "./model.ts";
import type { ByteSource } from "./source.ts";

export interface Recognized {
  readonly format: FileFormat;
  /** Null where the beginning of the file does not tell, as in JSON with "Version" at its end or nowhere. */
  readonly version: string | null;
  /** Of MessagePack, what the header says; null of JSON. */
  readonly count: number | null;
}

/**
 * Tells a database's format by its content, never by its name. Reads at most its first MiB.
 * Throws GW2602 for what is none, GW2603 for a version that is not known, GW2601 for one that is cut off.
 */
export declare function recognize(source: ByteSource): Promise<Recognized>;
