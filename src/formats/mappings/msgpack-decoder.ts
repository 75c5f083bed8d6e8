import { isUtf8 } from "node:buffer";
import { ByteWindow, Malformed, mostItemBytes, needMore } from "./byte-window.ts";
import { integerOf } from "./integer.ts";
import type { Integer, Timestamp } from "./model.ts";
import { leastSeconds, mostSeconds } from "./timestamp.ts";
import { utf8Fault } from "./utf8-fault.ts";

/** Values that no schema knows may be nested so deep. */
const mostDepth = 128;

/**
 * Reads MessagePack values from a window. Throws `needMore` where the window ends inside one, and Malformed for what
 * is not expected. `what` names in each message what was to be read.
 */
export class MsgpackDecoder {
  bytes: Buffer = Buffer.alloc(0);
  #window: ByteWindow | null = null;
  #text: string | null = "";
  #view: DataView = new DataView(new ArrayBuffer(0));
  at = 0;
  end = 0;
  /** How many bytes there can be at most after `end`. */
  #unseen = 0;
  /** Set to false by each value that has another form than {@link MsgpackEncoder} would choose. */
  plain = true;

  attach(window: ByteWindow): this {
    if (this.bytes !== window.bytes) this.#view = viewOf(window.bytes);
    this.bytes = window.bytes;
    this.#window = window;
    this.#text = null;
    this.at = window.start;
    this.end = window.end;
    const { sizeBytes } = window.source;
    this.#unseen = window.ended
      ? 0
      : sizeBytes === null
        ? Number.POSITIVE_INFINITY
        : Math.max(0, sizeBytes - window.base - window.end);
    return this;
  }

  /** Of bytes that are all there. */
  attachBytes(bytes: Buffer): this {
    this.bytes = bytes;
    this.#view = viewOf(bytes);
    this.#text = bytes.toString("latin1");
    this.at = 0;
    this.end = bytes.length;
    this.#unseen = 0;
    return this;
  }

  /** Its bytes as Latin-1. */
  get text(): string {
    return (this.#text ??= this.#window!.text);
  }

  peek(): number {
    if (this.at >= this.end) throw needMore;
    return this.bytes[this.at]!;
  }

  /** Null for nil, where that is allowed. */
  arrayOrNil(what: string, most = mostItemBytes): number | null {
    if (this.peek() === 0xc0) {
      this.at++;
      return null;
    }
    return this.array(what, most);
  }

  array(what: string, most = mostItemBytes): number {
    const code = this.peek();
    if ((code & 0xf0) === 0x90) {
      this.at++;
      return code & 0x0f;
    }
    if (code !== 0xdc && code !== 0xdd) throw this.#unexpected(`an array for ${what}`);
    const start = this.at;
    const count = this.#unsigned(code === 0xdc ? 2 : 4);
    if (count < 16 || (code === 0xdd && count < 0x1_0000)) this.plain = false;
    this.#bound(start, count, what, "elements", most);
    return count;
  }

  map(what: string): number {
    const code = this.peek();
    const start = this.at;
    if ((code & 0xf0) === 0x80) {
      this.at++;
      return code & 0x0f;
    }
    if (code !== 0xde && code !== 0xdf) throw this.#unexpected(`a map for ${what}`);
    const count = this.#unsigned(code === 0xde ? 2 : 4);
    this.#bound(start, count, what, "members");
    return count;
  }

  /** Text; nil counts as empty, as a string of .NET can be null. */
  string(what: string): string {
    const code = this.peek();
    const start = this.at;
    let length: number;
    if ((code & 0xe0) === 0xa0) {
      length = code & 0x1f;
      this.at = start + 1;
    } else if (code === 0xd9 || code === 0xda || code === 0xdb) {
      const width = code === 0xd9 ? 1 : code === 0xda ? 2 : 4;
      length = this.#unsigned(width);
      if (length < (width === 1 ? 32 : width === 2 ? 0x100 : 0x1_0000)) this.plain = false;
    } else if (code === 0xc0) {
      this.at = start + 1;
      this.plain = false;
      return "";
    } else throw this.#unexpected(`a string for ${what}`);
    const from = this.at;
    const to = from + length;
    if (to > this.end) {
      this.#bound(start, length, what, "bytes");
      throw needMore;
    }
    const { bytes } = this;
    let bits = 0;
    for (let index = from; index < to; index++) bits |= bytes[index]!;
    this.at = to;
    if (bits < 0x80) return this.text.substring(from, to);
    if (!isUtf8(bytes.subarray(from, to))) {
      throw new Malformed(utf8Fault(bytes, from, to), `expected UTF-8 in ${what}, found another byte`);
    }
    return bytes.toString("utf8", from, to);
  }

  stringOrNil(what: string): string | null {
    if (this.peek() === 0xc0) {
      this.at++;
      return null;
    }
    return this.string(what);
  }

  integer(what: string): Integer {
    const code = this.peek();
    if (code < 0x80) {
      this.at++;
      return code;
    }
    if (code >= 0xe0) {
      this.at++;
      return code - 0x100;
    }
    if (code < 0xcc || code > 0xd3) throw this.#unexpected(`a whole number for ${what}`);
    const width = 1 << (code & 3);
    this.#need(1 + width);
    const { bytes } = this;
    const from = this.at + 1;
    this.at = from + width;
    if (width === 8) return this.#long(from, code === 0xd3);
    const value = code < 0xd0 ? bytes.readUIntBE(from, width) : bytes.readIntBE(from, width);
    const least = width === 1 ? 0x80 : width === 2 ? 0x100 : 0x1_0000;
    // Of those that are not negative the unsigned form is written, and of each the shortest.
    const isShortest =
      code < 0xd0 ? value >= least : value < (width === 1 ? -32 : width === 2 ? -0x80 : -0x8000);
    if (!isShortest) this.plain = false;
    return value;
  }

  /** A double; a float and a whole number are taken too, as MessagePack-CSharp takes them. */
  float(what: string): number {
    const code = this.peek();
    if (code === 0xcb) {
      this.#need(9);
      const { bytes } = this;
      const value = this.#view.getFloat64(this.at + 1);
      if (value !== value && bytes.readBigUInt64BE(this.at + 1) !== 0xfff8_0000_0000_0000n)
        this.plain = false;
      this.at += 9;
      return value;
    }
    this.plain = false;
    if (code === 0xca) {
      this.#need(5);
      this.at += 5;
      return this.bytes.readFloatBE(this.at - 4);
    }
    if (code < 0x80 || code >= 0xe0 || (code >= 0xcc && code <= 0xd3)) return Number(this.integer(what));
    throw this.#unexpected(`a number for ${what}`);
  }

  timestamp(what: string): Timestamp {
    const code = this.peek();
    const { bytes, at } = this;
    const view = this.#view;
    let from = at + 2;
    let length = code === 0xd6 ? 4 : code === 0xd7 ? 8 : 0;
    if (code === 0xc7) {
      this.#need(3);
      from = at + 3;
      length = bytes[at + 1]!;
      if (length === 4 || length === 8) this.plain = false;
    } else this.#need(2);
    if (bytes[from - 1] !== 0xff || (length !== 4 && length !== 8 && length !== 12)) {
      throw this.#unexpected(`a timestamp for ${what}`);
    }
    this.#need(from + length - at);
    this.at = from + length;
    let seconds: number;
    let nanos = 0;
    if (length === 4) seconds = view.getUint32(from);
    else if (length === 8) {
      const high = view.getUint32(from);
      nanos = high >>> 2;
      seconds = (high & 3) * 2 ** 32 + view.getUint32(from + 4);
      if (nanos === 0 && seconds < 2 ** 32) this.plain = false;
    } else {
      nanos = view.getUint32(from);
      seconds = view.getInt32(from + 4) * 2 ** 32 + view.getUint32(from + 8);
      if (seconds >= 0 && seconds < 2 ** 34) this.plain = false;
    }
    if (nanos > 999_999_999) {
      throw new Malformed(at, `expected at most 999999999 nanoseconds for ${what}, found ${nanos}`);
    }
    if (seconds < leastSeconds || seconds > mostSeconds) {
      throw new Malformed(at, `expected a moment from year 1 to 9999 for ${what}, found second ${seconds}`);
    }
    return { seconds, nanos };
  }

  /** Binary data, copied. */
  binary(what: string): Buffer {
    const code = this.peek();
    if (code < 0xc4 || code > 0xc6) throw this.#unexpected(`binary data for ${what}`);
    const start = this.at;
    const length = this.#unsigned(1 << (code - 0xc4));
    if (this.at + length > this.end) this.#bound(start, length, what, "bytes");
    this.#need(length);
    this.at += length;
    return Buffer.from(this.bytes.subarray(this.at - length, this.at));
  }

  /** One value of any kind: its bytes, copied. */
  value(what: string): Buffer {
    const start = this.at;
    this.pass(what);
    return Buffer.from(this.bytes.subarray(start, this.at));
  }

  /** Passes over one value of any kind. */
  pass(what: string): void {
    const left: number[] = [1];
    while (left.length > 0) {
      const top = left.length - 1;
      if (left[top] === 0) {
        left.pop();
        continue;
      }
      left[top]!--;
      const inner = this.#passOne(what);
      if (inner === 0) continue;
      if (left.length > mostDepth) {
        throw new Malformed(this.at, `expected at most ${mostDepth} levels in ${what}, found more`);
      }
      left.push(inner);
    }
  }

  /** How many values follow inside of this one. */
  #passOne(what: string): number {
    const code = this.peek();
    const start = this.at;
    if (code < 0x80 || code >= 0xe0 || code === 0xc0 || code === 0xc2 || code === 0xc3) {
      this.at++;
      return 0;
    }
    if (code < 0x90) return this.#inner(1, (code & 0x0f) * 2);
    if (code < 0xa0) return this.#inner(1, code & 0x0f);
    if (code < 0xc0) return this.#inner(1 + (code & 0x1f), 0);
    if (code === 0xc1) throw this.#unexpected(`a value for ${what}`);
    if (code >= 0xdc) {
      const count = this.#unsigned(code & 1 ? 4 : 2);
      this.#bound(start, count, what, "elements");
      return code >= 0xde ? count * 2 : count;
    }
    if (code >= 0xd4 && code <= 0xd8) return this.#inner(2 + (1 << (code - 0xd4)), 0);
    if (code === 0xca) return this.#inner(5, 0);
    if (code === 0xcb) return this.#inner(9, 0);
    if (code >= 0xcc && code <= 0xd3) return this.#inner(1 + (1 << (code & 3)), 0);
    // What is left has a length: binary, extensions (with a byte for their type) and strings.
    const isExtension = code >= 0xc7 && code <= 0xc9;
    const width = 1 << (code >= 0xd9 ? code - 0xd9 : isExtension ? code - 0xc7 : code - 0xc4);
    const length = this.#unsigned(width) + (isExtension ? 1 : 0);
    if (this.at + length > this.end) this.#bound(start, length, what, "bytes");
    return this.#inner(length, 0);
  }

  #inner(bytes: number, values: number): number {
    this.#need(bytes);
    this.at += bytes;
    return values;
  }

  #long(from: number, signed: boolean): Integer {
    const value = signed ? this.bytes.readBigInt64BE(from) : this.bytes.readBigUInt64BE(from);
    if (signed ? value >= -(2n ** 31n) : value < 2n ** 32n) this.plain = false;
    return integerOf(value);
  }

  /** The length that follows a code byte; moves past both. */
  #unsigned(width: number): number {
    this.#need(1 + width);
    const value = this.bytes.readUIntBE(this.at + 1, width);
    this.at += 1 + width;
    return value;
  }

  /** Before values are read one by one: each has a byte at least, and what is begun here is begun again otherwise. */
  needAtLeast(count: number): void {
    this.#need(count);
  }

  #need(count: number): void {
    if (this.at + count > this.end) throw needMore;
  }

  /** Before anything is waited for or made: refuses a length that nothing stands behind. */
  #bound(start: number, count: number, what: string, unit: string, most = mostItemBytes): void {
    const left = this.end - this.at + this.#unseen;
    if (count <= Math.min(left, most)) return;
    const why = count > left ? `only ${left} bytes follow` : `at most ${most} are read`;
    throw new Malformed(start, `the header of ${what} says ${count} ${unit}, but ${why}`);
  }

  #unexpected(expected: string): Malformed {
    return new Malformed(this.at, `expected ${expected}, found ${kindOf(this.bytes[this.at]!)}`);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** What a code byte begins. */
export function kindOf(code: number): string {
  const hex = `0x${code.toString(16).padStart(2, "0")}`;
  const kind =
    code < 0x80 || code >= 0xe0 || (code >= 0xcc && code <= 0xd3)
      ? "a whole number"
      : code < 0x90 || code === 0xde || code === 0xdf
        ? "a map"
        : code < 0xa0 || code === 0xdc || code === 0xdd
          ? "an array"
          : code < 0xc0 || (code >= 0xd9 && code <= 0xdb)
            ? "a string"
            : code === 0xc0
              ? "nil"
              : code === 0xc1
                ? "a byte that MessagePack never uses"
                : code <= 0xc3
                  ? "a boolean"
                  : code <= 0xc6
                    ? "binary data"
                    : code === 0xca || code === 0xcb
                      ? "a floating-point number"
                      : "an extension";
  return `${kind} (${hex})`;
}
