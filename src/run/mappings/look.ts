import type { FaultKind, MappingsFacts } from "../../core/mappings-steps.ts";
import {
  CleanUp,
  type CollectionHeader,
  type Finding,
  type FindingKind,
  type MergeConflict,
} from "../../formats/mappings/index.ts";
import { ContentFacts } from "./content-facts.ts";
import { momentOf, openDatabase, type ReadInput } from "./read-inputs.ts";
import type { OnReached } from "./work.ts";

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
  /** Mappings that stood in an earlier file already, with the same content or another. */
  readonly repeated: number;
  readonly faults: readonly Finding[];
  readonly faultCounts: Readonly<Partial<Record<FindingKind, number>>>;
  readonly readMs: number;
}

/** Reads all of the files as one database. Throws what the reader throws. */
export async function look({ files, now, batch, clean }: LookWork, onReached: OnReached): Promise<Looked> {
  const start = performance.now();
  const database = await openDatabase({
    files,
    now: momentOf(now),
    batch,
    marksOrigin: false,
    onRead: (file, read) => onReached({ file, ...read }),
  });
  const facts = new ContentFacts();
  const cleaning = clean.length === 0 ? null : new CleanUp(clean);
  let newer = 0;
  for await (const { mappings } of database.batches()) {
    for (const { note, originFile } of mappings) if (note !== null || originFile !== null) newer++;
    facts.add(mappings);
    cleaning?.look(mappings);
  }
  const { header, inputs, merged } = database.end();
  const { listed = [], counts = {} } = cleaning?.findings() ?? {};
  return {
    inputs,
    facts: facts.finish(header),
    version: header.version,
    newer,
    wire: header.wire,
    conflicts: merged?.conflicts ?? [],
    conflictCount: merged?.conflictCount ?? 0,
    repeated: merged?.repeated ?? 0,
    faults: listed,
    faultCounts: counts,
    readMs: Math.round(performance.now() - start),
  };
}
