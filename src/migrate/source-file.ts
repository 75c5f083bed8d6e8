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
    bytes = readRegular(path, {
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

/**
 * Opened without blocking, because a named pipe would otherwise wait for a writer for ever; and at first without
 * following a link, so that the usual file needs no look at its path.
 */
function readRegular(path: string, check: { link: () => void; found: (stat: Stats) => void }): Buffer {
  const mode = constants.O_RDONLY | constants.O_NONBLOCK;
  let file: number;
  try {
    file = openSync(path, mode | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ELOOP") throw error;
    check.link();
    file = openSync(path, mode);
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
