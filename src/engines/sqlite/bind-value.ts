import { isUtf8 } from "node:buffer";
import type { SQLInputValue } from "node:sqlite";
import type { WriteColumn } from "../data-roles.ts";
import type { Affinity, TableShape } from "./table-shape.ts";
import { unescaped } from "./copy-rows.ts";
import { ValueError } from "./value-error.ts";

/** Makes what is bound from a field's bytes; throws a ValueError where SQLite could not keep the value exactly. */
export type Binder = (field: Buffer, hasEscapes: boolean) => SQLInputValue;

export interface Binding {
  readonly bind: Binder;
  /** What stands in the VALUES list. */
  readonly sql: string;
}

export function bindingOf(column: WriteColumn, shape: TableShape): Binding {
  const affinity = shape.columns.get(column.name.toLowerCase())?.affinity ?? "blob";
  const fail = (problem: string, field: Buffer): never => {
    const shown = field.length > 200 ? `${field.toString("utf8", 0, 200)}…` : field.toString();
    throw new ValueError(`${column.name} cannot take '${shown}': ${problem}`, column.name);
  };
  const { kind } = column.type;
  if (kind === "bytes") return { sql: "?", bind: bytes(fail) };
  if (affinity !== "text") {
    if (kind === "integer" || kind === "boolean" || kind === "year") return { sql: "?", bind: integer(fail) };
    if (kind === "float") return { sql: "?", bind: float(fail) };
    if (kind === "decimal") return { sql: "?", bind: decimal(fail, affinity) };
  }
  const guarded = affinity !== "text" && affinity !== "blob";
  return text(shape.utf16 !== false, guarded, fail);
}

/** A field of the engine's own form: the storage class, then the value; `native` of the read role. */
export function taggedBinding(column: WriteColumn, shape: TableShape): Binding {
  const fail = (problem: string): never => {
    throw new ValueError(`${column.name}: ${problem}`, column.name);
  };
  const asInteger = integer(fail);
  const asFloat = float(fail);
  const asBytes = bytes(fail);
  const asText = stringOf(shape.utf16 !== false, fail);
  return {
    // A text must come as one, so it is decoded here, and its bytes are checked.
    sql: "?",
    bind: (field, hasEscapes) => {
      const value = field.subarray(1);
      switch (field[0]) {
        case 0x69:
          return asInteger(value, false);
        case 0x72:
          return asFloat(value, false);
        case 0x62:
          return asBytes(value, false);
        default:
          return asText(value, hasEscapes);
      }
    },
  };
}

type Fail = (problem: string, field: Buffer) => never;

function integer(fail: Fail): Binder {
  return (field) => {
    const negative = field[0] === 0x2d;
    const first = negative ? 1 : 0;
    const digits = field.length - first;
    if (digits > 0 && digits <= 15) {
      let value = 0;
      for (let at = first; at < field.length; at++) {
        const digit = field[at]! - 0x30;
        if (digit < 0 || digit > 9) return fail("it is no integer", field);
        value = value * 10 + digit;
      }
      // Fifteen digits are exact in a double.
      return BigInt(negative ? -value : value);
    }
    const text = field.toString("latin1");
    if (!/^-?\d+$/.test(text)) return fail("it is no integer", field);
    const value = BigInt(text);
    return BigInt.asIntN(64, value) === value ? value : fail("it has more than 64 bits", field);
  };
}

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

function float(fail: Fail): Binder {
  return (field) => {
    const text = field.toString("latin1");
    if (text === "Infinity") return Infinity;
    if (text === "-Infinity") return -Infinity;
    // SQLite would take it for NULL.
    if (text === "NaN") return fail("SQLite has no NaN", field);
    if (!number.test(text)) return fail("it is no number", field);
    const value = Number(text);
    return Number.isFinite(value) ? value : fail("it is beyond a double", field);
  };
}

/** For columns of an existing table that hold decimals as numbers: REAL keeps 15 digits of any decimal. */
function decimal(fail: Fail, affinity: Affinity): Binder {
  return (field) => {
    const text = field.toString("latin1");
    if (!/^-?\d+(?:\.\d+)?$/.test(text)) return fail("it is no decimal", field);
    const digits = text.replace(/^-?0*/, "").replace(/\.0*$|(?<=\..*?)0+$/, "");
    if (!digits.includes(".") && affinity !== "real") {
      const value = BigInt(text.replace(/\..*$/, ""));
      if (BigInt.asIntN(64, value) === value) return value;
    }
    const significant = digits.replace(".", "").replace(/^0+/, "").length;
    return significant <= 15
      ? Number(text)
      : fail("a REAL would round it; it has more than 15 digits", field);
  };
}

const digitsAtOnce = 1 << 20;

function bytes(fail: Fail): Binder {
  return (field) => {
    const value = Buffer.allocUnsafe(field.length >> 1);
    let size = 0;
    // In parts, so that no string of a whole long value is made.
    for (let at = 0; at < field.length; at += digitsAtOnce) {
      size += value.write(field.toString("latin1", at, at + digitsAtOnce), size, "hex");
    }
    // The decoder stops at the first character that is no digit.
    return size * 2 === field.length ? value : fail("it is not hexadecimal", field);
  };
}

/**
 * Text goes in as bytes that SQLite itself declares to be text: nothing is decoded, and U+0000 and bytes that are not
 * UTF-8 stay as they are.
 */
function text(utf16: boolean, guarded: boolean, fail: Fail): Binding {
  if (utf16) return { sql: "?", bind: stringOf(true, fail) };
  return {
    sql: "CAST(? AS TEXT)",
    bind: (field, hasEscapes) => {
      const value = hasEscapes ? unescaped(field) : field;
      // The driver binds an empty buffer as NULL.
      if (value.length === 0) return "";
      if (guarded && number.test(value.toString("latin1").trim())) {
        return fail("the column's type would turn the text into a number", field);
      }
      return value;
    },
  };
}

function stringOf(utf16: boolean, fail: Fail): Binder {
  return (field, hasEscapes) => {
    const value = hasEscapes ? unescaped(field) : field;
    if (!isUtf8(value)) {
      return fail(utf16 ? "it is not UTF-8, and the database keeps UTF-16" : "it is not UTF-8", field);
    }
    return value.toString();
  };
}
