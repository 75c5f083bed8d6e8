import { lstatSync, type Stats } from "node:fs";

/** What lies at the path of the stop file. */
export type StopFileLook =
  | { readonly is: "absent" }
  | { readonly is: "there" }
  /** Something that is no stop file: a link, or a file of somebody else. It stops nothing, and is told. */
  | { readonly is: "refused"; readonly why: string }
  /** Whether it is there could not be found out. */
  | { readonly is: "unknown"; readonly why: string };

const absent: StopFileLook = { is: "absent" };

/**
 * Looks for the stop file. A link is not followed, since whoever can make one in the folder could point it at any
 * file; and a file of another user is no order, or strangers could stop a run. A hard link to a file of ours can be
 * made by a stranger as well. One call of the operating system: it is made before every batch.
 */
export function lookAtStopFile(path: string): StopFileLook {
  let stats: Stats | undefined;
  try {
    stats = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // A folder on the way that is none: then the file is not there either.
    if (code === "ENOTDIR") return absent;
    return { is: "unknown", why: `${path} cannot be looked at: ${code || (error as Error).message}` };
  }
  if (stats === undefined) return absent;
  const why = objection(stats);
  return why === null ? { is: "there" } : { is: "refused", why: `${path} ${why}` };
}

function objection(stats: Stats): string | null {
  if (stats.isSymbolicLink()) return "is a symbolic link";
  if (!stats.isFile()) return "is no regular file";
  const own = process.geteuid?.();
  // Windows has no owners of this kind.
  if (own !== undefined && stats.uid !== own && stats.uid !== 0) {
    return `belongs to user ${stats.uid}, who is neither root nor the user of this process`;
  }
  return stats.nlink > 1 ? "has another name elsewhere (a hard link)" : null;
}
