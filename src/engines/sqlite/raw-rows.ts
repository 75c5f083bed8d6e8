/*
 * Rows as SQLite joins them in the quick form: fields apart by one byte, rows ended by another, NULL a third. None of
 * the three is ever in UTF-8, so the values stand between them as they are, without escapes: to search each for what
 * has to be escaped costs SQLite several times what it costs this program.
 */

const fieldEnd = 0xff;
const rowEnd = 0xfe;
const nullByte = 0xfd;

/** The three as SQL; SQLite computes such constants once a statement. */
export const rawFieldEnd = "CAST(x'ff' AS TEXT)";
export const rawRowEnd = "CAST(x'fe' AS TEXT)";
export const rawNull = "CAST(x'fd' AS TEXT)";

/** How COPY text spells a NULL and escapes the four bytes; the others, and all in a value, are themselves. */
const backslash = 0x5c;
const capitalN = 0x4e;

/**
 * The rows as COPY text. Null where their number, or that of their fields, is not the one that is expected: then
 * texts that are not UTF-8 hold bytes that stand for an end. Whoever asks has excluded a text that is `rawNull`.
 */
export function copyText(
  raw: Uint8Array,
  shape: { readonly rows: number; readonly fields: number },
): Buffer | null {
  // Pages of memory that are never written are never taken from the system.
  const text = Buffer.allocUnsafeSlow(raw.length * 2);
  let size = 0;
  let field = 0;
  let rows = 0;
  const last = shape.fields - 1;
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at]!;
    if ((byte > backslash && byte < nullByte) || (byte < backslash && byte > 13)) text[size++] = byte;
    else if (byte === fieldEnd) {
      if (++field > last) return null;
      text[size++] = 9;
    } else if (byte === rowEnd) {
      if (field !== last) return null;
      field = 0;
      rows++;
      text[size++] = 10;
    } else if (byte === nullByte && isAlone(raw, at)) {
      text[size++] = backslash;
      text[size++] = capitalN;
    } else if (byte === backslash || byte === 9 || byte === 10 || byte === 13) {
      text[size++] = backslash;
      text[size++] = byte === backslash ? backslash : byte === 9 ? 0x74 : byte === 10 ? 0x6e : 0x72;
    } else text[size++] = byte;
  }
  return rows === shape.rows && field === 0 ? text.subarray(0, size) : null;
}

function isAlone(raw: Uint8Array, at: number): boolean {
  return (at === 0 || raw[at - 1]! >= rowEnd) && raw[at + 1]! >= rowEnd;
}
