import { plainDecimal } from "./canonical-number.ts";

/*
 * Rows as SQLite joins them in the quick form: each field as it is stored, without escapes, and a byte behind it that
 * no UTF-8 has. SQLite does as little as it can for each value, and this program looks at the bytes: that takes a tenth
 * of the time that SQLite's functions would.
 */

const fieldEnd = 0xff;
const oddByte = 0xfe;
const nullByte = 0xfd;

/** The marks as SQL; SQLite computes such constants once a statement. */
export const rawFieldEnd = "CAST(x'ff' AS TEXT)";
/** Stands for a value that is not what its column promises: the piece is made, or asked, exactly. */
export const rawOdd = "CAST(x'fe' AS TEXT)";
/** As long as COPY text's \N. */
export const rawNull = "CAST(x'fd4e' AS TEXT)";
/** Texts from here on could pass for a mark. All blobs come after all texts. */
export const rawLeastMark = "CAST(x'fd' AS TEXT)";

/** What a field has to be. A `decimal` is digits as SQLite prints them, `bytes` are COPY text of hexadecimal digits. */
export type RawKind = "text" | "integer" | "float" | "decimal" | "bytes" | "date" | "time" | "timestamp";

export interface RawShape {
  readonly rows: number;
  readonly fields: readonly RawKind[];
  /** How many bytes stand before the digits of `bytes`. */
  readonly prefixBytes: number;
  /** Of which fields zeros at the end of a fraction are left out. */
  readonly trimmed: readonly boolean[];
}

const backslash = 0x5c;
const capitalN = 0x4e;
const point = 0x2e;
const zero = 0x30;

/**
 * The rows as COPY text, mostly in the memory that was given. Null where a field is not what it has to be, or where
 * there are not so many: then texts that are no UTF-8 hold bytes that stand for an end.
 */
export function copyText(
  raw: Uint8Array,
  { rows, fields, prefixBytes, trimmed }: RawShape,
): Uint8Array | null {
  // The search for a field's end stops there at the latest.
  if (raw[raw.length - 1] !== fieldEnd) return null;
  const edits = new Edits();
  const ends = fields.map((kind) => (kind === "bytes" ? endOfBytes(prefixBytes) : endOf[kind]));
  const last = ends.length - 1;
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let n = 0; n <= last; n++) {
      if (raw[at] === nullByte && raw[at + 1] === capitalN) {
        raw[at] = backslash;
        at += 2;
      } else {
        const [start, known] = [at, edits.count];
        at = ends[n]!(raw, at, edits);
        // A field that is edited already has its shortest digits.
        if (trimmed[n] === true && raw[at - 1] === zero && edits.count === known) {
          trimFraction(raw, start, at, edits);
        }
      }
      if (raw[at] !== fieldEnd) return null;
      raw[at++] = n === last ? 10 : 9;
    }
  }
  if (at !== raw.length) return null;
  return edits.count === 0 ? raw : edited(raw, edits);
}

/** Of digits that end in a zero; what has no fraction, or more behind it, stays as it is. */
function trimFraction(raw: Uint8Array, start: number, end: number, edits: Edits): void {
  let at = end - 1;
  while (at > start && raw[at - 1] === zero) at--;
  if (raw[at - 1] === point) {
    edits.add(at - 1, end - at + 1, 0);
    return;
  }
  let before = at - 1;
  while (before > start && isDigit(raw[before]!)) before--;
  if (raw[before] === point) edits.add(at, end - at, 0);
}

/** Memory for the places of edits, kept from piece to piece: to grow it each time takes longer than all edits. */
let places = new Int32Array(3 * 1024);
const mostPlaces = 3 * 256 * 1024;

/** Where bytes are left out, how many, and what stands there instead: an escape by its letter, or nothing by 0. */
class Edits {
  /** Three numbers an edit. */
  #places = places;
  #size = 0;

  get count(): number {
    return this.#size / 3;
  }

  add(at: number, bytes: number, escape: number): void {
    if (this.#size === this.#places.length) this.#grow();
    this.#places[this.#size++] = at;
    this.#places[this.#size++] = bytes;
    this.#places[this.#size++] = escape;
  }

  place(n: number): number {
    return this.#places[n]!;
  }

  #grow(): void {
    const more = new Int32Array(2 * this.#places.length);
    more.set(this.#places);
    this.#places = more;
    if (more.length <= mostPlaces) places = more;
  }
}

function edited(raw: Uint8Array, edits: Edits): Uint8Array {
  const text = Buffer.allocUnsafeSlow(raw.length + edits.count);
  let size = 0;
  let from = 0;
  const copyUpTo = (to: number) => {
    if (to - from > 64) {
      text.set(raw.subarray(from, to), size);
      size += to - from;
    } else for (let at = from; at < to; at++) text[size++] = raw[at]!;
  };
  for (let n = 0; n < edits.count; n++) {
    const [at, bytes, escape] = [edits.place(3 * n), edits.place(3 * n + 1), edits.place(3 * n + 2)];
    copyUpTo(at);
    if (escape !== 0) {
      text[size++] = backslash;
      text[size++] = escape;
    }
    from = at + bytes;
  }
  copyUpTo(raw.length);
  return text.subarray(0, size);
}

/** Where the field ends that begins at `at`; where it is not what it has to be, at any byte that is no end, or at -1. */
type EndOf = (raw: Uint8Array, at: number, edits: Edits) => number;

const endOf: Readonly<Record<Exclude<RawKind, "bytes">, EndOf>> = {
  text: endOfText,
  integer: endOfInteger,
  float: endOfFloat,
  decimal: endOfDecimal,
  date: (raw, at) => (isDate(raw, at) ? at + 10 : -1),
  time: (raw, at) => (isTime(raw, at) ? at + 8 : -1),
  timestamp: endOfTimestamp,
};

/** 0 for a byte that stands for itself, the letter of its escape, or one of the other two. */
const ways = new Uint8Array(256);
const ends = 1;
const odd = 2;
ways[fieldEnd] = ends;
ways[oddByte] = odd;
ways[backslash] = backslash;
ways[9] = 0x74;
ways[10] = 0x6e;
ways[13] = 0x72;

function endOfText(raw: Uint8Array, start: number, edits: Edits): number {
  for (let at = start; at < raw.length; at++) {
    const way = ways[raw[at]!]!;
    if (way === 0) continue;
    if (way === ends) return at;
    if (way === odd) return -1;
    edits.add(at, 1, way);
  }
  return -1;
}

function endOfInteger(raw: Uint8Array, start: number): number {
  const first = raw[start] === 0x2d ? start + 1 : start;
  const end = endOfDigits(raw, first);
  return end === first ? -1 : end;
}

function endOfDigits(raw: Uint8Array, start: number): number {
  let at = start;
  while (isDigit(raw[at]!)) at++;
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Infinity is spelled in another way than SQLite prints it. */
function endOfFloat(raw: Uint8Array, start: number): number {
  let at = start;
  for (; ; at++) {
    const byte = raw[at]!;
    if (!isDigit(byte) && byte !== 0x2e && byte !== 0x2d && byte !== 0x2b && byte !== 0x65) break;
  }
  return at === start ? -1 : at;
}

/** The digits of an integer, or of a double without an exponent. */
function endOfDecimal(raw: Uint8Array, start: number, edits: Edits): number {
  const first = raw[start] === 0x2d ? start + 1 : start;
  const point = endOfDigits(raw, first);
  if (point === first) return -1;
  if (raw[point] !== 0x2e) return point;
  const end = endOfDigits(raw, point + 1);
  if (raw[end] !== fieldEnd) return -1;
  // Up to 15 digits are always the shortest that read back as the same double; SQLite prints up to 17.
  const isShortest = end - first <= 16 && !(raw[end - 1] === 0x30 && end - point === 2);
  if (isShortest) return end;
  let printed = "";
  for (let at = start; at < end; at++) printed += String.fromCharCode(raw[at]!);
  const digits = plainDecimal(Number(printed));
  if (digits.length > end - start) return -1;
  for (let n = 0; n < digits.length; n++) raw[start + n] = digits.charCodeAt(n);
  if (digits.length < end - start) {
    edits.add(start + digits.length, end - start - digits.length, 0);
  }
  return end;
}

/** SQLite's own digits are in capital letters. */
function endOfBytes(prefixBytes: number): EndOf {
  return (raw, start) => {
    if (raw[start] === oddByte) return -1;
    for (let at = start + prefixBytes; ; at++) {
      const byte = raw[at]!;
      if (isDigit(byte)) continue;
      if (!(byte >= 0x41 && byte <= 0x46)) return at;
      raw[at] = byte | 0x20;
    }
  };
}

/** YYYY-MM-DD by its hyphens: whether it is a day, the target knows. */
function isDate(raw: Uint8Array, at: number): boolean {
  return raw[at + 4] === 0x2d && raw[at + 7] === 0x2d && isPlain(raw, at, at + 10);
}

function isTime(raw: Uint8Array, at: number): boolean {
  return raw[at + 2] === 0x3a && raw[at + 5] === 0x3a && isPlain(raw, at, at + 8);
}

function isPlain(raw: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = raw[at]!;
    if (!(byte >= 0x20) || ways[byte] !== 0) return false;
  }
  return true;
}

function endOfTimestamp(raw: Uint8Array, at: number): number {
  if (!isDate(raw, at) || raw[at + 10] !== 0x20 || !isTime(raw, at + 11)) return -1;
  const end = at + 19;
  if (raw[end] !== 0x2e) return end;
  const digits = endOfDigits(raw, end + 1);
  return digits > end + 1 && digits <= end + 7 ? digits : -1;
}
