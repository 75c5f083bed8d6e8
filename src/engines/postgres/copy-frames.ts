import type { Duplex } from "node:stream";

/**
 * Takes the data of a COPY TO STDOUT out of the connection's messages, until the server is ready for the next query;
 * all other messages go to the driver as ever. The driver itself collects a whole CopyData message before it hands
 * it on, and a message is a row: one value of 200 MB would be held several times.
 *
 * To be called when no answer is outstanding: then the stream stands at the beginning of a message.
 */
export function takeCopyData(stream: Duplex, onPiece: (piece: Buffer) => void): void {
  const driver = stream.listeners("data") as ((chunk: Buffer) => void)[];
  const forward = (chunk: Buffer) => {
    for (const listener of driver) listener.call(stream, chunk);
  };

  /** Of the present message: bytes to come, and its type; 0 bytes is between two messages. */
  let left = 0;
  let type = 0;
  /** A header that is cut by the end of a chunk. */
  const header = Buffer.alloc(headerBytes);
  let headerRead = 0;

  const onChunk = (chunk: Buffer) => {
    const { length } = chunk;
    let at = 0;
    // The data of the chunk's messages are moved together, to stand from `first` to `end`: one piece, not one a row.
    let first = 0;
    let end = 0;
    const pass = (bytes: Buffer) => {
      if (end > first) onPiece(chunk.subarray(first, end));
      first = end = at;
      forward(bytes);
    };
    while (at < length) {
      if (left > 0) {
        const next = Math.min(length, at + left);
        left -= next - at;
        if (type === copyData) {
          if (end !== at) chunk.copyWithin(end, at, next);
          end += next - at;
          at = next;
          continue;
        }
        const bytes = chunk.subarray(at, next);
        at = next;
        pass(bytes);
        if (type === readyForQuery && left === 0) {
          stream.removeListener("data", onChunk);
          for (const listener of driver) stream.on("data", listener);
          if (at < length) forward(chunk.subarray(at));
          return;
        }
        continue;
      }
      if (headerRead === 0 && length - at >= headerBytes) {
        type = chunk[at]!;
        left = chunk.readUInt32BE(at + 1) - lengthBytes;
        at += headerBytes;
        if (type !== copyData) pass(chunk.subarray(at - headerBytes, at));
        continue;
      }
      const taken = chunk.copy(header, headerRead, at, Math.min(length, at + headerBytes - headerRead));
      headerRead += taken;
      at += taken;
      if (headerRead < headerBytes) break;
      headerRead = 0;
      type = header[0]!;
      left = header.readUInt32BE(1) - lengthBytes;
      // The driver may keep what it is given, and `header` is used again.
      if (type !== copyData) pass(Buffer.from(header));
    }
    if (end > first) onPiece(chunk.subarray(first, end));
  };

  for (const listener of driver) stream.removeListener("data", listener);
  stream.on("data", onChunk);
}

/** A byte of type, then the length, which counts itself. */
const headerBytes = 5;
const lengthBytes = 4;
const copyData = 0x64;
const readyForQuery = 0x5a;
