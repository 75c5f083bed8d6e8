import { isAscii } from "node:buffer";
import type { ByteSource } from "./source.ts";

/** A mapping, a pattern or any other single value may be at most so long. */
export const mostItemBytes = 16 * 1024 * 1024;

/** The text of so many bytes still is a young object to the garbage collector; of more it is kept until a full collection. */
const usualBytes = 64 * 1024;

/** Thrown inside a reader where the bytes in the window end too early; one object, because it is no failure. */
class NeedMore extends Error {}
export const needMore = new NeedMore("the window ends here");

/** Thrown inside a reader for what its format does not allow, with the place in the window. */
export class Malformed extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

export interface Place {
  readonly line: number;
  readonly column: number;
}

/**
 * The part of a source that is in memory. It slides: what lies before `start` is dropped when more is asked for, and
 * it grows only while one value does not fit.
 */
export class ByteWindow {
  bytes: Buffer;
  #text: string | null = null;
  start = 0;
  end = 0;
  /** Where bytes[0] stands in the source. */
  base = 0;
  ended = false;
  readonly source: ByteSource;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #pending: Uint8Array = Buffer.alloc(0);
  /** Lines that ended before `start`, and where the last of them did; kept only of a source that can't be read again. */
  #lines = 0;
  #lineStart = 0;

  constructor(source: ByteSource) {
    this.source = source;
    // A third more than there is, because it is filled to three quarters.
    this.bytes = Buffer.allocUnsafe(
      Math.min(usualBytes, Math.max(64, (source.sizeBytes ?? usualBytes) * 1.5)),
    );
    this.#chunks = source.chunks()[Symbol.asyncIterator]();
  }

  /**
   * The same bytes as Latin-1, one character each. A part of it is the cheapest way to a string of ASCII: to ask the
   * buffer for each string costs more than the rest of its decoding. Made when it is asked for: while a long value is
   * waited for nobody needs it.
   */
  get text(): string {
    return (this.#text ??= this.bytes.toString("latin1", 0, this.end));
  }

  /** Appends what is next; false at the end of the source. Throws Malformed where one value grows too long. */
  async more(): Promise<boolean> {
    if (this.ended) return false;
    this.#slide();
    const before = this.end;
    const enough = this.#enough();
    while (this.end < enough) {
      if (this.#pending.length === 0) {
        const next = await this.#chunks.next();
        if (next.done === true) {
          this.ended = true;
          break;
        }
        this.#pending = next.value;
      }
      const length = Math.min(this.#pending.length, this.bytes.length - this.end);
      this.bytes.set(this.#pending.subarray(0, length), this.end);
      this.#pending = this.#pending.subarray(length);
      this.end += length;
    }
    this.#text = null;
    return this.end > before;
  }

  /** Ends the source early. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** Line and column, from 1, of a place in the window; columns are characters. */
  async placeOf(at: number): Promise<Place> {
    if (!this.source.repeatable) {
      // Of a line that began before the window, the part before it is counted in bytes.
      const before = { line: this.#lines + 1, column: this.base - this.#lineStart + 1 };
      return placeAfter(this.bytes.subarray(0, at), before);
    }
    const target = this.base + at;
    let place: Place = { line: 1, column: 1 };
    let offset = 0;
    for await (const chunk of this.source.chunks()) {
      place = placeAfter(chunk.subarray(0, target - offset), place);
      offset += chunk.length;
      if (offset >= target) break;
    }
    return place;
  }

  #slide(): void {
    if (this.start > 0) {
      if (!this.source.repeatable) this.#countLines();
      this.bytes.copyWithin(0, this.start, this.end);
      this.base += this.start;
      this.end -= this.start;
      this.start = 0;
    }
    // After a long value the usual size will do again.
    if (this.bytes.length > usualBytes && this.end < usualBytes / 2) return this.#resize(usualBytes);
    if (this.end < this.#enough()) return;
    if (this.bytes.length === mostItemBytes) {
      throw new Malformed(
        0,
        `expected a value of at most ${mostItemBytes / 1024 / 1024} MiB, found a longer one`,
      );
    }
    // Each time the value is begun again, so it grows in few steps.
    this.#resize(Math.min(this.bytes.length * 8, mostItemBytes));
  }

  /** It is filled well, because a text is made of it each time; and the largest whole, because no larger one comes. */
  #enough(): number {
    const { length } = this.bytes;
    return length === mostItemBytes ? length : length - (length >> 2);
  }

  #resize(length: number): void {
    const other = Buffer.allocUnsafe(length);
    this.bytes.copy(other, 0, 0, this.end);
    this.bytes = other;
  }

  #countLines(): void {
    const passed = this.bytes.subarray(0, this.start);
    for (let at = passed.indexOf(0x0a); at !== -1; at = passed.indexOf(0x0a, at + 1)) {
      this.#lines++;
      this.#lineStart = this.base + at + 1;
    }
  }
}

function placeAfter(bytes: Uint8Array, { line, column }: Place): Place {
  let lineStart = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    line++;
    column = 1;
    lineStart = at + 1;
  }
  if (isAscii(bytes.subarray(lineStart))) column += bytes.length - lineStart;
  else for (let at = lineStart; at < bytes.length; at++) if ((bytes[at]! & 0xc0) !== 0x80) column++;
  return { line, column };
}
