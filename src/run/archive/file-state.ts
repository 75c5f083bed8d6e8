import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

/** What has become of a file: as it was written, of another content, gone, or nobody can tell. */
export type FileState = "intact" | "altered" | "missing" | "unreadable";

/** Holds the file against its length and its SHA-256. Reads all of it. */
export async function fileState(
  file: string,
  { bytes, sha256 }: { readonly bytes?: number | undefined; readonly sha256?: string | undefined },
): Promise<FileState> {
  try {
    const { size } = await stat(file);
    if (size !== bytes) return "altered";
    const hash = createHash("sha256");
    await pipeline(createReadStream(file), hash);
    return hash.digest("hex") === sha256 ? "intact" : "altered";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? "missing" : "unreadable";
  }
}
