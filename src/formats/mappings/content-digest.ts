import type { CollectionHeader, Mapping } from "./model.ts";

export interface ContentSums {
  readonly count: number;
  /** SHA-256, lower-case hex, of all mappings in their order. */
  readonly mappings: string;
  /** Of all else: version, patterns, statistics, history, and what no schema knows. */
  readonly header: string;
  /** Of both. */
  readonly content: string;
}

/** Sums what a collection means, whatever the format: equal for equal meaning. The order of mappings counts. */
export declare class ContentDigest {
  add(mappings: readonly Mapping[]): void;
  finish(header: CollectionHeader): ContentSums;
}
