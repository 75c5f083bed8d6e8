import type { MigrationRecord } from "./model.ts";
import type { ByteSource } from "./source.ts";
import type { KeptAside } from "./versions.ts";

/** What stands first in a sidecar file. */
export interface SidecarHead {
  /** The content of the downgraded file that it belongs to: see ContentDigest. */
  readonly content: string;
  readonly history: readonly MigrationRecord[];
  readonly entries: number;
}

/** A sidecar file as lines of JSON: its head first, then one entry a line, in the order of the mappings. */
export declare function sidecarHead(head: SidecarHead): string;
export declare function sidecarLines(aside: readonly KeptAside[]): string;

/** Throws GW2601 with the line for a file that is none, is cut off, or has other entries than its head counts. */
export declare function readSidecar(source: ByteSource): Promise<{
  readonly head: SidecarHead;
  readonly aside: readonly KeptAside[];
}>;
