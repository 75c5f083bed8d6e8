import type { CollectionHeader, DatabaseStatistics, Mapping, Timestamp } from "./model.ts";

export interface MappingCounts {
  readonly mappings: number;
  /** By name of the type, most first. */
  readonly byType: ReadonlyMap<string, number>;
  /** By context, most first; at most 1000, the rest in `otherContexts`. */
  readonly byContext: ReadonlyMap<string, number>;
  readonly otherContexts: number;
  readonly references: number;
  readonly usage: bigint;
  /** Of those that have a number from 0 to 1. */
  readonly confidence: { readonly least: number; readonly mean: number; readonly greatest: number } | null;
  readonly oldest: Timestamp | null;
  readonly newest: Timestamp | null;
}

export declare class MappingStatistics {
  add(mappings: readonly Mapping[]): void;
  counts(): MappingCounts;
}

/** The header with statistics where it had none, and the right total: what a MessagePack file should have. */
export declare function completeStatistics(
  header: CollectionHeader,
  facts: { readonly mappings: number; readonly now: Timestamp },
): CollectionHeader & { readonly statistics: DatabaseStatistics };
