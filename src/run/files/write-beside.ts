import type { FileHandle } from "node:fs/promises";
import { unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { GodwitError } from "../../core/error.ts";
import { fileRefused } from "./file-refused.ts";
import { makeFresh, nameFresh } from "./fresh-file.ts";
import { syncFolder } from "./sync-folder.ts";

/**
 * Makes a file beside its place; see `makeFresh`. With `replaces` a file of that name goes first: one that this run left
 * before. Throws GW2613, and what `work` throws.
 */
export async function writeFresh<T>(
  file: string,
  { mode, replaces }: { readonly mode: number; readonly replaces: boolean },
  work: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  if (replaces) await removeFile(file);
  try {
    return await makeFresh(file, mode, work);
  } catch (error) {
    throw refused(file, error);
  }
}

/** Gives a file its name; see `nameFresh`. Throws GW2613. */
export async function giveName(
  from: string,
  to: string,
  { replaces }: { readonly replaces: boolean },
): Promise<void> {
  try {
    await nameFresh(from, to, { replaces });
  } catch (error) {
    throw refused(to, error);
  }
}

/**
 * For a file that has its name from an attempt that was killed: the name that it had before goes, if it is still there, and
 * the folder is brought to the disk, which that attempt may not have done. Throws GW2613.
 */
export async function settleName(from: string, to: string): Promise<void> {
  await removeFile(from);
  await syncFolder(dirname(to)).catch((error: unknown) => {
    throw fileRefused("written", to, error);
  });
}

/** Takes a file away, if it is there; then that is on the disk. */
export async function removeFile(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw fileRefused("removed", file, error);
  }
  await syncFolder(dirname(file)).catch((error: unknown) => {
    throw fileRefused("removed", file, error);
  });
}

function refused(file: string, error: unknown): unknown {
  if (!isOfFileSystem(error)) return error;
  return (error as NodeJS.ErrnoException).code === "EEXIST"
    ? inTheWay(file)
    : fileRefused("written", file, error);
}

/** Something stands where nothing may be overwritten. */
export function inTheWay(file: string): GodwitError {
  return new GodwitError("GW2613", {
    message: `${file} is there already, and is not overwritten`,
    hint: "Remove it if a killed run has left it, or move it away if it is somebody's; then run the same command again.",
    details: { file, native: "EEXIST" },
  });
}

/** Whether the operating system said it. */
export function isOfFileSystem(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).syscall === "string";
}
