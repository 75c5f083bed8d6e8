import { basename } from "node:path";
import {
  type CollectionHeader,
  type FileFormat,
  type Mapping,
  type MappingBatch,
  type Merged,
  mergeMappings,
  openMappings,
  parseTimestamp,
  type Timestamp,
} from "../../formats/mappings/index.ts";
import { GodwitError } from "../../core/error.ts";
import { watchedSource } from "./watched-source.ts";

/** How far the reading of one file has come. */
export type OnRead = (
  file: string,
  read: { readonly bytes: number; readonly mappings: number },
) => Promise<void>;

export interface ReadInput {
  readonly file: string;
  readonly format: FileFormat;
  readonly version: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly mappings: number;
}

export interface ReadOptions {
  readonly files: readonly string[];
  /** Where the files are silent. */
  readonly now: Timestamp;
  readonly batch: number;
  readonly marksOrigin: boolean;
  readonly onRead: OnRead;
}

/** Several files, or one, as one database: one pass over its mappings, in batches. */
export interface Database {
  /** The number of the batch's first mapping, from 0. */
  batches(): AsyncGenerator<{ readonly first: number; readonly mappings: readonly Mapping[] }, void, void>;
  /** After the last batch. */
  end(): {
    readonly header: CollectionHeader;
    readonly inputs: readonly ReadInput[];
    /** Null of a single file. */
    readonly merged: Pick<Merged, "conflicts" | "conflictCount" | "repeated" | "usage" | "inputs"> | null;
  };
}

/**
 * Opens files as one database. A single file streams; several are merged in memory, since the last word on a symbol may
 * stand in the last file. Throws what the reader throws, and GW2606 for a file that changes meanwhile.
 */
export async function openDatabase(options: ReadOptions): Promise<Database> {
  const [file, ...others] = options.files;
  if (file === undefined) throw new GodwitError("GW9001", { message: "a database without files" });
  return others.length === 0 ? openOne(file, options) : openMerged(options);
}

async function openOne(file: string, options: ReadOptions): Promise<Database> {
  const input = await openInput(file, options);
  return {
    batches: input.batches,
    end: () => ({ header: input.header(), inputs: [input.read()], merged: null }),
  };
}

async function openMerged(options: ReadOptions): Promise<Database> {
  const inputs: OpenInput[] = [];
  for (const file of options.files) inputs.push(await openInput(file, options));
  const merged = await mergeMappings(
    inputs.map((input, n) => ({
      name: options.files[n] ?? "",
      batches: input.batches(),
      header: input.header,
    })),
    { now: options.now },
  );
  const { mappings, header, ...report } = merged;
  return {
    async *batches() {
      for (let first = 0; first < mappings.length; first += options.batch)
        yield { first, mappings: mappings.slice(first, first + options.batch) };
    },
    end: () => ({ header, inputs: inputs.map((input) => input.read()), merged: report }),
  };
}

interface OpenInput {
  batches(): AsyncGenerator<MappingBatch, void, void>;
  header(): CollectionHeader;
  /** After the last batch. */
  read(): ReadInput;
}

async function openInput(file: string, { now, batch, marksOrigin, onRead }: ReadOptions): Promise<OpenInput> {
  const source = await watchedSource(file);
  const reader = await openMappings(source, { batchMappings: batch, lastUpdated: now });
  const origin = basename(file);
  let mappings = 0;
  return {
    async *batches() {
      for await (const each of reader.batches()) {
        mappings += each.mappings.length;
        yield marksOrigin ? { ...each, mappings: withOrigin(each.mappings, origin) } : each;
        await onRead(file, { bytes: each.endOffset, mappings });
      }
    },
    header: () => reader.header,
    read: () => ({
      file,
      format: reader.format,
      version: reader.header.version,
      ...source.read(),
      mappings,
    }),
  };
}

/** Mappings that do not say from which file they come get its name. */
export function withOrigin(mappings: readonly Mapping[], originFile: string): readonly Mapping[] {
  return mappings.map((each) => (each.originFile === null ? { ...each, originFile } : each));
}

/** A time of a plan. */
export function momentOf(iso: string): Timestamp {
  const moment = parseTimestamp(iso);
  if (moment === null) throw new GodwitError("GW9001", { message: `${iso} is no time` });
  return moment;
}
