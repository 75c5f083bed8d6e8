import { createHash, hash, type Hash } from "node:crypto";
import type { DigestField } from "./digest-form.ts";
import { prefixBytes } from "./narrow-rows.ts";
import type { RowSink } from "./row-packets.ts";
import { valueForm } from "./value-form.ts";

export interface HashedFields {
  /** MD5 of the row's text, as hexadecimal digits. */
  readonly hash: string;
  /** MD5 of the key's text; null where there is no key. */
  readonly keyHash: string | null;
  readonly key: readonly string[];
  /** The forms of the columns, where they are kept. */
  readonly values: readonly (string | null)[];
}

export interface RowFields {
  /** The first so many fields are the key's. */
  readonly keyFields: number;
  readonly forms: readonly Pick<DigestField, "as" | "measured">[];
  /** Keep the key's forms, or the columns' too. */
  readonly keep: "nothing" | "key" | "all";
}

const nullValue = 0xfb;
/** Of a value that is put into a form as a whole; a longer one passes in parts. */
const wholeBytes = 65_536;
/** Length, ":" and ";". */
const aroundBytes = 16;
/** Below this a loop is faster than a call. */
const loopBytes = 24;
const [colon, semicolon, zero] = [58, 59, 48];
const hexDigits = Buffer.from("0123456789abcdef");

/**
 * Hashes rows in the program: on MySQL 9.6 and newer, which have no MD5; of rows whose text is longer than
 * max_allowed_packet; and where a form has no SQL, or a slow one. The protocol tells a value's length before the
 * value, so the text's length and ":" can go before a value of any length that then passes in parts.
 */
export function digestRows(fields: RowFields, row: (hashed: HashedFields) => void): RowSink {
  const text = Buffer.allocUnsafe(4 * wholeBytes);
  let used = 0;
  let long: Hash | null = null;
  let field = 0;
  let keyHash: string | null = null;
  let key: string[] = [];
  let values: (string | null)[] = [];
  /** Of a row that comes in parts: what is not told yet, and how much of the current value is to come. */
  let pending: Buffer | null = null;
  let remaining = 0;
  let kept: Buffer[] = [];

  function room(bytes: number): void {
    if (used + bytes <= text.length) return;
    long ??= createHash("md5");
    long.update(text.subarray(0, used));
    used = 0;
  }

  function hashed(): string {
    const own = text.subarray(0, used);
    used = 0;
    // As digits: a Buffer of its own takes three times as long (4 µs instead of 1.4).
    if (long === null) return hash("md5", own, "hex");
    const digest = long.update(own).digest("hex");
    long = null;
    return digest;
  }

  function isKept(): boolean {
    return fields.keep === "all" || (fields.keep === "key" && field < fields.keyFields);
  }

  function keep(value: string | null): void {
    if (field < fields.keyFields) key.push(value ?? "");
    else values.push(value);
  }

  function head(length: number): void {
    if (!fields.forms[field]!.measured) return;
    if (length < 10) text[used++] = zero + length;
    else used += text.write(String(length), used, "latin1");
    text[used++] = colon;
  }

  /** A value of at most `wholeBytes` that lies in `bytes`. */
  function value(bytes: Buffer, start: number, end: number): void {
    const form = fields.forms[field]!.as;
    const length = end - start;
    room(2 * length + aroundBytes);
    let begin = used;
    if (form === "plain") {
      head(length);
      begin = used;
      if (length > loopBytes) used += bytes.copy(text, used, start, end);
      else for (let at = start; at < end; at += 1) text[used++] = bytes[at]!;
    } else if (form === "hexadecimal") {
      head(2 * length);
      begin = used;
      for (let at = start; at < end; at += 1) {
        const byte = bytes[at]!;
        text[used++] = hexDigits[byte >> 4]!;
        text[used++] = hexDigits[byte & 15]!;
      }
    } else {
      const made = valueForm(bytes.subarray(start, end), form);
      room(made.length + aroundBytes);
      head(made.length);
      begin = used;
      used += made.copy(text, used);
    }
    if (isKept()) keep(text.toString("utf8", begin, used));
    text[used++] = semicolon;
    endField();
  }

  function nothing(): void {
    room(aroundBytes);
    if (fields.forms[field]!.measured) text[used++] = colon;
    text[used++] = semicolon;
    if (isKept()) keep(null);
    endField();
  }

  function endField(): void {
    field += 1;
    if (field === fields.keyFields) keyHash = hashed();
    if (field < fields.forms.length) return;
    row({ hash: hashed(), keyHash, key, values });
    field = 0;
    keyHash = null;
    if (fields.keep === "nothing") return;
    key = [];
    values = [];
  }

  /** Takes what is complete of the bytes; gives back where it ended. */
  function take(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      if (remaining > 0) {
        at = part(bytes, at, end);
        continue;
      }
      const first = bytes[at]!;
      if (first === nullValue) {
        at += 1;
        nothing();
        continue;
      }
      const prefix = prefixBytes(first);
      if (at + prefix > end) break;
      const length = prefix === 1 ? first : bytes.readUIntLE(at + 1, Math.min(prefix - 1, 6));
      const next = at + prefix + length;
      if (length <= wholeBytes) {
        if (next > end) break;
        value(bytes, at + prefix, next);
        at = next;
        continue;
      }
      at += prefix;
      remaining = length;
      room(aroundBytes);
      head(fields.forms[field]!.as === "hexadecimal" ? length * 2 : length);
    }
    return at;
  }

  function part(bytes: Buffer, start: number, end: number): number {
    const to = Math.min(end, start + remaining, start + wholeBytes);
    const form = valueForm(bytes.subarray(start, to), fields.forms[field]!.as);
    room(form.length + aroundBytes);
    used += form.copy(text, used);
    if (isKept()) kept.push(Buffer.from(form));
    remaining -= to - start;
    if (remaining > 0) return to;
    text[used++] = semicolon;
    if (isKept()) keep(Buffer.concat(kept).toString());
    kept = [];
    endField();
    return to;
  }

  return {
    flush() {},
    whole: (chunk, start, end) => void take(chunk, start, end),
    part(bytes) {
      const all: Buffer = pending === null ? bytes : Buffer.concat([pending, bytes]);
      const at = take(all, 0, all.length);
      pending = at < all.length ? Buffer.from(all.subarray(at)) : null;
    },
  };
}
