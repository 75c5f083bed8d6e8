import { open } from "node:fs/promises";
import { basename } from "node:path";
import { GodwitError } from "../../core/error.ts";
import type { MappingsFacts, MappingsJob, MappingsSums } from "../../core/mappings-steps.ts";
import {
  AsideDigest,
  type CollectionHeader,
  createMappingWriter,
  createSidecarWriter,
  fileSink,
  openMappings,
  type SidecarWriter,
} from "../../formats/mappings/index.ts";
import { crashPoint } from "../crash-point.ts";
import { fileRefused } from "../files/file-refused.ts";
import { ContentFacts } from "./content-facts.ts";
import { openConversion } from "./conversion.ts";
import { addKept } from "./kept-aside.ts";
import { look, type LookWork, type Looked } from "./look.ts";
import { PreservedSums } from "./preserved-sums.ts";
import { momentOf, refuseOthers } from "./read-inputs.ts";
import { watchedSource } from "./watched-source.ts";

/*
 * The work on one database, by plain values in and out, so that it can be done in this thread or in another one. How far
 * it has come is told between two batches, and it goes on when that is answered.
 */

/** Writes a database into a file that is there and empty, and beside it what the version has no place for. */
export interface ConvertWork {
  readonly job: MappingsJob;
  readonly file: string;
  readonly aside: string | null;
}

export interface Converted {
  readonly facts: MappingsFacts;
  /** What had been kept aside and found no mapping any more: in which file, and how much. */
  readonly unrestored: readonly { readonly file: string; readonly entries: number }[];
}

export interface ReadBackWork {
  readonly job: MappingsJob;
  readonly file: string;
  /** What was kept aside, beside it. */
  readonly aside: string | null;
}

export interface ReadBack {
  readonly facts: MappingsFacts;
  /** To be held against those of what was read. */
  readonly sums: MappingsSums;
  /** What is wrong with the file by itself, in words. */
  readonly faults: readonly string[];
  readonly bytes: number;
  readonly sha256: string;
}

export interface MappingsWork {
  readonly convert: { readonly given: ConvertWork; readonly result: Converted };
  readonly "read-back": { readonly given: ReadBackWork; readonly result: ReadBack };
  readonly look: { readonly given: LookWork; readonly result: Looked };
}

/** Of which file, and how many of its bytes are read; how many mappings are done. */
export interface Reached {
  readonly file: string;
  readonly bytes: number;
  readonly mappings: number;
}

export type OnReached = (reached: Reached) => Promise<void>;

export const mappingsWork: {
  readonly [K in keyof MappingsWork]: (
    given: MappingsWork[K]["given"],
    onReached: OnReached,
  ) => Promise<MappingsWork[K]["result"]>;
} = { convert, "read-back": readBack, look };

async function convert({ job, file, aside }: ConvertWork, onReached: OnReached): Promise<Converted> {
  await using handle = await opened(file);
  await using beside = aside === null ? null : await opened(aside);
  crashPoint("mappings:opened");
  let mappings = 0;
  const conversion = await openConversion(job, {
    onLook: (input) => onReached({ file: input, bytes: 0, mappings: 0 }),
    onRead: (input, { bytes }) => onReached({ file: input, bytes, mappings }),
  });
  const facts = new ContentFacts();
  const writer = createMappingWriter(fileSink(handle), writeOptions(job));
  const sidecar = beside === null ? null : createSidecarWriter(fileSink(beside));
  for await (const batch of conversion.batches()) {
    await writer.write(batch.mappings);
    if (batch.aside.length > 0) await placeAside(file, sidecar).write(batch.aside);
    facts.add(batch.mappings);
    mappings += batch.mappings.length;
    crashPoint("mappings:batch");
  }
  const { header, inputs, aside: history } = conversion.end();
  // What was decided was decided for the files that were looked at.
  refuseOthers(job.inputs, inputs);
  await writer.finish(header);
  crashPoint("mappings:written");
  const { facts: found } = facts.finish(header);
  if (history.length > 0) placeAside(file, sidecar);
  await sidecar?.finish({ content: found.content, history });
  return {
    facts: found,
    unrestored: inputs.flatMap(({ restores, unrestored }) =>
      restores === null || unrestored === 0 ? [] : [{ file: restores.file, entries: unrestored }],
    ),
  };
}

/** Nothing that the version has no place for is dropped because a plan says that there is none. */
function placeAside(file: string, sidecar: SidecarWriter | null): SidecarWriter {
  if (sidecar !== null) return sidecar;
  throw new GodwitError("GW9001", { message: `${file} has no place for what would be left out of it` });
}

function writeOptions({ target, version, count, beside, wire }: MappingsJob) {
  return {
    target: target.format === "msgpack" && count !== null ? { ...target, count } : target,
    version,
    beside,
    wire: wire as CollectionHeader["wire"],
  };
}

/** Made by the caller, who brings it to the disk. */
async function opened(file: string) {
  try {
    return await open(file, "r+");
  } catch (error) {
    throw fileRefused("written", file, error);
  }
}

async function readBack({ job, file, aside }: ReadBackWork, onReached: OnReached): Promise<ReadBack> {
  const source = await watchedSource(file);
  const reader = await openMappings(source, { batchMappings: job.batch, lastUpdated: momentOf(job.now) });
  const merges = job.inputs.length > 1;
  const marks = job.inputs.map(({ file: input }) => basename(input));
  const facts = new ContentFacts({ marks });
  const preserved = new PreservedSums({ merges, clean: job.clean, side: "back" });
  let mappings = 0;
  for await (const each of reader.batches()) {
    facts.add(each.mappings);
    preserved.add(each.mappings);
    mappings += each.mappings.length;
    await onReached({ file, bytes: each.endOffset, mappings });
  }
  const { header } = reader;
  const found = facts.finish(header);
  const notes = new AsideDigest(marks);
  const kept = aside === null ? null : await addKept(aside, notes);
  const faults = faultsOf(job, header, found);
  if (kept !== null && kept.content !== found.facts.content)
    faults.push("what is kept aside belongs to another content");
  // The newest entry is that of this run.
  const history = job.version === "1.1" ? header.history.slice(0, -1) : (kept?.history ?? []);
  const sums = preserved.finish({
    headers: [header],
    history,
    plain: found.sums,
    aside: kept === null ? null : notes.finish(),
  });
  return { facts: found.facts, sums, faults, ...source.read() };
}

/** What must be so whatever was read. */
function faultsOf(
  { version, target, marksOrigin, now }: MappingsJob,
  { statistics, history, version: said }: CollectionHeader,
  { facts, sums }: ReturnType<ContentFacts["finish"]>,
): string[] {
  const isNewest = version === "1.0" || history.at(-1)?.at.seconds === momentOf(now).seconds;
  const isTotal = target.format === "json" || statistics?.totalMappings === facts.mappings;
  return [
    ...(said === version ? [] : [`it is of version ${said}`]),
    ...(isNewest ? [] : ["its history does not end with this run"]),
    ...(version === "1.0" && (sums.originless < facts.mappings || sums.aside !== new AsideDigest([]).finish())
      ? ["it holds origin files or notes"]
      : []),
    ...(isTotal ? [] : ["its statistics have another number of mappings"]),
    ...(marksOrigin && sums.originless > 0 ? [`${sums.originless} mappings have no origin file`] : []),
  ];
}
