import type { Timestamp } from "./model.ts";

/** Of the years 1 and 9999, between which .NET's DateTime lies. */
export const leastSeconds = -62_135_596_800;
export const mostSeconds = 253_402_300_799;

/** .NET's default DateTime, 0001-01-01T00:00:00Z. */
export const minimumTimestamp: Timestamp = { seconds: leastSeconds, nanos: 0 };

const secondsOfDay = 86_400;

/** ISO 8601 in UTC, with as many digits of the second as there are: `2026-01-31T09:30:00.1234567Z`. */
export function formatTimestamp({ seconds, nanos }: Timestamp): string {
  const day = Math.floor(seconds / secondsOfDay);
  const rest = seconds - day * secondsOfDay;
  const hour = (rest / 3600) | 0;
  const minute = ((rest - hour * 3600) / 60) | 0;
  const second = rest - hour * 3600 - minute * 60;
  const time = `T${two(hour)}:${two(minute)}:${two(second)}`;
  if (nanos === 0) return `${dateOf(day)}${time}Z`;
  return `${dateOf(day)}${time}.${String(nanos).padStart(9, "0").replace(/0+$/, "")}Z`;
}

/** Null for what is no moment from year 1 to 9999. Without an offset it is UTC. Digits beyond the nanosecond are cut. */
export function parseTimestamp(text: string): Timestamp | null {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,16}))?)?(Z|z|[+-]\d\d:?\d\d)?)?$/.exec(
      text,
    );
  if (match === null) return null;
  const [, year, month, date, hour = "0", minute = "0", second = "0", fraction = "", offset = "Z"] = match;
  const day = dayOf(Number(year), Number(month), Number(date));
  if (day === null || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const east = /^[+-]/.test(offset) ? offsetSeconds(offset) : 0;
  if (east === null) return null;
  const seconds = day * secondsOfDay + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - east;
  if (seconds < leastSeconds || seconds > mostSeconds) return null;
  return { seconds, nanos: Number(fraction.slice(0, 9).padEnd(9, "0")) };
}

export function timestampOfDate(date: Date): Timestamp {
  const ms = date.getTime();
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: (ms - seconds * 1000) * 1_000_000 };
}

/** Negative where the first is earlier. */
export function compareTimestamps(a: Timestamp, b: Timestamp): number {
  return a.seconds - b.seconds || a.nanos - b.nanos;
}

/** Days since 1970-01-01 of a date of the Gregorian calendar; null where there is no such day. */
export function dayOf(year: number, month: number, date: number): number | null {
  // Asked so that NaN, of what was no digit, is refused with the rest.
  const isDay = year >= 1 && month >= 1 && month <= 12 && date >= 1 && date <= daysIn(year, month);
  if (!isDay) return null;
  // Years that begin in March have their odd day last. 400 of them are an era of 146,097 days; day 0 of era 0 is
  // 719,468 days before 1970.
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0) + date - 1;
  return (
    era * 146_097 + yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear - 719_468
  );
}

let lastDay = Number.NaN;
let lastDate = "";

/** `2026-01-31`. Files have many moments of one day, so the last is remembered. */
export function dateOf(day: number): string {
  if (day === lastDay) return lastDate;
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const shiftedMonth = ((5 * dayOfYear + 2) / 153) | 0;
  const date = dayOfYear - (((153 * shiftedMonth + 2) / 5) | 0) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  lastDay = day;
  lastDate = `${String(year).padStart(4, "0")}-${two(month)}-${two(date)}`;
  return lastDate;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function offsetSeconds(offset: string): number | null {
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  if (hours > 14 || minutes > 59) return null;
  return (offset.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
