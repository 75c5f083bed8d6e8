import type { FileMark, MappingsPlace, MappingsPlaceStep } from "../../core/mappings-steps.ts";
import { changeArtifacts } from "../artifact-ledger.ts";
import { crashPoint } from "../crash-point.ts";
import { isSameContent, markOf, refuseChanged } from "../files/file-mark.ts";
import { giveName, removeFile, settleName } from "../files/write-beside.ts";
import type { StepContext } from "./context.ts";
import type { CheckedMappings } from "./mappings-check.ts";
import { recordResult, resultOf } from "./step-result.ts";

/**
 * Gives the new files their names. Nobody can take the run over meanwhile: the transaction that will have the record is
 * open, and begins with a write under the run's epoch. Killed after a name was given, the next attempt finds the file
 * there, and goes on.
 */
export async function performMappingsPlace(context: StepContext, step: MappingsPlaceStep): Promise<void> {
  const { engine, session, ledger } = context;
  const checked = resultOf(context, step.checked) as CheckedMappings;
  const { database, aside, outdated } = step.places;
  const { facts, readMs } = checked;
  const files = [
    // First: without it, the database would stand there with less than it held.
    ...(aside === null || checked.aside === null ? [] : [{ place: aside, mark: checked.aside }]),
    { place: database, mark: checked.database },
  ];
  const start = performance.now();
  const alongside = async () => {
    await ledger.refuseReplaced();
    for (const { place, mark } of files) await placeFile(place, mark);
    // Last: as long as the old database may stand there, so does what belongs to it.
    const isGone = outdated !== null && (await takeAway(outdated));
    const { clock, runId } = ledger;
    await changeArtifacts(
      { engine, session, clock, runId },
      [...files, ...(isGone ? [{ place: outdated, mark: null }] : [])].map(({ place, mark }) => ({
        id: place.artifact,
        kind: "mappings-file",
        state: "made",
        name: place.output,
        body: { run: runId, place, mark, ...(place === database ? { facts, readMs } : {}) },
      })),
    );
  };
  await recordResult(context, step, { result: null, start, alongside });
}

async function placeFile({ output, partial, before }: MappingsPlace, mark: FileMark): Promise<void> {
  const [there, beside] = [await markOf(output), await markOf(partial)];
  // A new name is a link first, so for a moment the file has both.
  const isLinked = before === null && isSameContent(beside, mark);
  if ((beside === null || isLinked) && isSameContent(there, mark)) {
    await settleName(partial, output);
    return;
  }
  refuseChanged(partial, mark, beside);
  refuseChanged(output, before, there);
  crashPoint("mappings:before-name");
  await giveName(partial, output, { replaces: before !== null });
  crashPoint("mappings:named");
}

/** False where somebody has written another one meanwhile: it is theirs, and its head says of which content it is. */
async function takeAway({ output, before }: MappingsPlace): Promise<boolean> {
  const there = await markOf(output);
  if (there === null) return true;
  if (!isSameContent(there, before)) return false;
  await removeFile(output);
  crashPoint("mappings:taken-away");
  return true;
}
