import type { RowSink } from "./row-packets.ts";

/** Rows of one column, each the COPY text of a row: what is left is to write a newline after each. */
export interface NarrowRows extends RowSink {
  /** Rows that came as NULL: their text would be longer than the server's max_allowed_packet. */
  readonly missing: number;
}

const newline = 10;
const lineEnd = Buffer.from("\n");
const nullValue = 0xfb;

/** In place: a frame's header and the value's length take more bytes than the newline, so a chunk only shrinks. */
export function narrowRows(put: (piece: Uint8Array) => void): NarrowRows {
  let buffer: Buffer | null = null;
  let from = 0;
  let to = 0;
  let missing = 0;

  function flush(): void {
    if (buffer !== null && to > from) put(buffer.subarray(from, to));
    buffer = null;
  }

  return {
    get missing() {
      return missing;
    },
    flush,
    whole(chunk, start, end) {
      const first = chunk[start]!;
      if (first === nullValue) {
        missing += 1;
        return;
      }
      if (buffer !== chunk) {
        flush();
        buffer = chunk;
        // The frame's header stands before.
        from = start - 4;
        to = from;
      }
      const length = end - start - prefixBytes(first);
      chunk.copyWithin(to, end - length, end);
      chunk[to + length] = newline;
      to += length + 1;
    },
    part(bytes, first, last) {
      flush();
      const value = first ? bytes.subarray(prefixBytes(bytes[0]!)) : bytes;
      if (value.length > 0) put(value);
      if (last) put(lineEnd);
    },
  };
}

/** How many bytes tell a value's length. */
export function prefixBytes(first: number): number {
  return first < 0xfb ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : 9;
}
