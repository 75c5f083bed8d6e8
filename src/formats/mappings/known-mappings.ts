import { hash } from "node:crypto";
import { identityOf, isSilent, type Mapping } from "./model.ts";
import { MsgpackEncoder } from "./msgpack-encoder.ts";
import { encodeMapping } from "./msgpack-schema.ts";
import { NumberList } from "./number-list.ts";
import { TextSet } from "./text-set.ts";
import { minimumTimestamp } from "./timestamp.ts";

/** So much of a SHA-256: nobody finds two mappings that share it. */
const sumBytes = 20;
const pieceLength = 1 << 14;

const taken = 1;
const dateless = 2;

/**
 * What many mappings are, in some 75 bytes for each: enough to tell which of others has the same identity, and whether
 * it is equal. Those of one identity stand for themselves, in the order in which they came.
 */
export class KnownMappings {
  /** Of each mapping its identity, and how many of it came before; so each has a number of its own. */
  readonly #names = new TextSet();
  /** By the number of the first of an identity: how many there are, and how many were taken. */
  readonly #counts = new NumberList();
  readonly #takenCounts = new NumberList();
  readonly #flags = new NumberList();
  readonly #sums: Buffer[] = [];
  readonly #encoder = new MsgpackEncoder();

  add(mapping: Mapping): void {
    const identity = identityOf(mapping);
    const number = this.#names.size;
    const first = this.#names.numberOf(identity);
    if (first < number) {
      const count = this.#counts.at(first);
      this.#counts.set(first, count + 1);
      this.#names.add(nameOf(identity, count));
    }
    this.#counts.push(1);
    this.#takenCounts.push(0);
    const isDateless = isSilent(mapping, "lastUpdated");
    this.#flags.push(isDateless ? dateless : 0);
    const at = number % pieceLength;
    if (at === 0) this.#sums.push(Buffer.allocUnsafeSlow(pieceLength * sumBytes));
    this.#sumOf(mapping, isDateless).copy(this.#sums.at(-1)!, at * sumBytes, 0, sumBytes);
  }

  /**
   * The number of the next mapping with the identity of this one, which is not given again, and whether they are equal;
   * null where there is none any more. A date that the known one does not say does not count.
   */
  take(mapping: Mapping): { readonly number: number; readonly isEqual: boolean } | null {
    const identity = identityOf(mapping);
    const first = this.#names.find(identity);
    if (first === -1) return null;
    const count = this.#takenCounts.at(first);
    if (count === this.#counts.at(first)) return null;
    this.#takenCounts.set(first, count + 1);
    const number = count === 0 ? first : this.#names.find(nameOf(identity, count));
    const flags = this.#flags.at(number);
    this.#flags.set(number, flags | taken);
    const isDateless = (flags & dateless) !== 0;
    if (!isDateless && isSilent(mapping, "lastUpdated")) return { number, isEqual: false };
    const at = (number % pieceLength) * sumBytes;
    const sum = this.#sums[Math.floor(number / pieceLength)]!.subarray(at, at + sumBytes);
    return { number, isEqual: sum.compare(this.#sumOf(mapping, isDateless), 0, sumBytes) === 0 };
  }

  /** Whether nobody asked for the mapping of this number. */
  isLeft(number: number): boolean {
    return (this.#flags.at(number) & taken) === 0;
  }

  get size(): number {
    return this.#names.size;
  }

  #sumOf(mapping: Mapping, isDateless: boolean): Buffer {
    const lastUpdated = isDateless ? minimumTimestamp : mapping.lastUpdated;
    encodeMapping(this.#encoder, { ...mapping, lastUpdated, wire: null }, "1.1");
    return hash("sha256", this.#encoder.take(), "buffer");
  }
}

/** No identity begins so. */
function nameOf(identity: string, before: number): string {
  return `#${before}:${identity}`;
}
