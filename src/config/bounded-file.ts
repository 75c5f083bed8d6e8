import { constants } from "node:fs";
import { open } from "node:fs/promises";

export type FileProblem = "missing" | "not a regular file" | "too large" | "not UTF-8" | "unreadable";

/**
 * The text of a regular file of at most `maxBytes`, without a byte order mark, or why there is none. Opened without
 * blocking, because a named pipe would otherwise wait for a writer for ever.
 */
export async function readBoundedFile(
  path: string,
  maxBytes: number,
): Promise<{ readonly text: string } | { readonly problem: FileProblem }> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { problem: isMissing(error) ? "missing" : "unreadable" };
  }
  await using handle = file;
  const stat = await handle.stat();
  if (!stat.isFile()) return { problem: "not a regular file" };
  if (stat.size > maxBytes) return { problem: "too large" };
  // One byte more than allowed is asked for: a file of /proc says size 0, and one may grow.
  const buffer = Buffer.alloc(Math.min(maxBytes, Math.max(stat.size, 4096)) + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length === buffer.length) return { problem: "too large" };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, length)) };
  } catch {
    return { problem: "not UTF-8" };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
