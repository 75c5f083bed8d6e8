import { stat } from "node:fs/promises";
import { GodwitError } from "../../core/error.ts";
import type { FileMark, MappingsCheckStep, MappingsFacts, MappingsPlace } from "../../core/mappings-steps.ts";
import { readSidecar } from "../../formats/mappings/index.ts";
import { crashPoint } from "../crash-point.ts";
import { fileRefused } from "../files/file-refused.ts";
import { markOf } from "../files/file-mark.ts";
import { fileProgress } from "../mappings/file-progress.ts";
import { doMappingsWork } from "../mappings/own-thread.ts";
import { watchedSource } from "../mappings/watched-source.ts";
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
 * Reads the new file back from the disk and holds it against what was read from the old ones: numbers, types, contexts,
 * and the digest of all that it means. Throws GW2607.
 */
export async function performMappingsCheck(context: StepContext, step: MappingsCheckStep): Promise<void> {
  const { database, aside } = step.places;
  const written = resultOf(context, step.written) as WrittenMappings;
  const start = performance.now();
  const { facts, bytes, sha256 } = await readBack(context, step, written.facts.mappings);
  const readMs = Math.round(performance.now() - start);
  const different = differences(written.facts, facts);
  context.emit({
    type: "table:compared",
    key: step.key,
    table: basenameOf(database),
    rows: facts.mappings,
    differences: different.length,
    by: "read-back",
    durationMs: readMs,
  });
  if (different.length > 0) {
    throw new GodwitError("GW2607", {
      message: `${database.partial} was written, and gave back something else: ${different.join("; ")}`,
      details: { file: database.output, expected: written.facts, found: facts },
    });
  }
  if (aside !== null) await readSidecar(await watchedSource(aside.partial));
  crashPoint("mappings:checked");
  const { mode } = database;
  const result: CheckedMappings = {
    facts,
    database: { bytes, sha256, mode },
    aside: aside === null ? null : await markedOf(aside.partial),
    readMs,
  };
  await recordResult(context, step, { result, start });
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
  const { batch, now } = step.job;
  const found = await doMappingsWork(
    "read-back",
    { file: partial, batch, now },
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

async function markedOf(file: string): Promise<FileMark> {
  const mark = await markOf(file);
  if (mark === null) throw fileRefused("read", file, new Error("it is gone"));
  return mark;
}

function basenameOf({ output }: MappingsPlace): string {
  return output.slice(output.lastIndexOf("/") + 1);
}
