import { Malformed } from "./byte-window.ts";

/** A match reaches so far back at most. */
const historyBytes = 65_536;
const outputBytes = 4 * historyBytes;

/**
 * Decompresses one block of LZ4, as far as its output fits at once: a part is valid until the next is asked for.
 * Throws Malformed with the place in `input`. The block format: a token of two lengths of four bits, more length bytes
 * where one of them is 15, literals, and how far back a match lies. The last sequence ends after its literals.
 */
export function* decompressBlock(input: Buffer, length: number): Generator<Buffer, void, void> {
  const output = Buffer.allocUnsafe(outputBytes);
  let [at, end, sent, total] = [0, 0, 0, 0];
  const lengthOf = (nibble: number): number => {
    let value = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; value += byte) {
      if (at >= input.length)
        throw new Malformed(at, "expected more of a length, found the end of the block");
      byte = input[at++]!;
    }
    return value;
  };
  const claim = (count: number): void => {
    total += count;
    if (total > length) throw new Malformed(at, `expected ${length} decompressed bytes, found more`);
  };
  /** Makes room for at least one byte more; what was not sent yet is to be sent now. */
  const isFull = () => end === output.length;
  const slide = (): void => {
    output.copyWithin(0, end - historyBytes, end);
    sent = historyBytes;
    end = historyBytes;
  };
  while (at < input.length) {
    const token = input[at++]!;
    let literals = lengthOf(token >> 4);
    if (at + literals > input.length) {
      throw new Malformed(at, `expected ${literals} literal bytes, found the end of the block`);
    }
    claim(literals);
    while (literals > 0) {
      if (isFull()) {
        yield output.subarray(sent, end);
        slide();
      }
      const count = Math.min(literals, output.length - end);
      input.copy(output, end, at, at + count);
      at += count;
      end += count;
      literals -= count;
    }
    if (at === input.length) break;
    if (at + 2 > input.length) throw new Malformed(at, "expected an offset, found the end of the block");
    const back = input.readUInt16LE(at);
    if (back === 0 || back > Math.min(end, historyBytes)) {
      throw new Malformed(at, `expected an offset within what was decompressed, found ${back}`);
    }
    at += 2;
    let match = lengthOf(token & 15) + 4;
    claim(match);
    while (match > 0) {
      if (isFull()) {
        yield output.subarray(sent, end);
        slide();
      }
      // It may reach into itself, so byte by byte.
      const stop = end + Math.min(match, output.length - end);
      match -= stop - end;
      for (; end < stop; end++) output[end] = output[end - back]!;
    }
  }
  if (total !== length) throw new Malformed(at, `expected ${length} decompressed bytes, found ${total}`);
  if (end > sent) yield output.subarray(sent, end);
}
