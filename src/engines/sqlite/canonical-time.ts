/**
 * Dates and times as SQLite's applications store them: texts of ISO 8601, numbers of seconds (or milli- or
 * microseconds) since 1970, and julian days, which are REAL. All in and out of UTC; null where it is none of these.
 */
export type StoredTime = string | bigint | number | Uint8Array;

/** YYYY-MM-DD HH:MM:SS[.f]; digits of a second are neither cut nor added. */
export function canonicalTimestamp(value: StoredTime): string | null {
  if (value instanceof Uint8Array) return null;
  if (typeof value !== "string") return fromNumber(value);
  const match = timestampPattern.exec(value);
  if (match === null) return null;
  const [, date, hour = "00", minute = "00", second = "00", fraction = "", zone = ""] = match;
  const local = `${date} ${hour}:${minute}:${second}`;
  const digits = fraction === "" ? "" : `.${fraction}`;
  if (/^(?:|z|[+-]00:?00)$/i.test(zone)) return local + digits;
  const [, sign, hours, minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone)!;
  const shift = (sign === "-" ? 1 : -1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const at = Date.parse(`${local.replace(" ", "T")}Z`);
  // Date.parse takes the 30th of February for the 2nd of March: such a text is left to the target to refuse.
  if (Number.isNaN(at) || iso(at) !== local) return null;
  const shifted = iso(at + shift);
  return shifted === null ? null : shifted + digits;
}

/** YYYY-MM-DD: of a text with a time of day that is not midnight nothing is cut off. */
export function canonicalDate(value: StoredTime): string | null {
  const timestamp = canonicalTimestamp(value);
  const match = timestamp === null ? null : /^(\d{4}-\d\d-\d\d) 00:00:00(?:\.0+)?$/.exec(timestamp);
  return match?.[1] ?? null;
}

/** HH:MM:SS[.f], with a sign where it has one. */
export function canonicalTime(value: StoredTime): string | null {
  if (typeof value !== "string") return null;
  const match = /^(-?\d{2,3}):(\d\d)(?::(\d\d)(?:\.(\d+))?)?$/.exec(value);
  if (match === null) return null;
  const [, hour, minute, second = "00", fraction = ""] = match;
  return `${hour}:${minute}:${second}${fraction === "" ? "" : `.${fraction}`}`;
}

const timestampPattern =
  /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/**
 * Integers below 10^11 are seconds (until the year 5138), below 10^14 milliseconds, above them microseconds: no unit
 * reaches into the usual years of another. A REAL from 0 to 5373484.5 is a julian day, as SQLite's own functions
 * take it, and seconds otherwise.
 */
function fromNumber(value: bigint | number): string | null {
  if (typeof value === "number") {
    if (value < 0 || value >= 5_373_484.5) return withMilliseconds(Math.round(value * 1000));
    // SQLite itself keeps julian days in milliseconds.
    return withMilliseconds(Math.round((value - 2_440_587.5) * 86_400_000));
  }
  const size = value < 0n ? -value : value;
  const micros = value * (size < 100_000_000_000n ? 1_000_000n : size < 100_000_000_000_000n ? 1000n : 1n);
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const whole = iso(Number((micros - fraction) / 1000n));
  if (whole === null || fraction === 0n) return whole;
  return `${whole}.${String(fraction).padStart(6, "0").replace(/000$/, "")}`;
}

function withMilliseconds(at: number): string | null {
  const rest = ((at % 1000) + 1000) % 1000;
  const whole = iso(at - rest);
  return whole === null || rest === 0 ? whole : `${whole}.${String(rest).padStart(3, "0")}`;
}

function iso(at: number): string | null {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  const text = date.toISOString();
  // Years before 0 and after 9999 have a sign and six digits.
  return /^[+-]/.test(text) ? null : text.slice(0, 19).replace("T", " ");
}
