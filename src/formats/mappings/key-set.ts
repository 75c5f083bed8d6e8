import { randomBytes } from "node:crypto";

/**
 * A set of texts by a hash of 96 bits, seeded anew in each process: 12 bytes for each place, at most two thirds filled.
 * Of a million texts two are taken for one with a probability of 10^-17, and nobody can make such a pair beforehand.
 */
export class KeySet {
  #places = 1024;
  #words = new Uint32Array(this.#places * 3);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** False where it was in the set already. */
  add(text: string): boolean {
    hashText(text);
    if (this.#count * 3 >= this.#places * 2) this.#grow();
    return this.#put(hash[0]!, hash[1]!, hash[2]!);
  }

  has(text: string): boolean {
    hashText(text);
    const words = this.#words;
    const mask = this.#places - 1;
    for (let place = hash[0]! & mask; ; place = (place + 1) & mask) {
      const at = place * 3;
      if (words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0) return false;
      if (words[at] === hash[0] && words[at + 1] === hash[1] && words[at + 2] === hash[2]) return true;
    }
  }

  #put(a: number, b: number, c: number): boolean {
    const words = this.#words;
    const mask = this.#places - 1;
    for (let place = a & mask; ; place = (place + 1) & mask) {
      const at = place * 3;
      if (words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0) {
        words[at] = a;
        words[at + 1] = b;
        words[at + 2] = c;
        this.#count++;
        return true;
      }
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c) return false;
    }
  }

  #grow(): void {
    const old = this.#words;
    this.#places *= 2;
    this.#words = new Uint32Array(this.#places * 3);
    this.#count = 0;
    for (let at = 0; at < old.length; at += 3) {
      if (old[at] !== 0 || old[at + 1] !== 0 || old[at + 2] !== 0)
        this.#put(old[at]!, old[at + 1]!, old[at + 2]!);
    }
  }
}

const seeds = new Uint32Array(randomBytes(12).buffer.slice(0, 12));
const hash = new Uint32Array(3);

/** Three lanes that multiply and shift as MurmurHash3 does, each with its own seed and constant. */
function hashText(text: string): void {
  let a = seeds[0]! | 0;
  let b = seeds[1]! | 0;
  let c = seeds[2]! | 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 0x85eb_ca6b);
    a ^= a >>> 13;
    b = Math.imul(b ^ code, 0xc2b2_ae35);
    b ^= b >>> 16;
    c = Math.imul(c ^ (code + 0x9e37), 0x27d4_eb2f);
    c ^= c >>> 15;
  }
  hash[0] = finish(a ^ text.length);
  hash[1] = finish(b ^ a);
  // Never all zeros, which stand for an empty place.
  hash[2] = finish(c ^ b) | 1;
}

function finish(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
