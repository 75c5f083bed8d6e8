import type { ErrorCode } from "../core/error-catalog.ts";
import { GodwitError } from "../core/error.ts";

export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points), as editors and servers count. */
  readonly column: number;
}

/** Line and column of a UTF-16 offset. Lines end with \n; a \r before it belongs to the line. */
export function locate(text: string, offset: number): Place {
  let line = 1;
  let lineStart = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let end = text.indexOf("\n"); end !== -1 && end < offset; end = text.indexOf("\n", end + 1)) {
    line++;
    lineStart = end + 1;
  }
  return { line, column: Math.max(0, codePoints(text, lineStart, offset)) + 1 };
}

export function codePoints(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 0xdc00 || code > 0xdfff) count++;
  }
  return count;
}

/** An error about a place in a file: the message starts with file:line:column, and the details hold them. */
export function fileError(
  code: ErrorCode,
  at: { readonly text: string; readonly file: string; readonly offset: number },
  message: string,
  hint?: string,
): GodwitError {
  const { line, column } = locate(at.text, at.offset);
  return new GodwitError(code, {
    message: `${at.file}:${line}:${column}: ${message}`,
    details: { file: at.file, line, column },
    ...(hint === undefined ? {} : { hint }),
  });
}
