import type { FileHandle } from "node:fs/promises";

/** Where a writer puts its bytes. */
export interface ByteSink {
  /** The bytes are taken before the promise is settled; the caller may reuse them then. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Puts `bytes` in the place of `length` bytes that were written at `position`, and moves what follows where these are
   * more or fewer. Null where it can't be done, as in a pipe.
   */
  readonly replace: ((position: number, length: number, bytes: Uint8Array) => Promise<void>) | null;
}

const moveBytes = 1024 * 1024;

/** A file that is open for reading and writing, from its start on. The caller syncs and closes it. */
export function fileSink(handle: FileHandle): ByteSink {
  let size = 0;
  const writeAt = async (bytes: Uint8Array, position: number): Promise<void> => {
    for (let done = 0; done < bytes.length;) {
      done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    }
  };
  /** Moves what stands from `from` on by some bytes; of two places that overlap the one that is read first is left. */
  const move = async (from: number, by: number): Promise<void> => {
    const buffer = Buffer.allocUnsafe(moveBytes);
    const blocks = Math.ceil((size - from) / moveBytes);
    for (let index = 0; index < blocks; index++) {
      const position = from + moveBytes * (by < 0 ? index : blocks - 1 - index);
      const length = Math.min(moveBytes, size - position);
      for (let done = 0; done < length;) {
        const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
        if (bytesRead === 0) throw new Error("The file became shorter while it was written");
        done += bytesRead;
      }
      await writeAt(buffer.subarray(0, length), position + by);
    }
    size += by;
    if (by < 0) await handle.truncate(size);
  };
  return {
    async write(bytes) {
      await writeAt(bytes, size);
      size += bytes.length;
    },
    async replace(position, length, bytes) {
      if (bytes.length !== length) await move(position + length, bytes.length - length);
      await writeAt(bytes, position);
    },
  };
}

export interface MemorySink extends ByteSink {
  bytes(): Buffer;
}

export function memorySink(): MemorySink {
  const parts: Buffer[] = [];
  const joined = (): Buffer => {
    if (parts.length > 1) parts.splice(0, parts.length, Buffer.concat(parts));
    return parts[0] ?? Buffer.alloc(0);
  };
  return {
    async write(bytes) {
      parts.push(Buffer.from(bytes));
    },
    async replace(position, length, bytes) {
      const all = joined();
      parts.splice(
        0,
        parts.length,
        all.subarray(0, position),
        Buffer.from(bytes),
        all.subarray(position + length),
      );
    },
    bytes: joined,
  };
}

/** Anything that takes bytes in order, such as a pipe. `write` settles when the bytes may be reused. */
export function pipeSink(write: (bytes: Uint8Array) => Promise<void>): ByteSink {
  return { write, replace: null };
}
