import { constants } from "node:fs";
import { type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { crashPoint } from "../crash-point.ts";
import { syncFolder } from "./sync-folder.ts";

/*
 * The one way in which a file comes to its place: it is made beside it, where nothing may be yet, is brought to the disk,
 * and then gets its name in one step, which is brought to the disk as well. So a kill or a loss of power leaves the old file
 * or the whole new one, and at most a file beside it. Both functions throw what the system said.
 */

/**
 * Makes a file that is not there, through no link, writes it and brings all of it to the disk. Nobody but its owner reads it
 * before it is whole; then it has the rights of `mode`, in which the umask has no say. Where anything fails, nothing is left.
 */
export async function makeFresh<T>(
  file: string,
  mode: number,
  work: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW;
  const handle = await open(file, flags, 0o600);
  try {
    const result = await work(handle);
    await handle.chmod(mode);
    await handle.sync();
    await handle.close();
    return result;
  } catch (error) {
    await handle.close().catch(() => {});
    await unlink(file).catch(() => {});
    throw error;
  }
}

/** Gives a file its name, which must be free (else EEXIST) or, with `replaces`, another's until now. */
export async function nameFresh(
  from: string,
  to: string,
  { replaces }: { readonly replaces: boolean },
): Promise<void> {
  if (replaces) await rename(from, to);
  else await linkOrRename(from, to);
  await syncFolder(dirname(to));
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
  // For a moment it has both names. Whoever goes on after a kill finds the new one, and takes the old one away.
  crashPoint("file:linked");
  await unlink(from);
}
