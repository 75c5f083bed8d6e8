import { GodwitError } from "../../core/error.ts";

type Wanted = "read" | "written" | "removed" | "read or written";

/** What the file system said, with the file, what was wanted of it and what helps. An error of ours stays as it is. */
export function fileRefused(what: Wanted, file: string, error: unknown): GodwitError {
  if (error instanceof GodwitError) return error;
  const { code, message, path } = error as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : reasons[code];
  const of = path === undefined || path === file ? "" : `: ${path}`;
  const hint = known?.hint(what);
  return new GodwitError("GW2613", {
    message: `${file} could not be ${what}: ${known === undefined ? message : `${known.text}${of} (${code})`}`,
    ...(hint === undefined ? {} : { hint }),
    details: { file, native: code ?? null },
    cause: error,
  });
}

/** A folder, a pipe or a device in the place of a file. */
export function noRegularFile(file: string): GodwitError {
  return new GodwitError("GW2613", {
    message: `${file} could not be read: it is no regular file`,
    hint: "Name a file. What comes through a pipe has to be saved in one first: it is read more than once.",
    details: { file, native: null },
  });
}

interface Reason {
  readonly text: string;
  readonly hint: (what: Wanted) => string;
}

const missing: Reason["hint"] = (what) =>
  what === "written"
    ? "Make the folder first, or correct the path; then run the same command again."
    : "Correct the path: a relative one begins at the folder in which the command runs.";
const forbidden: Reason["hint"] = (what) =>
  what === "read"
    ? "Give this user the right to read it; then run the same command again."
    : "Give this user the right to write in its folder, where the new file is made; then run the same command again.";
const room: Reason["hint"] = () => "Make room; then run the same command again.";
const otherPlace: Reason["hint"] = () => "Choose a place that can be written to.";

/** What people meet, by the system's names. Whatever else it says is told in its own words. */
const reasons: Readonly<Record<string, Reason>> = {
  ENOENT: { text: "no such file or folder", hint: missing },
  ENOTDIR: { text: "a part of the path is no folder", hint: missing },
  ELOOP: { text: "it is a link to itself", hint: missing },
  EISDIR: { text: "it is a folder", hint: () => "Name a file in it." },
  EACCES: { text: "permission denied", hint: forbidden },
  EPERM: { text: "not permitted", hint: forbidden },
  EROFS: { text: "the file system is read-only", hint: otherPlace },
  ENOSPC: { text: "no space is left", hint: room },
  EDQUOT: { text: "the quota is used up", hint: room },
  EFBIG: { text: "the file would be too large", hint: otherPlace },
  ENAMETOOLONG: { text: "the name is too long", hint: () => "Choose a shorter name." },
};
