import { Malformed } from "./byte-window.ts";
import { bytesOfExtra } from "./extra-values.ts";
import { integerOf, leastInteger, mostInteger } from "./integer.ts";
import { type JsonCursor, MemberName, shown } from "./json-cursor.ts";
import { withoutSpaces } from "./json-values.ts";
import { type Integer, type Reference, symbolTypes, type Timestamp, type UnknownMember } from "./model.ts";
import { dayOf, parseTimestamp } from "./timestamp.ts";

/** The members of an object so far: which known ones (a bit each), and all others. */
export interface Seen {
  bits: number;
  names: Set<string> | null;
  members: UnknownMember[] | null;
  extra: readonly Uint8Array[] | null;
  wire: Uint8Array | null;
}

const typeNumbers: ReadonlyMap<string, number> = new Map(
  symbolTypes.map((name, index) => [name.toLowerCase(), index]),
);

/**
 * Reads an object. `read` is called with the place of each known member in `known`, and says whether it took the
 * value; what it does not take is kept with the members that no schema knows.
 */
export function readObject(
  cursor: JsonCursor,
  what: string,
  known: ReadonlyMap<string, number>,
  read: (member: number, name: string) => boolean,
): Seen {
  const seen: Seen = { bits: 0, names: null, members: null, extra: null, wire: null };
  cursor.expect(0x7b, `to begin ${what}`);
  if (cursor.next() === 0x7d) {
    cursor.at++;
    return seen;
  }
  do {
    cursor.next();
    const start = cursor.at;
    const name = cursor.string(`a member's name in ${what}`);
    const member = known.get(name) ?? -1;
    cursor.expect(0x3a, "after a member's name");
    if (member !== -1 && (seen.bits & (1 << member)) !== 0) throw twice(start, name);
    if (name === "$msgpack") seen.wire = base64(cursor);
    else if (name === "$extra") seen.extra = extraValues(cursor);
    else if (member === -1 || !read(member, name)) {
      unknown(cursor, start, seen, name);
      continue;
    }
    seen.bits |= 1 << member;
  } while (cursor.another(0x7d, `in ${what}`));
  return seen;
}

/** Null counts as empty, as a string of .NET can be null. */
export function text(cursor: JsonCursor, what: string): string {
  return cursor.isNull() ? "" : cursor.string(what);
}

export function references(cursor: JsonCursor): readonly Reference[] {
  if (cursor.isNull()) return none;
  cursor.expect(0x5b, "to begin References");
  if (cursor.next() === 0x5d) {
    cursor.at++;
    return none;
  }
  const all: Reference[] = [];
  do {
    cursor.next();
    all.push(cursor.isNull() ? null : cursor.string("a reference"));
  } while (cursor.another(0x5d, "in References"));
  return all;
}

const none: readonly Reference[] = [];

export function integer(cursor: JsonCursor, what: string): Integer {
  // Up to 15 digits without a sign, which is nearly all there are.
  cursor.next();
  const { bytes, end, at: from } = cursor;
  let at = from;
  let value = 0;
  while (at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) value = value * 10 + bytes[at++]! - 0x30;
  const after = at < end ? bytes[at]! : 0;
  const isPlain = after === 0x2c || after === 0x7d || after === 0x20 || after === 0x0a || after === 0x0d;
  if (isPlain && at > from && at - from <= 15 && (bytes[from] !== 0x30 || at === from + 1)) {
    cursor.at = at;
    return value;
  }
  const digits = cursor.number(what);
  if (!/^-?\d+$/.test(digits))
    throw new Malformed(from, `expected a whole number for ${what}, found ${digits}`);
  if (digits.length > 20) throw tooLarge(from, what);
  const exact = BigInt(digits);
  if (exact < leastInteger || exact > mostInteger) throw tooLarge(from, what);
  // A minus before zero says nothing of a whole number.
  return integerOf(exact);
}

/** A number, or the name of one that JSON has no form for. */
export function double(cursor: JsonCursor, what: string): number {
  const start = cursor.next() === 0x22 ? cursor.at : -1;
  if (start !== -1) {
    const name = cursor.string(what);
    if (name === "NaN") return Number.NaN;
    if (name === "Infinity") return Number.POSITIVE_INFINITY;
    if (name === "-Infinity") return Number.NEGATIVE_INFINITY;
    throw new Malformed(start, `expected a number for ${what}, found ${shown(name)}`);
  }
  const fast = shortDecimal(cursor);
  if (fast !== -1) return fast;
  const from = cursor.at;
  const value = Number(cursor.number(what));
  if (Number.isFinite(value)) return value;
  throw new Malformed(from, `expected a number that a double holds for ${what}, found a greater one`);
}

/**
 * `0.85`, and whatever else has up to 15 digits and no sign: those digits and the power of ten are both exact as
 * doubles, so that their quotient is the nearest double. -1 for any other number.
 */
function shortDecimal(cursor: JsonCursor): number {
  const { bytes, end, at: from } = cursor;
  let at = from;
  let digits = 0;
  let point = -1;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x30 && byte <= 0x39) digits = digits * 10 + byte - 0x30;
    else if (byte === 0x2e && point === -1) point = at;
    else break;
  }
  const after = at < end ? bytes[at]! : 0;
  if (after !== 0x2c && after !== 0x7d) return -1;
  const whole = (point === -1 ? at : point) - from;
  if (whole === 0 || at - from > 15 || at === point + 1 || (bytes[from] === 0x30 && whole > 1)) return -1;
  cursor.at = at;
  return point === -1 ? digits : digits / powers[at - point - 1]!;
}

const powers: readonly number[] = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/** ISO 8601, to the nanosecond. */
export function moment(cursor: JsonCursor, what: string): Timestamp {
  const start = cursor.next() === 0x22 ? cursor.at : -1;
  const fast = usualMoment(cursor);
  if (fast !== null) return fast;
  const value = cursor.string(what);
  const parsed = parseTimestamp(value);
  if (parsed !== null) return parsed;
  throw new Malformed(start, `expected a date by ISO 8601 for ${what}, found ${shown(value)}`);
}

/** `"2026-01-31T09:30:00Z"`, with up to nine digits of the second; null for any other form. */
function usualMoment(cursor: JsonCursor): Timestamp | null {
  const { bytes, end, at } = cursor;
  if (at + 33 > end || bytes[at] !== 0x22) return null;
  if (bytes[at + 5] !== 0x2d || bytes[at + 8] !== 0x2d || bytes[at + 11] !== 0x54) return null;
  if (bytes[at + 14] !== 0x3a || bytes[at + 17] !== 0x3a) return null;
  const year = pair(bytes, at + 1) * 100 + pair(bytes, at + 3);
  const hour = pair(bytes, at + 12);
  const minute = pair(bytes, at + 15);
  const second = pair(bytes, at + 18);
  const day = dayOf(year, pair(bytes, at + 6), pair(bytes, at + 9));
  // NaN, of what is no digit, is not less than anything.
  if (day === null || !(hour < 24) || !(minute < 60) || !(second < 60)) return null;
  let index = at + 20;
  let nanos = 0;
  if (bytes[index] === 0x2e) {
    index++;
    let unit = 100_000_000;
    for (; bytes[index]! >= 0x30 && bytes[index]! <= 0x39; index++) {
      if (unit < 1) return null;
      nanos += (bytes[index]! - 0x30) * unit;
      unit = (unit / 10) | 0;
    }
    if (index === at + 21) return null;
  }
  if (bytes[index] !== 0x5a || bytes[index + 1] !== 0x22) return null;
  cursor.at = index + 2;
  return { seconds: day * 86_400 + hour * 3600 + minute * 60 + second, nanos };
}

function pair(bytes: Buffer, at: number): number {
  const [tens, ones] = [bytes[at]! - 0x30, bytes[at + 1]! - 0x30];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

/** A number, or a name in any case. */
export function symbolType(cursor: JsonCursor, what: string): Integer {
  if (cursor.next() !== 0x22) return cursor.isNull() ? 0 : integer(cursor, what);
  const start = cursor.at;
  const name = cursor.string(what);
  const number = typeNumbers.get(name.toLowerCase());
  if (number !== undefined) return number;
  if (/^-?\d{1,15}$/.test(name)) return Number(name) + 0;
  throw new Malformed(start, `expected one of ${symbolTypes.join(", ")} for ${what}, found ${shown(name)}`);
}

/** Keeps a member that no schema knows; the cursor is at its value, `start` at its name. */
export function unknown(cursor: JsonCursor, start: number, seen: Seen, name = nameAt(cursor, start)): void {
  seen.names ??= new Set();
  if (seen.names.has(name)) throw twice(start, name);
  seen.names.add(name);
  cursor.next();
  const from = cursor.at;
  cursor.skip(new MemberName(name));
  (seen.members ??= []).push([name, withoutSpaces(cursor.textOf(from, cursor.at))]);
}

export function twice(at: number, name: string): Malformed {
  return new Malformed(at, `expected each member once, found ${shown(name)} again`);
}

/** The bytes of a value in its MessagePack file. */
export function base64(cursor: JsonCursor): Buffer {
  cursor.next();
  const from = cursor.at;
  const value = cursor.string("$msgpack");
  const bytes = Buffer.from(value, "base64");
  if (bytes.toString("base64") === value) return bytes;
  throw new Malformed(from, "expected base64 for $msgpack, found another text");
}

/** Elements that no schema knows, as Godwit writes them. */
export function extraValues(cursor: JsonCursor): readonly Uint8Array[] | null {
  const values: Uint8Array[] = [];
  cursor.expect(0x5b, "to begin $extra");
  if (cursor.next() === 0x5d) {
    cursor.at++;
    return null;
  }
  do {
    cursor.next();
    const from = cursor.at;
    cursor.skip("$extra");
    const bytes = bytesOfExtra(cursor.textOf(from, cursor.at));
    if (bytes === null)
      throw new Malformed(from, "expected a value as Godwit writes it in $extra, found another");
    values.push(bytes);
  } while (cursor.another(0x5d, "in $extra"));
  return values;
}

function nameAt(cursor: JsonCursor, start: number): string {
  const { at } = cursor;
  cursor.at = start;
  const name = cursor.string("a member's name");
  cursor.at = at;
  return name;
}

function tooLarge(at: number, what: string): Malformed {
  return new Malformed(at, `expected a number of at most 64 bits for ${what}, found a greater one`);
}
