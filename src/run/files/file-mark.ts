import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { GodwitError } from "../../core/error.ts";
import type { FileMark } from "../../core/mappings-steps.ts";
import { fileRefused, noRegularFile } from "./file-refused.ts";

const pieceBytes = 1024 * 1024;

/** Reads all of a file; null where there is none. Throws GW2613 for what is no regular file, or cannot be read. */
export async function markOf(file: string): Promise<FileMark | null> {
  let handle: FileHandle;
  try {
    // Not waited for: a pipe without a writer would never open.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw fileRefused("read", file, error);
  }
  try {
    return await markOfOpen(handle, file);
  } finally {
    await handle.close();
  }
}

/** The same of a file that is open, from its start, whatever its position. */
export async function markOfOpen(handle: FileHandle, file: string): Promise<FileMark> {
  const before = await handle.stat();
  if (!before.isFile()) throw noRegularFile(file);
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(pieceBytes);
  let bytes = 0;
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, pieceBytes, bytes);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } catch (error) {
    throw fileRefused("read", file, error);
  }
  return { bytes, sha256: hash.digest("hex"), mode: before.mode & 0o777 };
}

/** Whether two marks are of one content; null is no file. */
export function isSameContent(one: FileMark | null, other: FileMark | null): boolean {
  return one?.sha256 === other?.sha256 && one?.bytes === other?.bytes;
}

/** For messages: what became of a file that should be as `expected`. */
export function changeText(expected: FileMark | null, found: FileMark | null): string {
  if (found === null) return "is gone";
  if (expected === null) return "is there now, and was not";
  return expected.bytes === found.bytes
    ? "has another content"
    : `has ${found.bytes} bytes, and had ${expected.bytes}`;
}

/** Throws GW2606 where the file is not what it was. */
export function refuseChanged(file: string, expected: FileMark | null, found: FileMark | null): void {
  if (isSameContent(expected, found)) return;
  throw new GodwitError("GW2606", {
    message: `${file} ${changeText(expected, found)}: somebody else wrote to it meanwhile`,
    details: { file, expected: expected?.sha256 ?? null, found: found?.sha256 ?? null },
  });
}
