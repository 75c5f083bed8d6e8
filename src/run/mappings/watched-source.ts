import { createHash } from "node:crypto";
import { type BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { GodwitError } from "../../core/error.ts";
import { type ByteSource, fileSource } from "../../formats/mappings/index.ts";
import { fileRefused, noRegularFile } from "../files/file-refused.ts";

/** A file that is hashed as its bytes go by. */
export interface WatchedSource extends ByteSource {
  /** Of the last pass that came to the end of the file. */
  readonly read: () => { readonly bytes: number; readonly sha256: string };
}

/**
 * A file to be read, which must not change meanwhile: at its end it must be the file that was opened, of the same length
 * and time. Throws GW2606 where it is not; what was read until then may be of two states.
 */
export async function watchedSource(file: string): Promise<WatchedSource> {
  const before = await look(file);
  if (!before.isFile()) throw noRegularFile(file);
  const inner = await fileSource(file);
  let read: { readonly bytes: number; readonly sha256: string } | null = null;
  return {
    name: file,
    repeatable: inner.repeatable,
    sizeBytes: Number(before.size),
    async *chunks() {
      const hash = createHash("sha256");
      let bytes = 0;
      for await (const chunk of inner.chunks()) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
      const after = await look(file);
      if (!isSame(before, after) || BigInt(bytes) !== after.size) throw changed(file);
      read = { bytes, sha256: hash.digest("hex") };
    },
    read: () => {
      if (read !== null) return read;
      throw new GodwitError("GW9001", { message: `${file} was not read to its end` });
    },
  };
}

async function look(file: string): Promise<BigIntStats> {
  try {
    return await stat(file, { bigint: true });
  } catch (error) {
    throw fileRefused("read", file, error);
  }
}

/** The change time as well: whoever writes can put the other one back. */
function isSame(one: BigIntStats, other: BigIntStats): boolean {
  return (
    one.dev === other.dev &&
    one.ino === other.ino &&
    one.size === other.size &&
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs
  );
}

export function changed(file: string): GodwitError {
  return new GodwitError("GW2606", {
    message: `${file} was changed while it was read`,
    details: { file },
  });
}
