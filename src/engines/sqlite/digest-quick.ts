import { hash } from "node:crypto";
import type { DigestForm, ReadRequest } from "../data-roles.ts";
import { floatForm } from "../float-form.ts";
import { anyOf, concatOf } from "./many.ts";
import { fieldOf, type RowSql } from "./row-sql.ts";
import type { TableShape } from "./table-shape.ts";
import { quickField, type WireField } from "./wire-form.ts";

/*
 * Rows as texts that SQLite itself makes, ready to be hashed: neither is a COPY text made of them, nor that taken apart
 * again. Rows end with a byte that no UTF-8 has; a float stands between two others, because its digits are made here;
 * and where the key is hashed, a third stands between its text and the row's.
 */
const rowEnd = 0xfe;
const floatMark = 0xff;
const keyEnd = 0xfd;
const [rowEndSql, floatMarkSql, keyEndSql] = ["fe", "ff", "fd"].map((byte) => `CAST(x'${byte}' AS TEXT)`) as [
  string,
  string,
  string,
];

export interface QuickDigest {
  readonly row: RowSql;
  /** In a row's text, and its key's. */
  readonly floats: number;
  readonly hasKey: boolean;
}

/** Null where a column has no quick form. `forms` and the request's columns are those of the key, then the others. */
export function quickDigest(
  row: RowSql,
  request: ReadRequest,
  shape: TableShape,
  {
    forms,
    keys,
    hashesKey,
  }: { readonly forms: readonly DigestForm[]; readonly keys: number; readonly hashesKey: boolean },
): QuickDigest | null {
  // In UTF-16 the marks are no bytes of their own.
  if (shape.utf16 !== false) return null;
  const fields = request.columns.map((column, n) => {
    const form = forms[n]!;
    // What only the program compares is no part of the text.
    if (form.kind === "json" || form.kind === "array") return { parts: [], odd: null, isFloat: false };
    return formOf(fieldOf(column, shape), form);
  });
  const hasKey = hashesKey && keys > 0;
  const used = fields.slice(hasKey ? 0 : keys);
  if (used.includes(null)) return null;
  const partsOf = (list: typeof fields) => list.flatMap((field) => field?.parts ?? []);
  const parts = [
    ...(hasKey ? [...partsOf(fields.slice(0, keys)), keyEndSql] : []),
    ...partsOf(fields.slice(keys)),
    rowEndSql,
  ];
  const odd = used.flatMap((field) => (typeof field?.odd === "string" ? [`(${field.odd})`] : []));
  return {
    row: { ...row, quick: concatOf(parts), odd: anyOf([...new Set(odd)]) },
    floats: used.filter((field) => field?.isFloat === true).length,
    hasKey,
  };
}

interface QuickForm {
  readonly parts: readonly string[];
  readonly odd: string | null;
  readonly isFloat: boolean;
}

function formOf(field: WireField, form: DigestForm): QuickForm | null {
  const quick = quickField(field);
  if (quick === null) return null;
  const { value, odd } = quick;
  const plain = (sql: string, more: string | null = odd): QuickForm => {
    return { parts: [sql, "';'"], odd: more, isFloat: false };
  };
  const measured = (length: string, sql: string): QuickForm => {
    return { parts: [length, "':'", sql, "';'"], odd, isFloat: false };
  };
  const isWhole = field.affinity === "integer" || field.affinity === "numeric" || field.enforced;
  switch (form.kind) {
    case "integer":
    case "boolean":
    case "decimal":
      // A REAL of these affinities has a fraction; of others it may be printed with ".0".
      return isWhole && quick.isDigits ? plain(value) : null;
    case "float":
      if (form.bits === 32 || !quick.isDigits) return null;
      return { parts: [floatMarkSql, value, floatMarkSql, "';'"], odd, isFloat: true };
    case "date":
      return plain(value, notLike(value, day));
    case "time":
      return plain(value, notLike(value, timeOfDay));
    case "timestamp":
      return plain(
        `CASE octet_length(${value}) WHEN 19 THEN ${value} ELSE rtrim(rtrim(${value},'0'),'.') END`,
        `CASE octet_length(${value}) WHEN 19 THEN ${notLike(value, `${day} ${timeOfDay}`)}
           WHEN 26 THEN ${notLike(value, `${day} ${timeOfDay}.${"[0-9]".repeat(6)}`)}
           ELSE ${value} IS NOT NULL AND NOT (octet_length(${value}) BETWEEN 21 AND 25 AND ${value} GLOB '${day} ${timeOfDay}.*'
             AND substr(${value}, 21) NOT GLOB '*[^0-9]*') END`,
      );
    case "bytes":
      return quick.isDigits ? measured(`octet_length(${field.value})*2`, value) : null;
    case "text": {
      const text = form.trimmed ? `rtrim(${value},' ')` : value;
      return quick.isDigits ? null : measured(`octet_length(${text})`, text);
    }
    default:
      return null;
  }
}

const day = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";
const timeOfDay = "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]";

/** GLOB sees nothing behind U+0000, but then there are more bytes. */
function notLike(value: string, pattern: string): string {
  const bytes = pattern.replaceAll("[0-9]", "0").length;
  return `(${value} NOT GLOB '${pattern}' OR octet_length(${value}) <> ${bytes})`;
}

/** Hashes rows in that form, some thousands at once. */
export class QuickHashes {
  readonly #quick: QuickDigest;
  readonly #visit: (md5: string, keyMd5: string) => void;
  #text = Buffer.allocUnsafe(64 * 1024);

  constructor(quick: QuickDigest, visit: (md5: string, keyMd5: string) => void) {
    this.#quick = quick;
    this.#visit = visit;
  }

  /** Whether the bytes were so many rows; if they were not, for a text that is no UTF-8, none was taken. */
  take(given: Uint8Array, rows: number): boolean {
    const raw = Buffer.from(given.buffer, given.byteOffset, given.length);
    const { hasKey, floats } = this.#quick;
    const hashes: string[] = [];
    const keyHashes: string[] = [];
    let at = 0;
    while (at < raw.length) {
      const end = raw.indexOf(rowEnd, at);
      if (end < 0) return false;
      const row = floats === 0 ? raw.subarray(at, end) : this.#withFloats(raw, at, end);
      if (row === null) return false;
      // A string is given three times as fast as a buffer.
      if (hasKey) {
        const split = row.indexOf(keyEnd);
        if (split < 0) return false;
        keyHashes.push(hash("md5", row.subarray(0, split), "binary"));
        hashes.push(hash("md5", row.subarray(split + 1), "binary"));
      } else hashes.push(hash("md5", row, "binary"));
      at = end + 1;
    }
    if (hashes.length !== rows) return false;
    for (const [n, md5] of hashes.entries()) this.#visit(md5, keyHashes[n] ?? md5);
    return true;
  }

  /** The row with its floats in their form; null where their number is not the one that is expected. */
  #withFloats(raw: Buffer, start: number, end: number): Buffer | null {
    // No form of a float is longer than what SQLite prints by more than this.
    if (this.#text.length < 2 * (end - start)) this.#text = Buffer.allocUnsafe(4 * (end - start));
    const text = this.#text;
    let size = 0;
    let at = start;
    for (let left = this.#quick.floats; left > 0; left--) {
      const from = raw.indexOf(floatMark, at) + 1;
      if (from === 0 || from > end) return null;
      const to = raw.indexOf(floatMark, from);
      if (to < 0 || to >= end) return null;
      size += raw.copy(text, size, at, from - 1);
      const length = usualFloat(raw, from, to);
      if (length >= 0) size += raw.copy(text, size, from, from + length);
      else size += text.write(floatForm(Number(raw.toString("latin1", from, to)), 64), size, "latin1");
      at = to + 1;
    }
    const next = raw.indexOf(floatMark, at);
    if (next >= 0 && next < end) return null;
    size += raw.copy(text, size, at, end);
    return text.subarray(0, size);
  }
}

/**
 * How many of the bytes are the float's form, or -1 where it is another one. Up to 15 digits are always the shortest
 * ones, since no two numbers of so many digits are one double; 0.1 and more, they have no exponent in the form.
 */
function usualFloat(raw: Buffer, start: number, end: number): number {
  if (end === start) return 0;
  const first = raw[start] === 0x2d ? start + 1 : start;
  if (end - first > 16 || (raw[first] === 0x30 && !(raw[first + 2]! > 0x30))) return -1;
  for (let at = first; at < end; at++) {
    const byte = raw[at]!;
    if (byte !== 0x2e && (byte < 0x30 || byte > 0x39)) return -1;
  }
  const isWhole = raw[end - 1] === 0x30 && raw[end - 2] === 0x2e;
  return isWhole ? end - start - 2 : end - start;
}
