import type { ColumnFacts } from "./column-facts.ts";
import { isUtf8, ownBytes, utf8Text } from "./utf8-text.ts";

/*
 * Bytes that a character set lets in and has no character for. The server converts them to "?" or to U+FFFD without a
 * warning, so a copy in Unicode has lost them, and both sides look alike where both are converted.
 */

/**
 * Character sets beside those of UTF-8 that have a character of Unicode for all that they let in: found by trying all
 * of it on both servers.
 */
const complete: ReadonlySet<string> = new Set([
  "binary",
  "utf16",
  "utf16le",
  "armscii8",
  "cp850",
  "cp852",
  "cp866",
  "keybcs2",
  "koi8r",
  "koi8u",
  "latin1",
  "latin2",
  "latin5",
  "latin7",
  "macce",
  "macroman",
]);

/** Of these, those that have two codes for one character. */
const doubled: ReadonlySet<string> = new Set(["armscii8"]);

/** The character set, where not every text comes back from Unicode as it was: found in the same way. */
export function encodingOf(charset: string): string | undefined {
  return isUtf8(charset) || (complete.has(charset) && !doubled.has(charset)) ? undefined : charset;
}

/** Whether it has no characters but those of utf8mb3, and no bytes without one. */
export function hasCharactersOf3Bytes(charset: string): boolean {
  return /^(?:utf8|utf8mb3|ascii)$/.test(charset) || (complete.has(charset) && !charset.startsWith("utf16"));
}

/** A text with more bytes is told by its beginning and a hash: twice of it might pass max_allowed_packet, and be NULL. */
const toldBytes = 4_096;

/** What `isUndefinedBytesText` knows: ASCII without a backslash, which all character sets have. */
export function undefinedBytesText(value: string, charset: string): string {
  const bytes = ownBytes(value);
  const words = `' bytes whose SHA-256 is ', SHA2(${bytes}, 256)`;
  const told = `IF(LENGTH(${value}) <= ${toldBytes}, LOWER(HEX(${value})), CONCAT(LOWER(HEX(LEFT(${bytes}, ${toldBytes}))), '... of ', LENGTH(${value}), ${words}))`;
  return `CONCAT('x''', ${told}, ''', which ${charset} has no characters for')`;
}

/** The condition under which a text has such bytes; null where its character set has none. */
export function undefinedBytesSql(value: string, facts: ColumnFacts | undefined): string | null {
  const charset = facts?.charset ?? null;
  if (charset === null || complete.has(charset) || utf8Text(value, facts) === value) return null;
  if (charset === "ucs2" || charset === "utf32") {
    // Halves of UTF-16's pairs: MySQL converts them to NULL, MariaDB to bytes that are no UTF-8. UTF-16 has none.
    const back = ownBytes(`CONVERT(CONVERT(${value} USING utf16) USING ${charset})`);
    return `(${value} IS NOT NULL AND NOT (${back} <=> ${ownBytes(value)}))`;
  }
  // Without the question marks that are ones. As bytes, because a collation has other characters that equal one.
  const text = ownBytes(`CONVERT(REPLACE(${value}, '?', '') USING utf8mb4)`);
  const replaced = `INSTR(${text}, _binary'?') > 0`;
  // Some have one code for U+FFFD itself, which is all that it comes back to.
  const back = ownBytes(`CONVERT(CONVERT(${value} USING utf8mb4) USING ${charset})`);
  const found = `${replaced} OR (INSTR(${text}, _binary x'EFBFBD') > 0 AND ${back} <> ${ownBytes(value)})`;
  // Of a text that is too long for these functions nothing is known: better one that is told in vain.
  return `(${value} IS NOT NULL AND COALESCE(${found}, TRUE))`;
}
