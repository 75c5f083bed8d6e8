import { hash, randomBytes } from "node:crypto";
import { NumberList } from "./number-list.ts";

/** A longer text is kept as its SHA-256, which is as long. */
const mostBytes = 32;
/** What stands before an entry's bytes: the length of ASCII, or one of these. */
const wide = 0x40;
const summed = 0x80;

const arenaBytes = 1 << 18;

/**
 * A set of texts, each with a number in the order of its coming. It is exact: it keeps the texts themselves, or the
 * SHA-256 of those that are longer than that, and a hash only tells where to look. Some 17 bytes for each text and the
 * text itself, at most 32 bytes of it; as strings in a Map they would be some 100.
 */
export class TextSet {
  readonly #arenas: Buffer[] = [];
  #arenaEnd = arenaBytes;
  /** Where each entry begins: the arena's number above the place in it. */
  readonly #starts = new NumberList();
  #places = 1024;
  /** Of each place the hash, and the number of the entry and 1; 0 is an empty place. */
  #table = new Uint32Array(this.#places * 2);

  get size(): number {
    return this.#starts.length;
  }

  /** False where it was in the set already. */
  add(text: string): boolean {
    const { length } = this.#starts;
    return this.numberOf(text) === length;
  }

  has(text: string): boolean {
    return this.find(text) !== -1;
  }

  /** The number of a text, which is added where it is new. */
  numberOf(text: string): number {
    const code = encode(text);
    const place = this.#placeOf(code);
    const found = this.#table[place * 2 + 1]!;
    if (found !== 0) return found - 1;
    const number = this.#starts.length;
    this.#keep();
    this.#table[place * 2] = code;
    this.#table[place * 2 + 1] = number + 1;
    if (this.#starts.length * 3 >= this.#places * 2) this.#grow();
    return number;
  }

  /** The number of a text; -1 where it is not in the set. */
  find(text: string): number {
    return this.#table[this.#placeOf(encode(text)) * 2 + 1]! - 1;
  }

  /** Where the encoded text is, or has to be put. */
  #placeOf(code: number): number {
    const table = this.#table;
    const mask = this.#places - 1;
    for (let place = code & mask; ; place = (place + 1) & mask) {
      const number = table[place * 2 + 1]!;
      if (number === 0 || (table[place * 2] === code && this.#isEncoded(number - 1))) return place;
    }
  }

  #isEncoded(number: number): boolean {
    const start = this.#starts.at(number);
    const arena = this.#arenas[start >>> 18]!;
    const from = start & (arenaBytes - 1);
    for (let index = 0; index < encodedBytes; index++)
      if (arena[from + index] !== encoded[index]) return false;
    return true;
  }

  #keep(): void {
    if (this.#arenaEnd + encodedBytes > arenaBytes) {
      this.#arenas.push(Buffer.allocUnsafeSlow(arenaBytes));
      this.#arenaEnd = 0;
    }
    const arena = this.#arenas.at(-1)!;
    for (let index = 0; index < encodedBytes; index++) arena[this.#arenaEnd + index] = encoded[index]!;
    this.#starts.push((this.#arenas.length - 1) * arenaBytes + this.#arenaEnd);
    this.#arenaEnd += encodedBytes;
  }

  #grow(): void {
    const old = this.#table;
    this.#places *= 2;
    const table = new Uint32Array(this.#places * 2);
    const mask = this.#places - 1;
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] === 0) continue;
      let place = old[at]! & mask;
      while (table[place * 2 + 1] !== 0) place = (place + 1) & mask;
      table[place * 2] = old[at]!;
      table[place * 2 + 1] = old[at + 1]!;
    }
    this.#table = table;
  }
}

const encoded = Buffer.allocUnsafeSlow(1 + mostBytes);
let encodedBytes = 0;

/** Of this process alone, so that nobody can make many texts of one hash beforehand. */
const [seed, factor] = [randomBytes(4).readInt32LE(), randomBytes(4).readInt32LE() | 1];

/** Leaves the bytes that stand for a text in `encoded`, and returns their hash. Two texts never have the same bytes. */
function encode(text: string): number {
  const count = text.length;
  if (count > mostBytes) return encodeLong(text);
  encoded[0] = count;
  let code = seed ^ count;
  for (let index = 0; index < count; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return encodeLong(text);
    encoded[index + 1] = unit;
    code = Math.imul(code ^ unit, factor);
    code ^= code >>> 15;
  }
  encodedBytes = 1 + count;
  return finish(code);
}

function encodeLong(text: string): number {
  const bytes = Buffer.from(text, "utf16le");
  const isShort = bytes.length <= mostBytes;
  encoded[0] = isShort ? wide + bytes.length : summed;
  encodedBytes = 1 + (isShort ? bytes.copy(encoded, 1) : hash("sha256", bytes, "buffer").copy(encoded, 1));
  let code = seed;
  for (let index = 0; index < encodedBytes; index++) {
    code = Math.imul(code ^ encoded[index]!, factor);
    code ^= code >>> 15;
  }
  return finish(code);
}

function finish(code: number): number {
  const mixed = Math.imul(code ^ (code >>> 16), 0x85eb_ca6b);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
