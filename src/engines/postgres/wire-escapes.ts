/**
 * The server writes \b, \f and \v for three control characters; the data path's form has no such escapes. Returns
 * a function for the pieces of one stream: it hands them on as they are where they hold none, which is the rule.
 */
export function plainEscapes(): (piece: Buffer) => Buffer {
  /** The piece before ended in the middle of an escape. */
  let cut = false;
  return (piece) => {
    const whole = cut ? Buffer.concat([backslashByte, piece]) : piece;
    cut = endsWithinEscape(whole);
    const bytes = cut ? whole.subarray(0, -1) : whole;
    let hit = bytes.length;
    for (const pattern of patterns) {
      const found = bytes.subarray(0, hit + 1).indexOf(pattern);
      if (found !== -1) hit = found;
    }
    return hit < bytes.length ? rewritten(bytes) : bytes;
  };
}

/** Pieces are cut between escapes, so only the run of backslashes at the end counts. */
function endsWithinEscape(bytes: Buffer): boolean {
  let at = bytes.length;
  while (at > 0 && bytes[at - 1] === backslash) at--;
  return (bytes.length - at) % 2 === 1;
}

/** In place: it never grows. */
function rewritten(bytes: Buffer): Buffer {
  let to = 0;
  let from = 0;
  for (;;) {
    const at = bytes.indexOf(backslash, from);
    const end = at === -1 ? bytes.length : at;
    bytes.copyWithin(to, from, end);
    to += end - from;
    if (at === -1) return bytes.subarray(0, to);
    const control = controls[bytes[at + 1]!];
    if (control === undefined) {
      bytes[to++] = backslash;
      bytes[to++] = bytes[at + 1]!;
    } else bytes[to++] = control;
    from = at + 2;
  }
}

const backslash = 0x5c;
const backslashByte = Buffer.from([backslash]);
const patterns = ["\\b", "\\f", "\\v"].map((text) => Buffer.from(text, "latin1"));
const controls: Readonly<Record<number, number>> = { 0x62: 0x08, 0x66: 0x0c, 0x76: 0x0b };
