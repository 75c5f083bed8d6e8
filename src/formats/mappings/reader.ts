import { openJson } from "./json-reader.ts";
import type { CollectionHeader, FileFormat, Mapping, SchemaVersion, Timestamp } from "./model.ts";
import { openMsgpack } from "./msgpack-reader.ts";
import { openDatabase } from "./open-database.ts";
import type { ByteSource } from "./source.ts";
import { minimumTimestamp } from "./timestamp.ts";

export interface ReadOptions {
  /** At most so many mappings in a batch. Default 4096. A batch ends earlier where its bytes do. */
  readonly batchMappings?: number;
  /**
   * What JSON that is silent gets: the moment of the run. MessagePack that is silent gets .NET's defaults, as the
   * original tool reads it. Default is .NET's minimum date, so that reading is a function of the file.
   */
  readonly lastUpdated?: Timestamp;
  /**
   * No key of a mapping is looked for among those before, which takes memory: the caller has read the very file before,
   * and holds its sum against that of the first time. Default false.
   */
  readonly hasCheckedKeys?: boolean;
}

export interface MappingBatch {
  /** The number of the first mapping, from 0. */
  readonly first: number;
  readonly mappings: readonly Mapping[];
  /** How many bytes of the source have been read up to here: for progress. */
  readonly endOffset: number;
}

/** One pass over a database. Memory is bounded by the largest single mapping (16 MiB at most), not by the file. */
export interface MappingReader extends AsyncDisposable {
  readonly format: FileFormat;
  /** How many mappings the file says there are; null of JSON. */
  readonly count: number | null;
  /** Null where the file has not told yet: JSON may have it at its end. */
  readonly version: SchemaVersion | null;
  /**
   * Can be called once. Throws GW2601 with offset, line and column, expectation, and the mapping's number and name. The
   * source is closed at its end, or when it is left early.
   */
  batches(): AsyncGenerator<MappingBatch, void, void>;
  /** All but the mappings. Complete only after the last batch, and an error before. */
  readonly header: CollectionHeader;
}

const defaultBatch = 4096;

/** Throws GW2601, GW2602 and GW2603. Where `batches` is not called, the reader has to be disposed of. */
export async function openMappings(source: ByteSource, options: ReadOptions = {}): Promise<MappingReader> {
  const { window, format, version } = await openDatabase(source);
  const batchMappings = Math.max(1, options.batchMappings ?? defaultBatch);
  if (format.format === "msgpack") return openMsgpack(window, format, batchMappings);
  const lastUpdated = options.lastUpdated ?? minimumTimestamp;
  const { hasCheckedKeys = false } = options;
  return openJson(window, { format, version, batchMappings, lastUpdated, hasCheckedKeys });
}

/** All of a small file at once. */
export async function readAllMappings(
  source: ByteSource,
  options: ReadOptions = {},
): Promise<{
  readonly format: FileFormat;
  readonly mappings: readonly Mapping[];
  readonly header: CollectionHeader;
}> {
  const reader = await openMappings(source, options);
  const mappings: Mapping[] = [];
  for await (const batch of reader.batches()) for (const mapping of batch.mappings) mappings.push(mapping);
  return { format: reader.format, mappings, header: reader.header };
}
