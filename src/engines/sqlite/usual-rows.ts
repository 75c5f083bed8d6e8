import { isUtf8 } from "node:buffer";

/*
 * Whether texts are what a profile asks for, by their bytes: a function of SQLite takes 100 to 400 ns a value, and
 * this a nanosecond a byte. The marks are those of raw-rows.
 */

export interface UsualField {
  readonly shape: "text" | "date" | "time" | "timestamp";
  /** Bytes. */
  readonly longest: number;
}

const fieldEnd = 0xff;
const oddByte = 0xfe;
const nullByte = 0xfd;
const capitalN = 0x4e;
const semicolon = 0x3b;

/** Whether all fields of so many rows are. The marks in `raw` are overwritten. */
export function areUsualRows(raw: Uint8Array, rows: number, fields: readonly UsualField[]): boolean {
  if (fields.length === 0) return raw.length === 0;
  // The search for a field's end stops there at the latest.
  if (raw[raw.length - 1] !== fieldEnd) return false;
  const ends = fields.map(({ shape }) => endOf[shape]);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let n = 0; n < ends.length; n++) {
      if (raw[at] === nullByte && raw[at + 1] === capitalN) {
        raw[at] = semicolon;
        at += 2;
      } else {
        const start = at;
        at = ends[n]!(raw, at);
        if (at - start > fields[n]!.longest) return false;
      }
      if (raw[at] !== fieldEnd) return false;
      // Between two values then stands ASCII, so bytes of all are UTF-8 together exactly if each is.
      raw[at++] = semicolon;
    }
  }
  return at === raw.length && isUtf8(raw);
}

/** Where the field ends that begins at `at`; where it is not usual, at any byte that is no end, or at -1. */
const endOf: Readonly<Record<UsualField["shape"], (raw: Uint8Array, at: number) => number>> = {
  text: (raw, start) => {
    let at = start;
    for (; at < raw.length; at++) if (marked[raw[at]!] !== 0) break;
    return at;
  },
  date: (raw, at) => (isDay(raw, at) ? at + 10 : -1),
  time: (raw, at) => (isTimeOfDay(raw, at) ? at + 8 : -1),
  timestamp: (raw, at) => {
    if (!isDay(raw, at) || raw[at + 10] !== 0x20 || !isTimeOfDay(raw, at + 11)) return -1;
    let end = at + 19;
    if (raw[end] !== 0x2e) return end;
    while (digit(raw, ++end) >= 0);
    return end > at + 20 && end <= at + 26 ? end : -1;
  },
};

/** Not 0 for a byte that no usual text has. */
const marked = new Uint8Array(256);
for (const byte of [0, oddByte, fieldEnd]) marked[byte] = 1;

/** YYYY-MM-DD from year 1 on, and of the calendar. */
function isDay(raw: Uint8Array, at: number): boolean {
  if (raw[at + 4] !== 0x2d || raw[at + 7] !== 0x2d) return false;
  const [century, years] = [twoDigits(raw, at), twoDigits(raw, at + 2)];
  const [month, day] = [twoDigits(raw, at + 5), twoDigits(raw, at + 8)];
  if (century < 0 || years < 0 || century + years === 0) return false;
  if (month < 1 || month > 12 || day < 1) return false;
  if (day <= 28) return true;
  if (month !== 2) return day <= 30 + ((month + (month >> 3)) & 1);
  return day === 29 && (years === 0 ? century % 4 === 0 : years % 4 === 0);
}

/** HH:MM:SS before 24:00:00. */
function isTimeOfDay(raw: Uint8Array, at: number): boolean {
  if (raw[at + 2] !== 0x3a || raw[at + 5] !== 0x3a) return false;
  return (
    isBelow(twoDigits(raw, at), 24) &&
    isBelow(twoDigits(raw, at + 3), 60) &&
    isBelow(twoDigits(raw, at + 6), 60)
  );
}

function isBelow(value: number, limit: number): boolean {
  return value >= 0 && value < limit;
}

/** Negative where they are none. */
function twoDigits(raw: Uint8Array, at: number): number {
  const [tens, ones] = [digit(raw, at), digit(raw, at + 1)];
  return tens < 0 || ones < 0 ? -1 : tens * 10 + ones;
}

/** -1 where it is none. */
function digit(raw: Uint8Array, at: number): number {
  const value = raw[at]! - 0x30;
  return value >= 0 && value <= 9 ? value : -1;
}
