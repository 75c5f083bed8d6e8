import { prefixBytes } from "./narrow-rows.ts";
import type { RowSink } from "./row-packets.ts";

/** What is done with a value on its way: nothing, COPY's escapes, the same without U+0000, hexadecimal digits after a prefix. */
export type WideForm = "plain" | "escaped" | "stripped" | "hexadecimal";

const nullValue = 0xfb;
const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\0": "",
};

/**
 * Rows with a value for each column, turned into COPY text here, in parts of what the socket gives. For the rows
 * whose text the server can't put together: a value of 1 GB passes in 64 kB.
 */
export function wideRows(
  forms: readonly WideForm[],
  bytesPrefix: string,
  put: (piece: Uint8Array) => void,
): RowSink & { readonly rows: number } {
  let rows = 0;
  let field = 0;
  let prefix: number[] = [];
  /** Of the current value; null while its length is not known. */
  let remaining: number | null = null;

  function finishField(): void {
    field += 1;
    remaining = null;
    prefix = [];
    const isLast = field === forms.length;
    put(Buffer.from(isLast ? "\n" : "\t"));
    if (!isLast) return;
    field = 0;
    rows += 1;
  }

  function take(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (remaining === null) {
        const byte = bytes[at]!;
        at += 1;
        if (prefix.length === 0 && byte === nullValue) {
          put(Buffer.from("\\N"));
          finishField();
          continue;
        }
        prefix.push(byte);
        if (prefix.length < prefixBytes(prefix[0]!)) continue;
        remaining = lengthOf(prefix);
        if (forms[field] === "hexadecimal") put(Buffer.from(bytesPrefix));
        if (remaining === 0) finishField();
        continue;
      }
      const to = Math.min(bytes.length, at + remaining);
      put(written(bytes.subarray(at, to), forms[field]!));
      remaining -= to - at;
      at = to;
      if (remaining === 0) finishField();
    }
  }

  return {
    get rows() {
      return rows;
    },
    flush() {},
    whole: (chunk, start, end) => take(chunk.subarray(start, end)),
    part: (bytes) => take(bytes),
  };
}

/** Copies, because the socket's chunk is used on. */
function written(bytes: Buffer, form: WideForm): Buffer {
  if (form === "plain") return Buffer.from(bytes);
  if (form === "hexadecimal") return Buffer.from(bytes.toString("hex"), "latin1");
  // Byte for byte: in UTF-8 these four are no part of another character.
  return Buffer.from(
    bytes
      .toString("latin1")
      .replaceAll(form === "stripped" ? /[\\\t\n\r\0]/g : /[\\\t\n\r]/g, (one) => escapes[one]!),
    "latin1",
  );
}

function lengthOf([first = 0, ...bytes]: readonly number[]): number {
  if (first < 0xfb) return first;
  return bytes.reduce((sum, byte, place) => sum + byte * 256 ** place, 0);
}
