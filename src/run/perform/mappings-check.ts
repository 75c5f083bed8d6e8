import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { GodwitError } from "../../core/error.ts";
import type { FileMark, MappingsCheckStep, MappingsFacts, MappingsPlace } from "../../core/mappings-steps.ts";
import { crashPoint } from "../crash-point.ts";
import { fileRefused } from "../files/file-refused.ts";
import { markOf } from "../files/file-mark.ts";
import { removeFile } from "../files/write-beside.ts";
import { fileProgress } from "../mappings/file-progress.ts";
import { doMappingsWork } from "../mappings/own-thread.ts";
import { unpreserved } from "../mappings/preserved-sums.ts";
import type { ReadBack } from "../mappings/work.ts";
import type { StepContext } from "./context.ts";
import type { WrittenMappings } from "./mappings-write.ts";
import { refuseInterrupted } from "./statement.ts";
import { recordResult, resultOf } from "./step-result.ts";

/** What the step leaves for those after it. */
export interface CheckedMappings {
  readonly facts: MappingsFacts;
  readonly database: FileMark;
  readonly aside: FileMark | null;
  /** How long the reading took, to compare formats by. */
  readonly readMs: number;
}

/**
 * Reads the new files back from the disk and holds them against what was written, by numbers, types, contexts and the
 * digest of all that it means; and against the old files as they are, by what a migration has to preserve of them.
 * Throws GW2607, and then the new files are gone.
 */
export async function performMappingsCheck(context: StepContext, step: MappingsCheckStep): Promise<void> {
  const start = performance.now();
  const { database, aside } = step.places;
  const { facts: expected } = resultOf(context, step.written) as WrittenMappings;
  let result: CheckedMappings;
  try {
    const { facts, sums, faults, bytes, sha256 } = await readBack(context, step, expected.mappings);
    const readMs = Math.round(performance.now() - start);
    const different = [
      ...differences(expected, facts),
      ...unpreserved(step.job.read, sums).map((what) => `${what} before the conversion`),
      ...faults,
    ];
    context.emit({
      type: "table:compared",
      key: step.key,
      table: basename(database.output),
      rows: facts.mappings,
      differences: different.length,
      by: "read-back",
      durationMs: readMs,
    });
    if (different.length > 0) throw unlike(database.output, different.join("; "));
    const set = aside === null ? null : await asideMark(aside);
    result = { facts, database: { bytes, sha256, mode: database.mode }, aside: set, readMs };
  } catch (error) {
    if (!isAboutContent(error)) throw error;
    // Whoever goes on with the run begins with a new file; it is not ours if that is somebody else by now.
    await context.ledger.refuseReplaced();
    await removeFile(database.partial);
    if (aside !== null) await removeFile(aside.partial);
    throw error.code === "GW2607" ? error : unlike(database.output, error.message, error);
  }
  crashPoint("mappings:checked");
  await recordResult(context, step, { result, start });
}

function unlike(file: string, what: string, cause?: unknown): GodwitError {
  return new GodwitError("GW2607", {
    message: `what was written for ${file} gave back something else: ${what}`,
    details: { file },
    cause,
  });
}

/** Damaged, no mapping database, of an unknown version, changed while it was read; not what the file system refused. */
function isAboutContent(error: unknown): error is GodwitError {
  return (
    error instanceof GodwitError && ["GW2601", "GW2602", "GW2603", "GW2606", "GW2607"].includes(error.code)
  );
}

async function asideMark({ partial }: MappingsPlace): Promise<FileMark> {
  const mark = await markOf(partial);
  if (mark === null) throw fileRefused("read", partial, new Error("it is gone"));
  return mark;
}

async function readBack(context: StepContext, step: MappingsCheckStep, expected: number): Promise<ReadBack> {
  const { emit, guard, settings } = context;
  const { partial, output } = step.places.database;
  const { size: bytes } = await stat(partial).catch((error: unknown) => {
    throw fileRefused("read", partial, error);
  });
  const progress = fileProgress({
    emit,
    key: step.key,
    file: output,
    words: { counted: "mappings", doing: "reading back", done: "read back" },
    mappings: expected,
    bytes,
    reads: true,
  });
  const found = await doMappingsWork(
    "read-back",
    { job: step.job, file: partial, aside: step.places.aside?.partial ?? null },
    {
      ownThread: settings.ownThreads === true,
      onReached: async (reached) => {
        const { mappings, bytes: read } = reached;
        progress.reach({ mappings, bytes: read, share: bytes === 0 ? 1 : read / bytes });
        refuseInterrupted(context, step);
        await guard.pass(step.key);
      },
    },
  );
  progress.reach({ mappings: found.facts.mappings, bytes, share: 1 });
  progress.finish();
  return found;
}

/** In words, the members that differ. */
function differences(expected: MappingsFacts, found: MappingsFacts): string[] {
  const names = Object.keys(expected) as (keyof MappingsFacts)[];
  return names.flatMap((name) => {
    const [want, have] = [JSON.stringify(expected[name]), JSON.stringify(found[name])];
    return want === have ? [] : [`${name} ${have.slice(0, 100)}, expected ${want.slice(0, 100)}`];
  });
}
