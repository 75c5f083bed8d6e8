import { ValueError } from "./value-error.ts";

/** The longest row that is written: it is held as a whole until it is bound, and this much fits into the 256 MB of a run. */
export const longestRow = 28 * 1024 * 1024;
/** The longest that is taken at all. */
const longestHeld = 96 * 1024 * 1024;

/** Cuts a stream of COPY text into buffers that end with a row's end. A connection that ends early rejects in `pieces` itself. */
export async function* wholeRows(
  pieces: AsyncIterable<Uint8Array>,
  table: string,
  most = longestHeld,
): AsyncIterable<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces) {
    const buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    // In COPY text a newline is always a row's end: those of values are written \n.
    const end = buffer.lastIndexOf(10) + 1;
    if (end > 0) {
      const head = buffer.subarray(0, end);
      const rows = held.length === 0 ? head : Buffer.concat([...held, head]);
      // Before the consumer works on them: a long row would be there twice.
      held = [];
      size = 0;
      yield rows;
    }
    if (end === buffer.length) continue;
    // A copy: whoever sends may use the piece's memory again.
    held.push(Buffer.from(buffer.subarray(end)));
    size += buffer.length - end;
    if (size > most) {
      throw new ValueError(
        `a row for ${table} is longer than the ${most} bytes that can be held at once`,
        null,
      );
    }
  }
  if (size > 0) throw new ValueError(`the rows for ${table} end in the middle of one`, null);
}

/** The bytes of a field with escapes. */
export function unescaped(field: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(field.length);
  let size = 0;
  for (let at = 0; at < field.length; at++) {
    let byte = field[at]!;
    if (byte === 0x5c) {
      byte = field[++at]!;
      if (byte === 0x74) byte = 9;
      else if (byte === 0x6e) byte = 10;
      else if (byte === 0x72) byte = 13;
    }
    bytes[size++] = byte;
  }
  return bytes.subarray(0, size);
}
