import type { MappingsFacts, MappingsWriteStep } from "../../core/mappings-steps.ts";
import { crashPoint } from "../crash-point.ts";
import { removeFile, writeFresh } from "../files/write-beside.ts";
import { fileProgress } from "../mappings/file-progress.ts";
import { doMappingsWork } from "../mappings/own-thread.ts";
import type { Converted } from "../mappings/work.ts";
import type { StepContext } from "./context.ts";
import { refuseInterrupted } from "./statement.ts";
import { recordResult } from "./step-result.ts";

/** What the step leaves for those after it. */
export interface WrittenMappings {
  readonly facts: MappingsFacts;
}

/**
 * Writes the database beside its place. Nobody else sees the file before it is placed, so an attempt that was killed here
 * has left nothing but a file that is written anew.
 */
export async function performMappingsWrite(context: StepContext, step: MappingsWriteStep): Promise<void> {
  const start = performance.now();
  const { places, litter } = step;
  const { database, aside } = places;
  const replaces = context.ledger.epoch > 1;
  for (const file of litter) await removeFile(file);
  const inFile = <T>(place: typeof database, work: () => Promise<T>) =>
    writeFresh(place.partial, { mode: place.mode, replaces }, work);
  const convert = () => convertFiles(context, step);
  const written = await inFile(database, () => (aside === null ? convert() : inFile(aside, convert)));
  crashPoint("mappings:set-aside");
  for (const { file, entries } of written.unrestored) {
    context.emit({
      type: "warning:raised",
      code: "GW2615",
      message: `of what ${file} keeps aside, ${entries} found no mapping to go back to; the file stays`,
    });
  }
  const result: WrittenMappings = { facts: written.facts };
  await recordResult(context, step, { result, start });
}

async function convertFiles(context: StepContext, step: MappingsWriteStep): Promise<Converted> {
  const { emit, guard, settings } = context;
  const { job, places } = step;
  const all = job.inputs.reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = fileProgress({
    emit,
    key: step.key,
    file: places.database.output,
    words: { counted: "mappings", doing: "writing", done: "written" },
    mappings: job.count ?? 0,
    bytes: all,
    reads: false,
  });
  const read = new Map<string, number>();
  const converted = await doMappingsWork(
    "convert",
    { job, file: places.database.partial, aside: places.aside?.partial ?? null },
    {
      ownThread: settings.ownThreads === true,
      onReached: async ({ file, bytes, mappings }) => {
        read.set(file, bytes);
        const sum = [...read.values()].reduce((total, each) => total + each, 0);
        progress.reach({ mappings, bytes: sum, share: all === 0 ? 1 : sum / all });
        refuseInterrupted(context, step);
        await guard.pass(step.key);
      },
    },
  );
  progress.reach({ mappings: converted.facts.mappings, bytes: all, share: 1 });
  progress.finish();
  return converted;
}
