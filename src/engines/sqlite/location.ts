import { accessSync, constants, lstatSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

export const memory = ":memory:";

/**
 * The real path of a database file, which may not exist yet: all names that symbolic links give to a file lead
 * to one lock. Rejects what SQLite reports only as "unable to open database file": a missing folder, a folder
 * in the place of the file, a file without read permission. Nothing here opens the file: the close of any file
 * descriptor would drop the POSIX locks that SQLite holds in this process.
 */
export function locate(database: string): string {
  if (database === memory) return memory;
  const path = realPath(resolve(database), 0);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw failure("EISDIR", `${path} is a folder, not a database file`);
  if (found) accessSync(path, constants.R_OK);
  return path;
}

export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function realPath(path: string, depth: number): string {
  if (depth > 40) throw failure("ELOOP", `${path} is a link to itself`);
  if (statSync(path, { throwIfNoEntry: false })) return realpathSync(path);
  const folder = dirname(path);
  // A link whose target does not exist yet: SQLite makes the target.
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    return realPath(resolve(folder, readlinkSync(path)), depth + 1);
  }
  if (!statSync(folder, { throwIfNoEntry: false })) {
    throw failure("ENOENT", `the folder ${folder} of the database file does not exist`);
  }
  return join(realpathSync(folder), basename(path));
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
