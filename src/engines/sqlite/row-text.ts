import { hash } from "node:crypto";
import type { DigestForm } from "../data-roles.ts";
import { unescaped } from "./copy-rows.ts";
import { digestForm } from "./digest-form.ts";

/** One row of a scan for digests. */
export interface ScannedRow {
  /** MD5 of the row's text. */
  readonly md5: Buffer;
  /** MD5 of the key's text; of the row's where there is no key. */
  readonly keyMd5: Buffer;
  /** The digest forms of the key, then of the columns; null is NULL. Valid until the next row. */
  readonly fields: readonly (Buffer | null)[];
}

export interface RowTextPlan {
  /** Of the key's columns, and then of the others, in the order of the COPY text. */
  readonly forms: readonly DigestForm[];
  readonly keys: number;
  /** The key's hash is needed. */
  readonly hashesKey: boolean;
}

/** Goes through whole rows of COPY text. JavaScript does little more here than to move bytes. */
export class RowTexts {
  readonly #plan: RowTextPlan;
  readonly #fields: (Buffer | null)[];
  #text: Buffer = Buffer.allocUnsafe(64 * 1024);
  #size = 0;

  constructor(plan: RowTextPlan) {
    this.#plan = plan;
    this.#fields = plan.forms.map(() => null);
  }

  each(rows: Buffer, visit: (row: ScannedRow) => void): void {
    const { forms, keys, hashesKey } = this.#plan;
    let at = 0;
    while (at < rows.length) {
      for (let column = 0; column < forms.length; column++) {
        const start = at;
        let hasEscapes = false;
        let byte = rows[at];
        while (byte !== 9 && byte !== 10) {
          if (byte === 0x5c) {
            hasEscapes = true;
            at++;
          }
          byte = rows[++at];
        }
        const isNull = hasEscapes && at - start === 2 && rows[start + 1] === 0x4e;
        const field = rows.subarray(start, at);
        this.#fields[column] = isNull
          ? null
          : digestForm(forms[column]!, hasEscapes ? unescaped(field) : field);
        at++;
      }
      const md5 = this.#hash(keys, forms.length);
      visit({ md5, keyMd5: hashesKey && keys > 0 ? this.#hash(0, keys) : md5, fields: this.#fields });
    }
  }

  /** MD5 of the text of the columns from one to another. */
  #hash(from: number, to: number): Buffer {
    this.#size = 0;
    for (let column = from; column < to; column++) {
      const { kind } = this.#plan.forms[column]!;
      // No SQL of two servers gives them in one spelling.
      if (kind === "json" || kind === "array") continue;
      this.#append(this.#fields[column]!);
    }
    return hash("md5", this.#text.subarray(0, this.#size), "buffer");
  }

  #append(field: Buffer | null): void {
    const length = field === null ? 0 : field.length;
    if (this.#text.length < this.#size + length + 32) {
      const larger = Buffer.allocUnsafe((this.#size + length + 32) * 2);
      this.#text.copy(larger, 0, 0, this.#size);
      this.#text = larger;
    }
    const text = this.#text;
    let at = this.#size;
    if (field === null) {
      text[at++] = 0x4e;
    } else {
      text[at++] = 0x56;
      at += text.write(String(length), at, "latin1");
      text[at++] = 0x3a;
      // Short copies by a loop are faster than a call.
      if (length < 64) for (let i = 0; i < length; i++) text[at++] = field[i]!;
      else {
        field.copy(text, at);
        at += length;
      }
    }
    text[at++] = 0x3b;
    this.#size = at;
  }
}

/** Counts rows and adds up the first 60 bits of their MD5, exactly. */
export class DigestSum {
  #rows = 0;
  #high = 0;
  #low = 0;
  #sum = 0n;

  add(md5: Buffer): void {
    this.#rows++;
    this.#high += md5.readUInt32BE(0);
    this.#low += md5.readUInt32BE(4) >>> 4;
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
