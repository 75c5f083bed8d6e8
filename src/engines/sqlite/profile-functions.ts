import { isUtf8 } from "node:buffer";
import type { DatabaseSync } from "node:sqlite";
import { plainDecimal } from "./canonical-number.ts";
import { canonicalDate, canonicalTime, canonicalTimestamp, type StoredTime } from "./canonical-time.ts";
import { isLossyJson } from "./lossy-json.ts";

const known = new WeakSet<DatabaseSync>();

/** What the questions about values need and SQL of SQLite does not say. */
export function registerProfileFunctions(database: DatabaseSync): void {
  if (known.has(database)) return;
  const options = { deterministic: true, directOnly: true, useBigIntArguments: true, varargs: true };
  const add = (name: string, answer: (...values: never[]) => unknown) =>
    database.function(name, options, (...values) => {
      // AND does not keep SQLite from calling a function whose other side is false already.
      if (values.includes(null)) return null;
      const given = answer(...(values as never[]));
      return typeof given === "boolean" ? (given ? 1 : 0) : (given as number);
    });
  add("godwit_outside", (value: string, minimum: string, maximum: string) =>
    isOutside(value, minimum, maximum),
  );
  add("godwit_characters", (value: unknown) => characters(String(value)));
  add("godwit_fraction", (value: StoredTime) =>
    fraction(canonicalTimestamp(value) ?? canonicalTime(value) ?? ""),
  );
  add("godwit_scale", (value: unknown) => fraction(digits(value)));
  add("godwit_precision", (value: unknown) => precision(digits(value)));
  add("godwit_not_utf8", (value: Uint8Array) => !isUtf8(value));
  add("godwit_year_outside", (value: StoredTime) => isYearOutside(value));
  // What is no time at all is the format's risk.
  add("godwit_no_time_of_day", (value: StoredTime) =>
    /^(?:-|2[4-9]|[3-9]|\d{3})/.test(canonicalTime(value) ?? ""),
  );
  add("godwit_is", (what: string, value: never) => formats[what]!(value));
  add("godwit_json_lossy", (value: unknown) => typeof value === "string" && isLossyJson(value));
  // An answer that is a text is none of the above's.
  database.function(
    "godwit_folded",
    { deterministic: true, directOnly: true, varargs: true },
    (text, ...flags) => folded(String(text), flags.map(Boolean)),
  );
  known.add(database);
}

function folded(text: string, [caseInsensitive, accentInsensitive, padSpace]: readonly boolean[]): string {
  let result = text;
  if (accentInsensitive) result = result.normalize("NFKD").replaceAll(/[\u0300-\u036f]/g, "");
  if (caseInsensitive) result = result.toLowerCase();
  return padSpace ? result.replace(/ +$/, "") : result;
}

/** Whether a value is written as the type demands. */
export const formats: Readonly<Record<string, (value: StoredTime) => boolean>> = {
  number: (value) => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(String(value)),
  integer: (value) =>
    typeof value === "number" ? Number.isInteger(value) : /^[+-]?\d+$/.test(String(value)),
  uuid: (value) => /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i.test(String(value)),
  date: (value) => isReal(canonicalDate(value)),
  timestamp: (value) => isReal(canonicalTimestamp(value)),
  time: (value) => {
    const [, minute, second] = /:(\d\d):(\d\d)/.exec(canonicalTime(value) ?? "") ?? [];
    return minute !== undefined && Number(minute) < 60 && Number(second) < 60;
  },
};

/** Whether it is a day of the calendar, and a time of that day. */
function isReal(text: string | null): boolean {
  if (text === null) return false;
  const iso = `${text.slice(0, 10)}T${text.slice(11, 19) || "00:00:00"}`;
  const at = Date.parse(`${iso}Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(iso);
}

function isYearOutside(value: StoredTime): boolean {
  const text = canonicalTimestamp(value);
  // 0000-00-00 is no date at all, as the format says; as a year out of range it could not be accepted.
  if (text !== null) return text.startsWith("0000") && isReal(text);
  if (typeof value === "string" && value.startsWith("0000-")) return false;
  return typeof value !== "string" || /^[+-]?\d{5,}-\d\d-\d\d|^-\d{4}-|\bBC\b/i.test(value);
}

/** A number's plain digits; "" of what is none. */
function digits(value: unknown): string {
  if (typeof value === "number") return plainDecimal(value);
  const text = String(value);
  return /^[+-]?\d*\.?\d*$/.test(text) ? text : /^[+-]?[\d.]+e/i.test(text) ? plainDecimal(Number(text)) : "";
}

/** Digits after the point that mean something. */
function fraction(text: string): number {
  const point = text.lastIndexOf(".");
  return point < 0 ? 0 : text.slice(point + 1).replace(/0+$/, "").length;
}

function precision(text: string): number {
  const [whole = "", rest = ""] = text.replace(/^[+-]/, "").split(".");
  return whole.replace(/^0+/, "").length + rest.replace(/0+$/, "").length;
}

function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Digits, maybe with a fraction, against whole bounds; what is no number is another risk's. */
function isOutside(value: string, minimum: string, maximum: string): boolean {
  const match = /^([+-]?\d+)(?:\.(\d+))?$/.exec(value);
  if (match === null) return false;
  const whole = BigInt(match[1]!);
  const hasRest = /[1-9]/.test(match[2] ?? "");
  const [least, most] = [BigInt(minimum.split(".")[0]!), BigInt(maximum.split(".")[0]!)];
  const isNegative = value.startsWith("-");
  return whole < least || whole > most || (hasRest && (isNegative ? whole === least : whole === most));
}
