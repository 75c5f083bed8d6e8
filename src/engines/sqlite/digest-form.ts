import type { PortableType } from "../../core/portable.ts";
import type { DigestForm } from "../data-roles.ts";
import { floatForm } from "../float-form.ts";

/** The type in whose wire form a column is read, so that its digest form can be made from that. */
export function wireTypeOf(form: DigestForm, type: PortableType): PortableType {
  if (form.kind === type.kind) return type;
  switch (form.kind) {
    case "timestamp":
      return { kind: "timestamp", precision: 6, zone: false };
    case "time":
      return { kind: "time", precision: 6, zone: false, signed: true };
    case "date":
    case "uuid":
    case "boolean":
      return { kind: form.kind };
    case "bytes":
      return { kind: "bytes", length: null, fixed: false };
    case "decimal":
      return { kind: "decimal", precision: null, scale: null };
    case "integer":
      return type.kind === "year" || type.kind === "boolean"
        ? type
        : { kind: "integer", bits: 64, unsigned: false };
    case "float":
      return { kind: "float", bits: form.bits };
    default:
      return { kind: "text", length: null, fixed: false };
  }
}

/**
 * A field's digest form from its wire form, both as bytes. What is no value of the form stays as it is: it then
 * differs from the other side, and is shown.
 */
export function digestForm(form: DigestForm, field: Buffer): Buffer {
  switch (form.kind) {
    case "integer":
    case "decimal":
      return isCanonicalNumber(field, 0, field.length)
        ? field
        : ascii(canonicalNumber(field.toString("latin1")));
    case "float":
      return ascii(float(field.toString("latin1"), form.bits));
    case "time":
    case "timestamp":
      return field.subarray(0, endOfSeconds(field, 0, field.length));
    case "uuid":
      return ascii(field.toString("latin1").toLowerCase());
    case "set":
      return set(field);
    case "text":
      return form.trimmed ? trimmed(field) : field;
    default:
      return field;
  }
}

function ascii(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** Digits without leading zeros, and no zero at the end of a fraction: most are so, and are not decoded. */
export function isCanonicalNumber(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start] === 0x2d ? start + 1 : start;
  if (end === first) return false;
  const zero = bytes[first] === 0x30;
  if (zero && (first > start || (end > first + 1 && bytes[first + 1] !== 0x2e))) return false;
  let hasPoint = false;
  for (let at = first; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0x2e && !hasPoint) hasPoint = true;
    else if (byte < 0x30 || byte > 0x39) return false;
  }
  const last = bytes[end - 1];
  return !hasPoint || (last !== 0x30 && last !== 0x2e);
}

function canonicalNumber(text: string): string {
  const match = /^([+-]?)0*(\d*)(?:\.(\d*))?$/.exec(text);
  if (match === null || !/\d/.test(text)) return text;
  const [, sign, whole = "", fraction = ""] = match;
  const digits = fraction.replace(/0+$/, "");
  const number = `${whole === "" ? "0" : whole}${digits === "" ? "" : `.${digits}`}`;
  return number === "0" ? "0" : `${sign === "-" ? "-" : ""}${number}`;
}

function float(text: string, bits: 32 | 64): string {
  if (text === "Infinity" || text === "-Infinity" || text === "NaN") return text;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? floatForm(Number(text), bits) : text;
}

/** Where a time ends without the zeros at the end of its second's digits. */
export function endOfSeconds(bytes: Buffer, start: number, end: number): number {
  if (bytes[end - 1] !== 0x30) return end;
  let at = end - 1;
  while (at > start && bytes[at - 1] === 0x30) at--;
  // Zeros that no point stands before are digits of whole seconds, or of something that is no time.
  if (bytes[at - 1] === 0x2e) return at - 1;
  let point = at - 1;
  while (point >= start && bytes[point]! >= 0x30 && bytes[point]! <= 0x39) point--;
  return point > start && bytes[point] === 0x2e && bytes[point - 3] === 0x3a ? at : end;
}

function set(field: Buffer): Buffer {
  const labels = field.toString("latin1").split(",");
  // Latin-1 characters are the bytes, and so is their order.
  return ascii(labels.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join(","));
}

function trimmed(field: Buffer): Buffer {
  let end = field.length;
  while (end > 0 && field[end - 1] === 0x20) end--;
  return field.subarray(0, end);
}
