import { constants } from "node:fs";
import { type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { GodwitError } from "../../core/error.ts";
import { fileRefused } from "./file-refused.ts";
import { syncFolder } from "./sync-folder.ts";

/**
 * Makes a file that is not there, writes it and brings all of it to the disk; where anything fails, nothing is left of it.
 * With `replaces` a file of that name goes first: one that this run left before. Throws GW2613.
 */
export async function writeFresh<T>(
  file: string,
  { mode, replaces }: { readonly mode: number; readonly replaces: boolean },
  work: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  if (replaces) await removeFile(file);
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW;
  let handle: FileHandle;
  try {
    handle = await open(file, flags, 0o600);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "EEXIST"
      ? inTheWay(file)
      : fileRefused("written", file, error);
  }
  try {
    const result = await work(handle);
    // Nobody else reads it before it is whole; and the umask has no say in it.
    await handle.chmod(mode);
    await handle.sync();
    await handle.close();
    return result;
  } catch (error) {
    await handle.close().catch(() => {});
    await unlink(file).catch(() => {});
    throw isOfFileSystem(error) ? fileRefused("written", file, error) : error;
  }
}

/** Gives a file its name, which must be free or, with `replaces`, another's until now; then the name is on the disk. */
export async function giveName(
  from: string,
  to: string,
  { replaces }: { readonly replaces: boolean },
): Promise<void> {
  try {
    if (replaces) await rename(from, to);
    else await linkOrRename(from, to);
    await syncFolder(dirname(to));
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "EEXIST"
      ? inTheWay(to)
      : fileRefused("written", to, error);
  }
}

/** A rename would overwrite what somebody else has put there in this moment; a link does not. */
async function linkOrRename(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    // File systems without hard links.
    const without = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];
    if (!without.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    const probe = await open(to, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
    await probe.close();
    await rename(from, to);
    return;
  }
  await unlink(from);
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
