import { basename } from "node:path";
import {
  type CollectionHeader,
  type FileFormat,
  headerWithNewNames,
  type Mapping,
  type Merged,
  mergeMappings,
  openMappings,
  parseTimestamp,
  type SchemaVersion,
  silence,
  type Timestamp,
  withNewNames,
} from "../../formats/mappings/index.ts";
import { GodwitError } from "../../core/error.ts";
import type { MappingsInput, MappingsSource } from "../../core/mappings-steps.ts";
import { openKept, type PutBack } from "./kept-aside.ts";
import { changed, watchedSource } from "./watched-source.ts";

/** How far the reading of one file has come. */
export type OnRead = (
  file: string,
  read: { readonly bytes: number; readonly mappings: number },
) => Promise<void>;

/** A file, and what is done to it before anything else. */
export interface FileToRead {
  readonly file: string;
  /** Where it is known before; else what the file says as it is read. */
  readonly version: SchemaVersion | null;
  /** What was kept aside of it and is put back; the file's own content is not asked for here. */
  readonly restores: string | null;
}

export interface ReadInput {
  readonly file: string;
  readonly format: FileFormat;
  readonly version: SchemaVersion;
  readonly bytes: number;
  readonly sha256: string;
  readonly mappings: number;
  /** What was put back, as it was read; null where nothing was. */
  readonly restores: (MappingsInput & { readonly content: string }) | null;
  /** Of that, how much found no mapping. */
  readonly unrestored: number;
}

export interface ReadOptions {
  readonly files: readonly FileToRead[];
  /** Where the files are silent. */
  readonly now: Timestamp;
  readonly batch: number;
  readonly marksOrigin: boolean;
  /** Members of files of 1.0 get the names that they have in 1.1. Several files always do, to be merged. */
  readonly newNames: boolean;
  /** The files were read before, and the caller refuses others: see ReadOptions of the formats. */
  readonly isAgain: boolean;
  readonly onRead: OnRead;
  /** Shown each file as it is, before anything is done to it. `file` is its number. */
  readonly onRaw?: RawReader;
}

export interface RawReader {
  mappings(file: number, mappings: readonly Mapping[]): void;
  header(file: number, header: CollectionHeader): void;
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
  return others.length === 0 ? openOne(file, options) : openMerged({ ...options, newNames: true });
}

async function openOne(file: FileToRead, options: ReadOptions): Promise<Database> {
  const input = await openInput(file, 0, options);
  return {
    batches: input.batches,
    end: () => ({ header: input.header(), inputs: [input.read()], merged: null }),
  };
}

async function openMerged(options: ReadOptions): Promise<Database> {
  const inputs: OpenInput[] = [];
  for (const [n, file] of options.files.entries()) inputs.push(await openInput(file, n, options));
  const merged = await mergeMappings(
    inputs.map((input, n) => ({
      name: options.files[n]?.file ?? "",
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
  batches(): AsyncGenerator<{ readonly first: number; readonly mappings: readonly Mapping[] }, void, void>;
  header(): CollectionHeader;
  /** After the last batch. */
  read(): ReadInput;
}

/** What was kept aside is put back first: what follows sees the database as it was before its downgrade. */
async function openInput(
  { file, version, restores }: FileToRead,
  n: number,
  { now, batch, marksOrigin, newNames, isAgain, onRead, onRaw }: ReadOptions,
): Promise<OpenInput> {
  const source = await watchedSource(file);
  const reader = await openMappings(source, {
    batchMappings: batch,
    lastUpdated: now,
    hasCheckedKeys: isAgain,
  });
  // Version 1.1 has its own; what is beside it is not even looked at.
  const kept = restores === null || reader.version === "1.1" ? null : await openKept(restores);
  const origin = basename(file);
  // Of JSON that has its version at its end this is a guess in the first look, and known afterwards.
  const isOld = (version ?? reader.version ?? "1.0") === "1.0";
  let mappings = 0;
  let putBack: PutBack | null = null;

  async function asRead(raw: readonly Mapping[], first: number): Promise<readonly Mapping[]> {
    const restored = kept === null ? raw : await kept.restore(raw, first);
    const named = newNames && isOld ? restored.map(withNewNames) : restored;
    return marksOrigin ? withOrigin(named, origin) : named;
  }

  function header(): CollectionHeader {
    const own = newNames && isOld ? headerWithNewNames(reader.header) : reader.header;
    return kept === null ? own : { ...own, history: [...kept.history, ...own.history] };
  }

  return {
    async *batches() {
      await using _ = kept;
      for await (const { first, mappings: raw, endOffset } of reader.batches()) {
        mappings += raw.length;
        onRaw?.mappings(n, raw);
        yield { first, mappings: await asRead(raw, first) };
        await onRead(file, { bytes: endOffset, mappings });
      }
      onRaw?.header(n, reader.header);
      putBack = (await kept?.finish()) ?? null;
    },
    header,
    read: () => ({
      file,
      format: reader.format,
      version: reader.header.version,
      ...source.read(),
      mappings,
      restores: kept === null || putBack === null ? null : { ...putBack, content: kept.content },
      unrestored: putBack?.unrestored ?? 0,
    }),
  };
}

/** Throws GW2606 where files that were read again are not those of the first time. */
export function refuseOthers(
  before: readonly Pick<MappingsSource, "sha256" | "restores">[],
  inputs: readonly ReadInput[],
): void {
  for (const [n, { file, sha256, restores }] of inputs.entries()) {
    if (sha256 !== before[n]?.sha256) throw changed(file);
    if (restores !== null && restores.sha256 !== before[n].restores?.sha256) throw changed(restores.file);
  }
}

/** Mappings that do not say from which file they come get its name. */
function withOrigin(mappings: readonly Mapping[], originFile: string): readonly Mapping[] {
  return mappings.map((each) =>
    each.originFile === null
      ? { ...each, originFile, silent: (each.silent ?? 0) | silence.originFile }
      : each,
  );
}

/** A time of a plan. */
export function momentOf(iso: string): Timestamp {
  const moment = parseTimestamp(iso);
  if (moment === null) throw new GodwitError("GW9001", { message: `${iso} is no time` });
  return moment;
}
