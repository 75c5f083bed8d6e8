import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, type Stats } from "node:fs";
import { sep } from "node:path";
import { sha256 } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";

export interface SourceFile {
  readonly path: string;
  /** Decoded text, without a byte order mark. */
  readonly text: string;
  /** SHA-256 of the bytes as they are. */
  readonly rawHash: string;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** Reads a migration's file whole. Throws GW2003 for what is no readable UTF-8 text file inside the folder. */
export function readSourceFile(path: string, folder: string, maxBytes: number): SourceFile {
  const refuse = (why: string, cause?: unknown) =>
    new GodwitError("GW2003", {
      message: `${path} ${why}`,
      details: { path },
      ...(cause === undefined ? {} : { cause }),
    });
  let bytes: Buffer;
  try {
    bytes =
      readShort(path, maxBytes) ??
      readRegular(path, {
        link: () => {
          if (realpathSync(path).startsWith(realpathSync(folder) + sep)) return;
          throw refuse("is a link that leaves the migrations folder");
        },
        found: (stat) => {
          if (!stat.isFile()) throw refuse("is not a regular file");
          if (stat.size > maxBytes) {
            throw refuse(`has ${stat.size} bytes; the limit is ${maxBytes} (maxFileBytes)`);
          }
        },
      });
  } catch (error) {
    if (error instanceof GodwitError) throw error;
    throw refuse(`cannot be read: ${(error as Error).message}`, error);
  }
  try {
    return { path, text: decoder.decode(bytes), rawHash: sha256(bytes) };
  } catch (error) {
    throw refuse(`is not valid UTF-8 (bad byte at offset ${firstInvalid(bytes)})`, error);
  }
}

/** Refilled by each call: what was read is decoded and hashed at once. */
const shortFile = Buffer.allocUnsafeSlow(65_536);

/**
 * The usual file, read to its end with no look at what it is beforehand: that saves a third of the time over a
 * thousand files. Null for all that is not certainly a short, regular file, which is then looked at: what is longer
 * or empty, and what refuses to be read at a position, as pipes and terminals do.
 */
function readShort(path: string, maxBytes: number): Buffer | null {
  let file: number;
  try {
    file = openSync(path, openMode | constants.O_NOFOLLOW);
  } catch {
    return null;
  }
  try {
    let length = 0;
    while (length < shortFile.length) {
      const read = readSync(file, shortFile, length, shortFile.length - length, length);
      if (read === 0) return length === 0 || length > maxBytes ? null : shortFile.subarray(0, length);
      length += read;
    }
    return null;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

const openMode = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Opened without blocking, because a named pipe would otherwise wait for a writer for ever; and at first without
 * following a link, so that the usual file needs no look at its path.
 */
function readRegular(path: string, check: { link: () => void; found: (stat: Stats) => void }): Buffer {
  let file: number;
  try {
    file = openSync(path, openMode | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ELOOP") throw error;
    check.link();
    file = openSync(path, openMode);
  }
  try {
    const stat = fstatSync(file);
    check.found(stat);
    const bytes = Buffer.allocUnsafe(stat.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** Offset of the first byte that is not UTF-8, for the message. */
function firstInvalid(bytes: Buffer): number {
  let [low, high] = [0, bytes.length];
  const isValid = (end: number, stream = true) => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end), { stream });
      return true;
    } catch {
      return false;
    }
  };
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (isValid(middle)) low = middle;
    else high = middle - 1;
  }
  // A sequence that was cut off is good as far as it goes: the bad one starts before it.
  while (low > 0 && !isValid(low, false)) low--;
  return low;
}
