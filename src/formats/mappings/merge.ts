import type { CollectionHeader, Integer, Mapping, Timestamp } from "./model.ts";

export interface MergeInput {
  /** For the report: a path. */
  readonly name: string;
  readonly batches: AsyncIterable<{ readonly mappings: readonly Mapping[] }>;
  /** Asked after the last batch. */
  readonly header: () => CollectionHeader;
}

/** One identity that arrived again and said something else. */
export interface MergeConflict {
  readonly original: string;
  readonly context: string;
  /** The members that differ: what stood, what arrived, what stands now. */
  readonly members: readonly {
    readonly member: "mapped" | "type" | "confidence";
    readonly before: string | Integer;
    readonly arrived: string | Integer;
    readonly result: string | Integer;
  }[];
  /** Names of the inputs. */
  readonly first: string;
  readonly later: string;
}

export interface Merged {
  /** In the order of first appearance. */
  readonly mappings: readonly Mapping[];
  readonly header: CollectionHeader;
  /** At most `mostConflicts`, the first ones. */
  readonly conflicts: readonly MergeConflict[];
  readonly conflictCount: number;
  /** Identities that arrived again, conflicting or not. */
  readonly repeated: number;
  readonly inputs: readonly { readonly name: string; readonly mappings: number; readonly added: number }[];
}

export interface MergeOptions {
  /** The moment that a repeated mapping gets as LastUpdated, as in the original tool. Left out: the later of both. */
  readonly now?: Timestamp;
  /** Default 1000. */
  readonly mostConflicts?: number;
}

/**
 * Merges in order, by the rules of the original tool: a repeated identity overwrites Mapped and Type, keeps the greater
 * Confidence, sets LastUpdated and adds 1 to UsageCount. Memory: about the size of all distinct mappings.
 */
export declare function mergeMappings(inputs: readonly MergeInput[], options?: MergeOptions): Promise<Merged>;
