import type { FileHandle } from "node:fs/promises";

/** Where the bytes of a database come from. */
export interface ByteSource {
  /** For messages: a path, or what the caller calls it. */
  readonly name: string;
  /** Null where nobody knows, as of a pipe. */
  readonly sizeBytes: number | null;
  /** Can be called once for a pipe, any number of times for a file. A chunk is valid until the next is asked for. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** A file, or whatever else a path leads to: a pipe is read too. Throws GW1006 where it cannot be read. */
export declare function fileSource(path: string): Promise<ByteSource>;

/** Bytes in memory. */
export declare function memorySource(name: string, bytes: Uint8Array): ByteSource;

/** Any stream, such as `process.stdin`. */
export declare function streamSource(name: string, stream: AsyncIterable<Uint8Array>): ByteSource;

/** Where a writer puts its bytes. */
export interface ByteSink {
  /** The bytes are taken before the promise is settled; the caller may reuse them then. */
  write(bytes: Uint8Array): Promise<void>;
  /** Overwrites bytes that were written before; null where that cannot be done, as in a pipe. */
  readonly patch: ((position: number, bytes: Uint8Array) => Promise<void>) | null;
  /** Takes `bytes` bytes out at `position`, moving what follows; null as for `patch`. */
  readonly remove: ((position: number, bytes: number) => Promise<void>) | null;
}

/** An open file, from its start on. The caller syncs and closes it. */
export declare function fileSink(handle: FileHandle): ByteSink;

export declare function memorySink(): ByteSink & { bytes(): Buffer };
