import { hash } from "node:crypto";
import type { DigestForm } from "../data-roles.ts";
import { isMeasured } from "../measured-form.ts";
import { unescaped } from "./copy-rows.ts";
import { digestForm, endOfSeconds, isCanonicalNumber } from "./digest-form.ts";

/** One row of a scan for digests; valid until the next row. */
export interface ScannedRow {
  /** MD5 of the row's text, a character a byte. */
  readonly md5: string;
  /** MD5 of the key's text; of the row's where there is no key. */
  readonly keyMd5: string;
  /** The digest forms of the key, then of the columns; null is NULL. */
  readonly fields: readonly (Buffer | null)[];
}

export interface RowTextPlan {
  /** Of the key's columns, and then of the others, in the order of the COPY text. */
  readonly forms: readonly DigestForm[];
  readonly keys: number;
  /** The key's hash is needed. */
  readonly hashesKey: boolean;
}

/** A text that grows is given as much again, but not where it is long. */
const mostSpareBytes = 1 << 20;

/** How a field's form is made from its bytes: as they are, as they are if they pass a test, cut, or by a call. */
const asIs = 0;
const ifCanonical = 1;
const cut = 2;
const converted = 3;

/** Goes through whole rows of COPY text. Of most fields the bytes are moved from there, and no object is made. */
export class RowTexts {
  readonly #plan: RowTextPlan;
  readonly #ways: readonly number[];
  readonly #measured: readonly boolean[];
  /** Of the present row's fields: where they begin and end in `#rows`, and whether they hold escapes; -1 is NULL. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #escaped: Uint8Array;
  #rows: Buffer = Buffer.alloc(0);
  #text: Buffer = Buffer.allocUnsafe(64 * 1024);
  #size = 0;

  constructor(plan: RowTextPlan) {
    this.#plan = plan;
    this.#ways = plan.forms.map(wayOf);
    this.#measured = plan.forms.map(isMeasured);
    this.#starts = new Int32Array(plan.forms.length);
    this.#ends = new Int32Array(plan.forms.length);
    this.#escaped = new Uint8Array(plan.forms.length);
  }

  each(rows: Buffer, visit: (row: ScannedRow) => void): void {
    const { keys, hashesKey, forms } = this.#plan;
    const [starts, ends, escaped] = [this.#starts, this.#ends, this.#escaped];
    const columns = forms.length;
    this.#rows = rows;
    let at = 0;
    while (at < rows.length) {
      for (let column = 0; column < columns; column++) {
        const start = at;
        let hasEscapes = 0;
        let byte = rows[at];
        while (byte !== 9 && byte !== 10) {
          if (byte === 0x5c) {
            hasEscapes = 1;
            at++;
          }
          byte = rows[++at];
        }
        starts[column] = hasEscapes === 1 && at - start === 2 && rows[start + 1] === 0x4e ? -1 : start;
        ends[column] = at;
        escaped[column] = hasEscapes;
        at++;
      }
      const md5 = this.#hash(keys, columns);
      const field = (column: number) => this.#field(column);
      visit({
        md5,
        keyMd5: hashesKey && keys > 0 ? this.#hash(0, keys) : md5,
        get fields() {
          return forms.map((_, column) => field(column));
        },
      });
    }
  }

  #field(column: number): Buffer | null {
    const start = this.#starts[column]!;
    if (start < 0) return null;
    const field = this.#rows.subarray(start, this.#ends[column]);
    return digestForm(this.#plan.forms[column]!, this.#escaped[column] === 1 ? unescaped(field) : field);
  }

  /** MD5 of the text of the columns from one to another. */
  #hash(from: number, to: number): string {
    this.#size = 0;
    for (let column = from; column < to; column++) {
      const { kind } = this.#plan.forms[column]!;
      // No SQL of two servers gives them in one spelling.
      if (kind === "json" || kind === "array") continue;
      this.#append(column);
    }
    // A string is given three times as fast as a buffer.
    return hash("md5", this.#text.subarray(0, this.#size), "binary");
  }

  #append(column: number): void {
    const start = this.#starts[column]!;
    if (start < 0) {
      this.#reserve(2);
      if (this.#measured[column]!) this.#text[this.#size++] = 0x3a;
      this.#text[this.#size++] = 0x3b;
      return;
    }
    const end = this.#ends[column]!;
    const way = this.#escaped[column] === 1 ? converted : this.#ways[column]!;
    if (this.#measured[column]!) {
      if (way === asIs) this.#put(this.#rows, start, end, true);
      else {
        const field = this.#field(column)!;
        this.#put(field, 0, field.length, true);
      }
    } else if (way === ifCanonical && isCanonicalNumber(this.#rows, start, end)) {
      this.#put(this.#rows, start, end, false);
    } else if (way === asIs || way === cut) {
      this.#putPlain(this.#rows, start, way === cut ? endOfSeconds(this.#rows, start, end) : end);
    } else {
      const field = this.#field(column)!;
      this.#putPlain(field, 0, field.length);
    }
  }

  /** What is no value of its form may be anything: it must not look like NULL, or like the end of a field. */
  #putPlain(from: Buffer, start: number, end: number): void {
    let isUsual = end > start && from[start] !== 0x3f;
    for (let at = start; at < end; at++) if (from[at] === 0x3b) isUsual = false;
    if (!isUsual) {
      this.#reserve(1);
      this.#text[this.#size++] = 0x3f;
    }
    this.#put(from, start, end, !isUsual);
  }

  #put(from: Buffer, start: number, end: number, measured: boolean): void {
    const length = end - start;
    this.#reserve(length + 32);
    const text = this.#text;
    let at = this.#size;
    if (measured) {
      if (length < 10) text[at++] = 0x30 + length;
      else if (length < 100) {
        text[at++] = 0x30 + ((length / 10) | 0);
        text[at++] = 0x30 + (length % 10);
      } else at += text.write(String(length), at, "latin1");
      text[at++] = 0x3a;
    }
    // Short copies by a loop are faster than a call.
    if (length < 64) for (let i = start; i < end; i++) text[at++] = from[i]!;
    else at += from.copy(text, at, start, end);
    text[at++] = 0x3b;
    this.#size = at;
  }

  #reserve(bytes: number): void {
    if (this.#text.length >= this.#size + bytes) return;
    const least = this.#size + bytes;
    const larger = Buffer.allocUnsafe(least + Math.min(least, mostSpareBytes));
    this.#text.copy(larger, 0, 0, this.#size);
    this.#text = larger;
  }
}

function wayOf(form: DigestForm): number {
  switch (form.kind) {
    case "integer":
    case "decimal":
      return ifCanonical;
    case "time":
    case "timestamp":
      return cut;
    case "float":
    case "uuid":
    case "set":
      return converted;
    case "text":
      return form.trimmed ? converted : asIs;
    default:
      return asIs;
  }
}

/** The first 32 bits of an MD5, by which buckets go. */
export function firstBits(md5: string): number {
  return bitsAt(md5, 0);
}

function bitsAt(md5: string, at: number): number {
  return (
    ((md5.charCodeAt(at) << 24) |
      (md5.charCodeAt(at + 1) << 16) |
      (md5.charCodeAt(at + 2) << 8) |
      md5.charCodeAt(at + 3)) >>>
    0
  );
}

/** Counts rows and adds up the first 60 bits of their MD5, exactly. */
export class DigestSum {
  #rows = 0;
  #high = 0;
  #low = 0;
  #sum = 0n;

  add(md5: string): void {
    this.#rows++;
    this.#high += bitsAt(md5, 0);
    this.#low += bitsAt(md5, 4) >>> 4;
    // Doubles hold two million numbers of 32 bits exactly.
    if (this.#rows % 1_000_000 === 0) this.#carry();
  }

  get(): { readonly rows: string; readonly sum: string } {
    this.#carry();
    return { rows: String(this.#rows), sum: String(this.#sum) };
  }

  #carry(): void {
    this.#sum += (BigInt(this.#high) << 28n) + BigInt(this.#low);
    this.#high = 0;
    this.#low = 0;
  }
}
