import { isUtf8 } from "node:buffer";

/** Where the first byte stands that is no UTF-8, as a place in `bytes`; the range is known to hold one. */
export function utf8Fault(bytes: Buffer, from: number, to: number): number {
  // The longest valid beginning, by halves: whether a beginning is valid but for a character that it cuts.
  let [valid, broken] = [from, to];
  while (broken - valid > 8) {
    const middle = (valid + broken) >> 1;
    const end = characterStart(bytes, middle, valid);
    if (end > valid && isUtf8(bytes.subarray(valid, end))) valid = end;
    else if (end <= valid) break;
    else broken = middle;
  }
  for (let at = valid; at < to;) {
    const length = lengthOfCharacter(bytes[at]!);
    if (length === 0 || at + length > to || !isUtf8(bytes.subarray(at, at + length))) return at;
    at += length;
  }
  return to;
}

function characterStart(bytes: Buffer, at: number, least: number): number {
  let start = at;
  while (start > least && (bytes[start]! & 0xc0) === 0x80) start--;
  return start;
}

function lengthOfCharacter(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xf0 && first < 0xf8) return 4;
  if (first >= 0xe0) return first < 0xf0 ? 3 : 0;
  return first >= 0xc0 ? 2 : 0;
}
