import { open, type FileHandle } from "node:fs/promises";
import { GodwitError } from "../../core/error.ts";

/** Where the bytes of a database come from. */
export interface ByteSource {
  /** For messages: a path, or what the caller calls it. */
  readonly name: string;
  /** Null where nobody knows, as of a pipe. */
  readonly sizeBytes: number | null;
  /** Whether `chunks` can be called again, from the start. */
  readonly repeatable: boolean;
  /** A chunk is valid until the next is asked for. */
  chunks(): AsyncIterable<Uint8Array>;
}

const chunkBytes = 256 * 1024;

/** A file, or whatever else a path leads to: a pipe is read too. Throws GW1006 where it cannot be read. */
export async function fileSource(path: string): Promise<ByteSource> {
  const handle = await openToRead(path);
  let isFile: boolean;
  let size: number;
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw unreadable(path, "it is a folder");
    [isFile, size] = [stat.isFile(), stat.size];
  } catch (error) {
    await handle.close();
    throw error;
  }
  // A pipe that is opened twice would lose what was written between; a file costs nothing to open again.
  if (isFile) await handle.close();
  return {
    name: path,
    sizeBytes: isFile ? size : null,
    repeatable: isFile,
    chunks: async function* () {
      await using source = isFile ? await openToRead(path) : handle;
      const buffer = Buffer.allocUnsafe(chunkBytes);
      for (;;) {
        const { bytesRead } = await source.read(buffer, 0, chunkBytes, null);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    },
  };
}

/** Bytes in memory. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    repeatable: true,
    chunks: async function* () {
      if (bytes.length > 0) yield bytes;
    },
  };
}

/** Any stream, such as `process.stdin`. */
export function streamSource(name: string, stream: AsyncIterable<Uint8Array>): ByteSource {
  return { name, sizeBytes: null, repeatable: false, chunks: () => stream };
}

async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw unreadable(path, (error as Error).message, error);
  }
}

function unreadable(path: string, why: string, cause?: unknown): GodwitError {
  return new GodwitError("GW1006", {
    message: `The mapping database ${path} cannot be read: ${why}.`,
    details: { file: path },
    cause,
  });
}
