import type { FaultKind, MappingsFacts } from "../../core/mappings-steps.ts";
import {
  CleanUp,
  type CollectionHeader,
  type Finding,
  type FindingKind,
  type MergeConflict,
  type Merged,
} from "../../formats/mappings/index.ts";
import { ContentFacts } from "./content-facts.ts";
import { momentOf, type OnRead, openDatabase, type ReadInput } from "./read-inputs.ts";
import { changed } from "./watched-source.ts";
import type { OnReached, Reached } from "./work.ts";

export interface LookWork {
  readonly files: readonly string[];
  /** Where the files are silent, ISO 8601. */
  readonly now: string;
  readonly batch: number;
  /** Faults that are looked for. */
  readonly clean: readonly FaultKind[];
}

/** What one pass over files has shown. */
export interface Looked {
  readonly inputs: readonly ReadInput[];
  /** Of all of them together. */
  readonly facts: MappingsFacts;
  readonly version: CollectionHeader["version"];
  /** Mappings with a note or an origin file, for which version 1.0 has no place, whatever version their file names. */
  readonly newer: number;
  /** The forms of the frame that was read. */
  readonly wire: CollectionHeader["wire"];
  readonly conflicts: readonly MergeConflict[];
  readonly conflictCount: number;
  /** Null of a single file. */
  readonly merge: MergeCounts | null;
  readonly faults: readonly Finding[];
  readonly faultCounts: Readonly<Partial<Record<FindingKind, number>>>;
  readonly readMs: number;
}

/** What a merge makes of so many mappings; the usage counts are sums, as decimal texts because they may be long. */
export interface MergeCounts {
  readonly read: number;
  /** Stood there before, with the same content or another. */
  readonly repeated: number;
  readonly usage: { readonly read: string; readonly written: string };
}

function mergeCounts({
  inputs,
  repeated,
  usage,
}: Pick<Merged, "inputs" | "repeated" | "usage">): MergeCounts {
  return {
    read: inputs.reduce((sum, { mappings }) => sum + mappings, 0),
    repeated,
    usage: { read: String(usage.read), written: String(usage.written) },
  };
}

/** Reads all of the files as one database. Throws what the reader throws. */
export async function look({ files, now, batch, clean }: LookWork, onReached: OnReached): Promise<Looked> {
  const start = performance.now();
  const open = (onRead: OnRead) =>
    openDatabase({ files, now: momentOf(now), batch, marksOrigin: false, onRead });
  let reached: Reached = { file: "", bytes: 0, mappings: 0 };
  const database = await open((file, read) => onReached((reached = { file, ...read })));
  const facts = new ContentFacts();
  const cleaning = clean.length === 0 ? null : new CleanUp(clean);
  let newer = 0;
  for await (const { mappings } of database.batches()) {
    for (const { note, originFile } of mappings) if (note !== null || originFile !== null) newer++;
    facts.add(mappings);
    cleaning?.look(mappings);
  }
  const { header, inputs, merged } = database.end();
  if (cleaning?.looksAgain === true) {
    // How far the first look came stays told: this one only asks whether to go on.
    const again = await open(() => onReached(reached));
    for await (const { mappings } of again.batches()) cleaning.lookAgain(mappings);
    for (const [n, { file, sha256 }] of again.end().inputs.entries())
      if (sha256 !== inputs[n]?.sha256) throw changed(file);
  }
  const { listed = [], counts = {} } = cleaning?.findings() ?? {};
  return {
    inputs,
    facts: facts.finish(header),
    version: header.version,
    newer,
    wire: header.wire,
    conflicts: merged?.conflicts ?? [],
    conflictCount: merged?.conflictCount ?? 0,
    merge: merged === null ? null : mergeCounts(merged),
    faults: listed,
    faultCounts: counts,
    readMs: Math.round(performance.now() - start),
  };
}
