import { randomBytes } from "node:crypto";
import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GodwitError } from "../core/error.ts";
import { syncFolder } from "../run/files/sync-folder.ts";

/**
 * Writes a file so that it is there whole or not at all, also after a crash. A file that is there keeps its mode; a
 * new one is readable by its owner alone. Throws GW1006.
 */
export async function writeBeside(path: string, text: string): Promise<void> {
  const aside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  try {
    const there = await stat(path).catch(() => null);
    if (there !== null && !there.isFile()) throw new Error("it is no regular file");
    await using file = await open(aside, "wx", there === null ? 0o600 : there.mode & 0o777);
    await file.writeFile(text);
    await file.sync();
    await rename(aside, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {});
    throw new GodwitError("GW1006", {
      message: `${path} could not be written: ${(error as Error).message}`,
      details: { file: path },
      cause: error,
    });
  }
}
