import { type Mapping } from "./model.ts";
import { NumberList } from "./number-list.ts";
import { TextSet } from "./text-set.ts";

/**
 * Which mappings there are, by their identity: see `identityOf`. It is exact. Some 21 bytes and the name for each
 * original; 12 to 24 more for each mapping whose original stands in another context already.
 */
export class IdentitySet {
  readonly #originals = new TextSet();
  readonly #contexts = new TextSet();
  /** By the number of the original, the context in which it was seen first. */
  readonly #first = new NumberList();
  readonly #others = new PairSet();

  /** False where the identity was there already. */
  add({ original, context }: Pick<Mapping, "original" | "context">): boolean {
    const { size } = this.#originals;
    const name = this.#originals.numberOf(original);
    const place = this.#contexts.numberOf(context ?? "global");
    if (name === size) {
      this.#first.push(place);
      return true;
    }
    return this.#first.at(name) !== place && this.#others.add(name, place);
  }

  /** Whether a mapping has this original, in any context. */
  hasOriginal(text: string): boolean {
    return this.#originals.has(text);
  }
}

/** Pairs of numbers. */
class PairSet {
  #places = 1024;
  /** The first number and 1, which is 0 in an empty place, and the second one. */
  #table = new Uint32Array(this.#places * 2);
  #count = 0;

  add(one: number, other: number): boolean {
    if (!put(this.#table, one + 1, other)) return false;
    this.#count++;
    if (this.#count * 3 >= this.#places * 2) this.#grow();
    return true;
  }

  #grow(): void {
    const old = this.#table;
    this.#places *= 2;
    this.#table = new Uint32Array(this.#places * 2);
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] !== 0) put(this.#table, old[at]!, old[at + 1]!);
    }
  }
}

/** False where the pair is there already. */
function put(table: Uint32Array, one: number, other: number): boolean {
  const mask = table.length / 2 - 1;
  const mixed = Math.imul(one ^ Math.imul(other, 0x9e37_79b1), 0x85eb_ca6b);
  for (let place = (mixed ^ (mixed >>> 15)) & mask; ; place = (place + 1) & mask) {
    const found = table[place * 2]!;
    if (found === one && table[place * 2 + 1] === other) return false;
    if (found !== 0) continue;
    table[place * 2] = one;
    table[place * 2 + 1] = other;
    return true;
  }
}
