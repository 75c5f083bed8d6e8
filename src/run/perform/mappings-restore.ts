import { GodwitError } from "../../core/error.ts";
import type {
  FileMark,
  MappingsCopy,
  MappingsPlace,
  MappingsRestored,
  MappingsRestoreStep,
} from "../../core/mappings-steps.ts";
import { changeArtifacts } from "../artifact-ledger.ts";
import { crashPoint } from "../crash-point.ts";
import { changeText, isSameContent, markOf, refuseChanged } from "../files/file-mark.ts";
import { giveName, removeFile, settleName, writeFresh } from "../files/write-beside.ts";
import type { StepContext } from "./context.ts";
import { copyInto } from "./mappings-backup.ts";
import { refuseInterrupted } from "./statement.ts";
import { recordResult } from "./step-result.ts";

/** Puts files back as they were before a migration, from their backups, or takes them away where nothing was. */
export async function performMappingsRestore(context: StepContext, step: MappingsRestoreStep): Promise<void> {
  const { engine, session, ledger } = context;
  const start = performance.now();
  const alongside = async () => {
    await ledger.refuseReplaced();
    for (const file of step.litter) await removeFile(file);
    for (const restored of step.files) await restoreFile(context, step, restored);
    const { clock, runId } = ledger;
    const recorded = step.files.filter(({ isRecorded }) => isRecorded);
    await changeArtifacts(
      { engine, session, clock, runId },
      recorded.map(({ place }) => ({ id: place.artifact, state: "rolled-back" })),
    );
  };
  await recordResult(context, step, { result: null, start, alongside });
}

async function restoreFile(
  context: StepContext,
  step: MappingsRestoreStep,
  { place, found, keeps }: MappingsRestored,
): Promise<void> {
  const { output, before, backup } = place;
  const there = await markOf(output);
  if (!isSameContent(there, before)) {
    refuseChanged(output, found, there);
    if (keeps !== null && there !== null) await keepChanged(context, step, output, { ...there, keeps });
    if (before === null) await removeFile(output);
    else await putBack(context, step, place, backup);
    crashPoint("mappings:restored");
  }
}

/** Somebody's work, which is nowhere else: the user said that it goes, and may be wrong. */
async function keepChanged(
  context: StepContext,
  step: MappingsRestoreStep,
  output: string,
  { keeps, ...mark }: FileMark & { readonly keeps: string },
): Promise<void> {
  // A killed attempt may have come so far.
  const partial = `${keeps}.partial`;
  if (isSameContent(await markOf(keeps), mark)) {
    await settleName(partial, keeps);
    return;
  }
  await writeFresh(partial, { mode: mark.mode, replaces: context.ledger.epoch > 1 }, async (handle) => {
    const copied = await copyInto(handle, output, () => refuseInterrupted(context, step));
    refuseChanged(output, mark, { ...copied, mode: mark.mode });
  });
  await giveName(partial, keeps, { replaces: false });
}

async function putBack(
  context: StepContext,
  step: MappingsRestoreStep,
  { output, partial, before }: MappingsPlace,
  backup: MappingsCopy | null,
): Promise<void> {
  if (backup === null || before === null) throw unusable(output, "no backup was made of it");
  await refuseDamaged(backup);
  await writeFresh(partial, { mode: backup.mode, replaces: context.ledger.epoch > 1 }, async (handle) => {
    const copied = await copyInto(handle, backup.backup, () => refuseInterrupted(context, step));
    // The file that was looked at a moment ago.
    if (copied.sha256 !== backup.sha256) throw unusable(output, `${backup.backup} was changed meanwhile`);
  });
  crashPoint("mappings:before-restore");
  await giveName(partial, output, { replaces: true });
}

/** Throws GW2610 where a backup is not the copy that was made. */
export async function refuseDamaged({ file, backup, ...mark }: MappingsCopy): Promise<void> {
  const found = await markOf(backup);
  if (isSameContent(found, mark)) return;
  throw unusable(file, `its backup ${backup} ${changeText(mark, found)}`);
}

export function unusable(file: string, why: string): GodwitError {
  return new GodwitError("GW2610", {
    message: `the old bytes of ${file} cannot be put back: ${why}`,
    details: { file },
  });
}
