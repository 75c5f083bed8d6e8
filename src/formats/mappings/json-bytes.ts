import type { Timestamp } from "./model.ts";
import { dateOf } from "./timestamp.ts";

const quote = 0x22;
const zero = 0x30;

/** A text so short is written by a loop; the call that writes a longer one costs as much as some 60 characters. */
const shortText = 60;
/** Of a number that was written before the text is kept, up to so many of them. */
const mostKept = 4096;

/** JSON as bytes in a buffer that is reused: of small parts, that costs less than to join texts and encode them. */
export class JsonBytes {
  bytes: Buffer = Buffer.allocUnsafe(1024);
  length = 0;
  readonly #doubles = new Map<number, string>();

  /** What was written since the last call; valid until something else is written. */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  /** Bytes that are JSON already. */
  raw(json: Uint8Array): void {
    const count = json.length;
    this.#reserve(count);
    const { bytes } = this;
    let at = this.length;
    if (count > shortText) bytes.set(json, at);
    else for (let index = 0; index < count; index++) bytes[at + index] = json[index]!;
    at += count;
    this.length = at;
  }

  /** Text that is JSON already. */
  text(json: string): void {
    const count = json.length;
    this.#reserve(count * 3);
    if (count > shortText) {
      this.length += this.bytes.write(json, this.length, "utf8");
      return;
    }
    const { bytes } = this;
    const at = this.length;
    for (let index = 0; index < count; index++) {
      const code = json.charCodeAt(index);
      if (code >= 0x80) {
        this.length += bytes.write(json, at, "utf8");
        return;
      }
      bytes[at + index] = code;
    }
    this.length = at + count;
  }

  /** A text that is well formed, with its quotes. */
  string(value: string): void {
    const count = value.length;
    this.#reserve(count + 2);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = quote;
    for (let index = 0; index < count; index++) {
      const code = value.charCodeAt(index);
      if (code >= 0x80 || code < 0x20 || code === quote || code === 0x5c)
        return this.text(JSON.stringify(value));
      bytes[at++] = code;
    }
    bytes[at] = quote;
    this.length = at + 1;
  }

  integer(value: number | bigint): void {
    if (typeof value === "bigint" || value < 0 || value > 999) return this.text(String(value));
    this.#reserve(3);
    const { bytes } = this;
    if (value > 99) bytes[this.length++] = zero + ((value / 100) | 0);
    if (value > 9) bytes[this.length++] = zero + (((value / 10) | 0) % 10);
    bytes[this.length++] = zero + (value % 10);
  }

  /** JSON has no form for three doubles, which are named; and String drops the sign of a zero. */
  double(value: number): void {
    let text = this.#doubles.get(value);
    if (text === undefined || value === 0) {
      text = Number.isFinite(value) ? (Object.is(value, -0) ? "-0" : String(value)) : `"${value}"`;
      if (this.#doubles.size < mostKept) this.#doubles.set(value, text);
    }
    this.text(text);
  }

  /** ISO 8601 in UTC, with as many digits of the second as there are, and with its quotes. */
  timestamp({ seconds, nanos }: Timestamp): void {
    this.#reserve(40);
    const { bytes } = this;
    const day = Math.floor(seconds / 86_400);
    const rest = seconds - day * 86_400;
    let at = this.length;
    bytes[at++] = quote;
    const date = dateOf(day);
    for (let index = 0; index < 10; index++) bytes[at++] = date.charCodeAt(index);
    const hour = (rest / 3600) | 0;
    const minute = ((rest - hour * 3600) / 60) | 0;
    at = pair(bytes, at, 0x54, hour);
    at = pair(bytes, at, 0x3a, minute);
    at = pair(bytes, at, 0x3a, rest - hour * 3600 - minute * 60);
    if (nanos > 0) {
      bytes[at++] = 0x2e;
      let left = nanos;
      for (let unit = 100_000_000; left > 0; unit /= 10) {
        const digit = (left / unit) | 0;
        bytes[at++] = zero + digit;
        left -= digit * unit;
      }
    }
    bytes[at++] = 0x5a;
    bytes[at++] = quote;
    this.length = at;
  }

  #reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/** A separator and two digits; where they end. */
function pair(bytes: Buffer, at: number, separator: number, value: number): number {
  bytes[at] = separator;
  bytes[at + 1] = zero + ((value / 10) | 0);
  bytes[at + 2] = zero + (value % 10);
  return at + 3;
}
