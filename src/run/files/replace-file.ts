import { randomBytes } from "node:crypto";
import { stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GodwitError } from "../../core/error.ts";
import { makeFresh, nameFresh } from "./fresh-file.ts";
import { isOfFileSystem } from "./write-beside.ts";

/** Writes a piece of a text; resolves when the file has it. */
export type WriteText = (text: string) => Promise<void>;

/**
 * Writes a document, in one piece or in many, so that it is there whole or not at all, also after a crash. A new one is
 * readable by its owner alone; with `keepsRights` one that is there keeps its own. Throws GW1006 where it cannot be written,
 * and what `work` throws; then an older document is as it was.
 */
export async function replaceFile(
  path: string,
  { keepsRights }: { readonly keepsRights: boolean },
  work: (write: WriteText) => Promise<void>,
): Promise<void> {
  // Hidden: a kill may leave it in a folder that is read for what is in it.
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}`);
  try {
    const there = await stat(path).catch(() => null);
    // A rename would take away a device, and with it what everybody else writes to.
    if (there !== null && !there.isFile()) throw unwritable(path, "it is no regular file");
    const mode = there === null || !keepsRights ? 0o600 : there.mode & 0o777;
    await makeFresh(beside, mode, (handle) => work((text) => handle.writeFile(text)));
    await nameFresh(beside, path, { replaces: true }).catch(async (error: unknown) => {
      await unlink(beside).catch(() => {});
      throw error;
    });
  } catch (error) {
    throw isOfFileSystem(error) ? unwritable(path, (error as Error).message, error) : error;
  }
}

function unwritable(path: string, why: string, cause?: unknown): GodwitError {
  return new GodwitError("GW1006", {
    message: `${path} could not be written: ${why}`,
    hint: "Choose another place, or correct its permissions.",
    details: { file: path },
    cause,
  });
}
