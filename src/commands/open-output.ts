import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { GodwitError } from "../core/error.ts";
import { syncFolder } from "../run/files/sync-folder.ts";

/** A file that is written piece by piece, and takes its name when it is whole. */
export interface OutputFile {
  write(text: string): Promise<void>;
  /** Gives it its name; an older file of that name is replaced. */
  keep(): Promise<void>;
  /** Takes away what was not kept. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens a file beside the one that is wanted, readable by its owner alone. Throws GW1006 where it cannot be written. */
export async function openOutput(path: string): Promise<OutputFile> {
  const beside = `${path}.${randomBytes(6).toString("hex")}.part`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  let handle: FileHandle | null = await open(beside, flags, 0o600).catch((error: unknown) => {
    throw unwritable(path, error);
  });
  return {
    async write(text) {
      await handle?.writeFile(text).catch((error: unknown) => {
        throw unwritable(path, error);
      });
    },
    async keep() {
      try {
        await handle?.sync();
        await handle?.close();
        handle = null;
        await rename(beside, path);
        await syncFolder(dirname(path));
      } catch (error) {
        throw unwritable(path, error);
      }
    },
    async [Symbol.asyncDispose]() {
      await handle?.close();
      await rm(beside, { force: true });
    },
  };
}

function unwritable(path: string, error: unknown): GodwitError {
  return new GodwitError("GW1006", {
    message: `${path} cannot be written: ${(error as Error).message}`,
    hint: "Choose another place, or correct its permissions.",
    details: { file: path },
    cause: error,
  });
}
