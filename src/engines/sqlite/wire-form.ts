import type { PortableType } from "../../core/portable.ts";
import type { WireForm } from "../data-roles.ts";
import { unescaped } from "./copy-rows.ts";
import { rawNull } from "./raw-rows.ts";
import type { Affinity } from "./table-shape.ts";

/** One column for the SQL that formats rows. `value` is SQL, and evaluated several times. */
export interface WireField {
  readonly value: string;
  readonly affinity: Affinity;
  /** A STRICT table, or the rowid: the column's class is the one declared. */
  readonly enforced: boolean;
  readonly from: PortableType;
  readonly to: PortableType;
  /** The value is computed, and of any class. */
  readonly exactOnly?: boolean;
}

/** How a field is formatted for a digest when the piece holds only what its column promises. */
export interface QuickField {
  /** The field as SQL; NULL, or of bytes '', where it is NULL. */
  readonly value: string;
  /** True where the value needs the exact form; false or NULL where it doesn't. */
  readonly odd: string | null;
  /** Where it is not odd, it can be no text of arbitrary bytes. */
  readonly isDigits: boolean;
}

/** As COPY text, or with nothing escaped: see raw-rows. */
export interface Spelling extends WireForm {
  readonly raw: boolean;
}

function nullMark({ raw }: Spelling): string {
  return raw ? rawNull : "'\\N'";
}
const largest = "1.7976931348623157e308";

function escaped(text: string, { raw }: Spelling): string {
  return raw ? text : escapedSql(text);
}

function escapedSql(text: string): string {
  return `replace(replace(replace(replace(${text},'\\','\\\\'),'\t','\\t'),'\n','\\n'),'\r','\\r')`;
}

function hexadecimal(value: string, { bytesPrefix, raw }: Spelling): string {
  // The prefix is COPY text already, so its backslashes stand as they are.
  const prefix = raw ? unescaped(Buffer.from(bytesPrefix)).toString() : bytesPrefix;
  return `'${prefix.replaceAll("'", "''")}'||lower(hex(${value}))`;
}

/** The field as COPY text, whatever is stored, by its storage class; never NULL. */
export function exactField(field: WireField, form: Spelling): string {
  const { value } = field;
  return `CASE typeof(${value}) WHEN 'null' THEN ${nullMark(form)} WHEN 'integer' THEN ${ofInteger(field, form)}
    WHEN 'real' THEN ${ofReal(field, form)} WHEN 'text' THEN ${ofText(field, form)} ELSE ${ofBlob(field, form)} END`;
}

/** The form of copies within SQLite: a letter for the storage class, then the value; so each value stays what it is. */
export function taggedField(value: string): string {
  return `CASE typeof(${value}) WHEN 'null' THEN '\\N' WHEN 'integer' THEN 'i'||${value}
    WHEN 'real' THEN 'r'||godwit_float(${value}) WHEN 'text' THEN 't'||${escapedSql(value)} ELSE 'b'||lower(hex(${value})) END`;
}

function ofInteger(field: WireField, form: Spelling): string {
  const { value, from, to } = field;
  const time = timeFunction(to);
  if (time !== null) return `${time}(${value})`;
  if (to.kind === "bytes") return hexadecimal(value, form);
  // Dates that go to a text by a rule are still dates.
  return isTime(from) && to.kind !== "integer" ? `${timeFunction(from)}(${value})` : `${value}`;
}

function ofReal(field: WireField, form: Spelling): string {
  const { value, from, to } = field;
  const time = timeFunction(to);
  if (time !== null) return `${time}(${value})`;
  if (to.kind === "bytes") return hexadecimal(value, form);
  if (to.kind === "float" || to.kind === "any") return `godwit_float(${value})`;
  if (isTime(from)) return `${timeFunction(from)}(${value})`;
  return `${from.kind === "float" && to.kind !== "decimal" ? "godwit_float" : "godwit_decimal"}(${value})`;
}

function ofText(field: WireField, form: Spelling): string {
  const { value, to } = field;
  const time = timeFunction(to);
  if (time !== null) return escaped(`${time}(${value})`, form);
  if (to.kind === "bytes") return hexadecimal(value, form);
  return escaped(to.kind === "uuid" ? `lower(${value})` : value, form);
}

function ofBlob({ value, from, to }: WireField, form: Spelling): string {
  const bytes = hexadecimal(value, form);
  if (to.kind === "uuid" || from.kind === "uuid") {
    const part = (start: number, length: number) => `lower(hex(substr(${value},${start},${length})))`;
    const uuid = [part(1, 4), part(5, 2), part(7, 2), part(9, 2), part(11, 6)].join("||'-'||");
    return `CASE octet_length(${value}) WHEN 16 THEN ${uuid} ELSE ${bytes} END`;
  }
  // JSONB is SQLite's own form of a JSON value (3.45); json() writes it as text.
  if (from.kind === "json" && to.kind !== "bytes") {
    return `CASE WHEN json_valid(${value},8) THEN ${escaped(`json(${value})`, form)} ELSE ${bytes} END`;
  }
  return bytes;
}

/** Null: there is no form quicker than the exact one. */
export function quickField(field: WireField): QuickField | null {
  const { value, affinity, enforced, from, to } = field;
  if (field.exactOnly) return null;
  const number = from.kind === "integer" || from.kind === "boolean" || from.kind === "year";
  if (number && (to.kind === "integer" || to.kind === "boolean" || (to.kind === "decimal" && enforced))) {
    // Numbers come before texts and texts before blobs in SQLite's order of classes: no function is called.
    const odd = enforced
      ? null
      : `${value} NOT BETWEEN -9223372036854775808 AND 9223372036854775807 OR ${value} <> CAST(${value} AS INTEGER)`;
    return { value, odd, isDigits: true };
  }
  if (from.kind === "float" && to.kind === "float" && affinity === "real") {
    // 17 digits always read back as the same double (300,000 random ones were tried), though they are not always
    // the shortest that do. A REAL column has no -0: it is stored as 0.
    return { value, odd: `${value} NOT BETWEEN -${largest} AND ${largest}`, isDigits: true };
  }
  if (from.kind === "decimal" && to.kind === "decimal" && affinity !== "text") {
    // Up to 15 digits are always the shortest; from 10^17 on, and below 10^-4, SQLite writes an exponent.
    const small = `(${value} BETWEEN -1e-4 AND 1e-4 AND ${value} <> 0)`;
    const odd =
      (from.scale ?? 99) <= 6
        ? `${value} NOT BETWEEN -1e9 AND 1e9 OR ${small}`
        : `${value} NOT BETWEEN -1e15 AND 1e15 OR octet_length(${value}) > 16 OR ${small}`;
    return { value, odd, isDigits: true };
  }
  if (from.kind === "bytes" && to.kind === "bytes") {
    // hex(NULL) is ''.
    return {
      value: `lower(hex(${value}))`,
      odd: enforced ? null : `${value} < x''`,
      isDigits: true,
    };
  }
  if (to.kind === "timestamp" || to.kind === "date" || to.kind === "time") {
    return { value, odd: `NOT (${timeIsPlain(value, to.kind)})`, isDigits: true };
  }
  // Our own tables keep most types as their wire form in TEXT.
  if (
    (isText(from) && isText(to)) ||
    (affinity === "text" && from.kind === to.kind && from.kind !== "bytes")
  ) {
    // A number in a text column is no text, and comes before all of them.
    const odd = enforced
      ? null
      : affinity === "text"
        ? `${value} >= x''`
        : `typeof(${value}) NOT IN ('text','null')`;
    return { value: to.kind === "uuid" ? `lower(${value})` : value, odd, isDigits: false };
  }
  return null;
}

function timeIsPlain(value: string, kind: "timestamp" | "date" | "time"): string {
  const length = `octet_length(${value})`;
  if (kind === "date") return `${length} = 10 AND ${value} GLOB '????-??-??'`;
  if (kind === "time") return `${length} = 8 AND ${value} GLOB '??:??:??'`;
  const shape = "????-??-?? ??:??:??";
  // With six digits of a second, as most programs write them, one look tells all.
  return `CASE ${length} WHEN 19 THEN ${value} GLOB '${shape}' WHEN 26 THEN ${value} GLOB '${shape}.${"[0-9]".repeat(6)}'
    ELSE ${length} BETWEEN 21 AND 25 AND ${value} GLOB '${shape}.*' AND substr(${value}, 21) NOT GLOB '*[^0-9]*' END`;
}

export function isText(type: PortableType): boolean {
  return type.kind === "text" || type.kind === "json" || type.kind === "enum" || type.kind === "native";
}

function isTime(type: PortableType): boolean {
  return type.kind === "date" || type.kind === "time" || type.kind === "timestamp";
}

function timeFunction(type: PortableType): string | null {
  return isTime(type) ? `godwit_${type.kind}` : null;
}
