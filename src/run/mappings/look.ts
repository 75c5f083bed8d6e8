import { basename } from "node:path";
import type { FaultKind, MappingsFacts, MappingsSums } from "../../core/mappings-steps.ts";
import {
  CleanUp,
  type CollectionHeader,
  ContentDigest,
  type Finding,
  type FindingKind,
  headerWithOldNames,
  lacksOfFlat,
  type MergeConflict,
  type Merged,
} from "../../formats/mappings/index.ts";
import { ContentFacts } from "./content-facts.ts";
import { PreservedSums } from "./preserved-sums.ts";
import { RawContents } from "./raw-contents.ts";
import { momentOf, type OnRead, openDatabase, type ReadInput, refuseOthers } from "./read-inputs.ts";
import type { OnReached, Reached } from "./work.ts";

export interface LookWork {
  readonly files: readonly string[];
  /** The file beside each of them that may keep something aside of it; left out where nothing is to be put back. */
  readonly aside?: readonly (string | null)[];
  /** Where the files are silent, ISO 8601. */
  readonly now: string;
  readonly batch: number;
  /** Faults that are looked for. */
  readonly clean: readonly FaultKind[];
  /** Whether they are read to be migrated: then what has to be preserved is summed as well. */
  readonly migrates: boolean;
}

/** What one pass over files has shown. */
export interface Looked {
  readonly inputs: readonly ReadInput[];
  /** Of all of them together. */
  readonly facts: MappingsFacts;
  readonly version: CollectionHeader["version"];
  /** Mappings with a note or an origin file, for which version 1.0 has no place, whatever version their file names. */
  readonly newer: number;
  /** What flat JSON has no place for, in words but for the history; and the names of members beside the mappings. */
  readonly flat: { readonly lacks: readonly string[]; readonly beside: readonly string[] };
  /** Of the files as they are; null where they are not migrated. */
  readonly read: MappingsSums | null;
  /** The forms of the frame that was read. */
  readonly wire: CollectionHeader["wire"];
  /** What was kept aside beside the files and was not put back, each with the reason. */
  readonly leftOut: readonly LeftOut[];
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

/** What is kept aside and not put back. */
interface LeftOut {
  /** The number of the input, from 0. */
  readonly of: number;
  readonly file: string;
  readonly why: string;
}

/**
 * Reads all of the files as one database. What was kept aside belongs to the content that was written with it: given to
 * any other, it would tell of mappings that it does not know. It is put back as the files are read, and where a content
 * turns out to be another one, the files are read once more without it. Throws what the reader throws.
 */
export async function look(work: LookWork, onReached: OnReached): Promise<Looked> {
  let reached: Reached | null = null;
  const first = await lookOnce(work, [], (now) => onReached((reached = now)));
  if (first.misfits.length === 0) return first.looked;
  // How far the first look came stays told: this one only asks whether to go on.
  const { looked } = await lookOnce(work, first.looked.leftOut, (now) => onReached(reached ?? now));
  return looked;
}

async function lookOnce(
  { files, aside = [], now, batch, clean, migrates }: LookWork,
  leftOut: readonly LeftOut[],
  onReached: OnReached,
): Promise<{ readonly looked: Looked; readonly misfits: readonly LeftOut[] }> {
  const start = performance.now();
  const toRead = files.map((file, n) => ({
    file,
    version: null,
    restores: leftOut.some(({ of }) => of === n) ? null : (aside[n] ?? null),
  }));
  // What a migration names as the origin of mappings that have none.
  const marks = files.map((file) => basename(file));
  const raw = new RawContents(
    toRead.map(({ restores }) => (restores === null ? null : new ContentDigest({ marks }))),
    migrates ? new PreservedSums({ merges: files.length > 1, clean, side: "read" }) : null,
  );
  const open = (onRead: OnRead, onRaw?: RawContents) =>
    openDatabase({
      files: toRead,
      now: momentOf(now),
      batch,
      marksOrigin: false,
      newNames: false,
      isAgain: onRaw === undefined,
      onRead,
      ...(onRaw === undefined ? {} : { onRaw }),
    });
  let reached: Reached = { file: "", bytes: 0, mappings: 0 };
  const database = await open((file, read) => onReached((reached = { file, ...read })), raw);
  const facts = new ContentFacts({ marks });
  const cleaning = clean.length === 0 ? null : new CleanUp(clean);
  let newer = 0;
  for await (const { mappings } of database.batches()) {
    for (const { note, originFile } of mappings) if (note !== null || originFile !== null) newer++;
    facts.add(mappings);
    cleaning?.look(mappings);
  }
  const { header, inputs, merged } = database.end();
  if (cleaning?.looksAgain === true) {
    const again = await open(() => onReached(reached));
    for await (const { mappings } of again.batches()) cleaning.lookAgain(mappings);
    refuseOthers(inputs, again.end().inputs);
  }
  const { listed = [], counts = {} } = cleaning?.findings() ?? {};
  const misfits = inputs.flatMap((input, n): LeftOut[] => {
    const file = toRead[n]?.restores ?? null;
    const why = file === null ? null : unfit(input, raw.sums.get(n)?.content);
    return file === null || why === null ? [] : [{ of: n, file, why }];
  });
  const found = facts.finish(header);
  // Of a file to which nothing was done they are the same.
  const plain = files.length > 1 ? found.sums : (raw.sums.get(0) ?? found.sums);
  const read = await raw.preserved(
    plain,
    inputs.map(({ restores }) => restores?.file ?? null),
    marks,
  );
  const looked = {
    inputs,
    facts: found.facts,
    version: header.version,
    newer,
    flat: {
      lacks: lacksOfFlat({ ...header, history: [] }),
      beside: [header, headerWithOldNames(header)].flatMap(({ members }) =>
        (members ?? []).map(([name]) => name),
      ),
    },
    read,
    wire: header.wire,
    leftOut: [...leftOut, ...misfits],
    conflicts: merged?.conflicts ?? [],
    conflictCount: merged?.conflictCount ?? 0,
    merge: merged === null ? null : mergeCounts(merged),
    faults: listed,
    faultCounts: counts,
    readMs: Math.round(performance.now() - start),
  };
  // What was not even opened has spoiled nothing.
  return { looked, misfits: misfits.filter(({ of }) => inputs[of]?.restores !== null) };
}

/** Null for what was put back by right. */
function unfit({ file: of, version, restores }: ReadInput, content: string | undefined): string | null {
  if (version !== "1.0") return `${of} is of version ${version}, and has its own`;
  return restores?.content === content ? null : `it was kept of another content than ${of} has now`;
}
