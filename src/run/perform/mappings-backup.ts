import { createReadStream } from "node:fs";
import { type FileHandle, writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { MappingsBackupStep, MappingsCopy } from "../../core/mappings-steps.ts";
import { changeArtifacts } from "../artifact-ledger.ts";
import { crashPoint } from "../crash-point.ts";
import { isSameContent, markOf, refuseChanged } from "../files/file-mark.ts";
import { giveName, removeFile, settleName, writeFresh } from "../files/write-beside.ts";
import type { StepContext } from "./context.ts";
import { recordResult } from "./step-result.ts";
import { refuseInterrupted } from "./statement.ts";

/** Copies each file beside itself, with a file of its checksum; then their rows in the ledger. */
export async function performMappingsBackup(context: StepContext, step: MappingsBackupStep): Promise<void> {
  const { engine, session, ledger, emit } = context;
  const begun = performance.now();
  for (const copy of step.copies) {
    const start = performance.now();
    await copyFile(context, step, copy);
    const { artifact, backup: file, bytes } = copy;
    emit({
      type: "backup:made",
      artifact,
      file,
      bytes,
      durationMs: Math.round(performance.now() - start),
    });
  }
  crashPoint("mappings:backed-up");
  const { clock, runId } = ledger;
  const alongside = () =>
    changeArtifacts(
      { engine, session, clock, runId },
      step.copies.map(({ artifact, backup, file, bytes, sha256, mode }) => ({
        id: artifact,
        kind: "mappings-backup",
        state: "made",
        name: backup,
        body: { path: backup, of: file, bytes, sha256, mode },
      })),
    );
  await recordResult(context, step, { result: null, start: begun, alongside });
}

async function copyFile(context: StepContext, step: MappingsBackupStep, copy: MappingsCopy): Promise<void> {
  const { file, backup, mode, sha256 } = copy;
  // A killed attempt may have come so far.
  const partial = `${backup}.partial`;
  if (isSameContent(await markOf(backup), copy)) await settleName(partial, backup);
  else {
    await writeFresh(partial, { mode, replaces: context.ledger.epoch > 1 }, async (handle) => {
      const bytes = await copyInto(handle, file, () => refuseInterrupted(context, step));
      refuseChanged(file, copy, { ...bytes, mode });
    });
    crashPoint("mappings:copied");
    await giveName(partial, backup, { replaces: false });
  }
  // As `sha256sum -c` reads it. It proves nothing to us: the ledger has the sum as well.
  const sums = `${backup}.sha256`;
  await removeFile(sums);
  await writeFresh(sums, { mode, replaces: false }, (handle) =>
    writeFile(handle, `${sha256}  ${basename(backup)}\n`),
  );
}

/** Resolves with what was copied. */
export async function copyInto(
  handle: FileHandle,
  file: string,
  between: () => void,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    between();
    hash.update(chunk);
    for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten;
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}
