import type { CollectionHeader, FileFormat, Mapping, Timestamp } from "./model.ts";
import type { ByteSource } from "./source.ts";

export interface ReadOptions {
  /** At most so many mappings in a batch. Default 4096. A batch ends earlier where its bytes do. */
  readonly batchMappings?: number;
  /**
   * What JSON that is silent gets: the moment of the run. MessagePack that is silent gets .NET's defaults, as the
   * original tool reads it. Default is .NET's minimum date, so that reading is a function of the file.
   */
  readonly lastUpdated?: Timestamp;
}

export interface MappingBatch {
  /** The number of the first mapping, from 0. */
  readonly first: number;
  readonly mappings: readonly Mapping[];
  /** How many bytes of the source have been read up to here: for progress. */
  readonly endOffset: number;
}

/** One pass over a database. Memory is bounded by the largest single mapping (16 MiB at most), not by the file. */
export interface MappingReader {
  readonly format: FileFormat;
  /** How many mappings the file says there are; null of JSON. */
  readonly count: number | null;
  /** Can be called once. Throws GW2601 with offset, line and column, expectation, and the mapping's number and name. */
  batches(): AsyncGenerator<MappingBatch, void, void>;
  /** All but the mappings. Complete only after the last batch, and an error before. */
  readonly header: CollectionHeader;
}

/** Throws as `recognize` does. */
export declare function openMappings(source: ByteSource, options?: ReadOptions): Promise<MappingReader>;

/** All of a small file at once. */
export declare function readAllMappings(
  source: ByteSource,
  options?: ReadOptions,
): Promise<{
  readonly format: FileFormat;
  readonly mappings: readonly Mapping[];
  readonly header: CollectionHeader;
}>;
