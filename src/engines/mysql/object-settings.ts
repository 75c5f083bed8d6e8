import type { ReadObject } from "./inspect-objects.ts";

/** A text means what it meant under the sql_mode that it was written in, and the server keeps that mode with it. */
export function modeSettings({ kind, sqlMode }: ReadObject): string[] {
  return kind === "view" || kind === "sequence" ? [] : [modeSetting(withoutIdle(sqlMode))];
}

function modeSetting(mode: string): string {
  return `SET SESSION sql_mode = '${word(mode)}'`;
}

/** MariaDB's modes of which no text of a routine depends, and which MySQL does not know. */
function withoutIdle(mode: string): string {
  const idle = new Set(["NO_AUTO_CREATE_USER", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS", "NO_FIELD_OPTIONS"]);
  return mode
    .split(",")
    .filter((name) => !idle.has(name))
    .join(",");
}

/**
 * What else the server keeps of whoever made an object: the rest of its mode, the character set of its text, the
 * collation of its literals, and the time zone of an event's dates. Another product or an older server need not know the
 * names.
 */
export function makersSettings(object: ReadObject): string[] {
  const { statement, charset, collation, timeZone, sqlMode } = object;
  const isReduced = modeSettings(object).some((setting) => setting !== modeSetting(sqlMode));
  return [
    ...(isReduced ? [modeSetting(sqlMode)] : []),
    ...(keepsCharset({ charset, statement }) ? clientSet(charset) : []),
    ...(collation === "" ? [] : [`SET SESSION collation_connection = ${word(collation)}`]),
    ...(timeZone === "" ? [] : [`SET SESSION time_zone = '${word(timeZone)}'`]),
  ];
}

/** Statements are sent as UTF-8: under another character set only those mean the same that are ASCII. */
export function keepsCharset({ charset, statement }: Pick<ReadObject, "charset" | "statement">): boolean {
  if (charset === "") return true;
  if (charset === "utf8mb4" || charset === "utf8mb3" || charset === "utf8") return true;
  // eslint-disable-next-line no-control-regex
  return /^[\0-\x7f]*$/.test(statement) && !/^(ucs2|utf16|utf16le|utf32|swe7)$/.test(charset);
}

/** Through a variable, because a setting in words would let a file be garbled, and is refused. */
function clientSet(charset: string): string[] {
  if (charset === "") return [];
  if (charset.startsWith("utf8")) return [`SET SESSION character_set_client = ${word(charset)}`];
  return [`SET @godwit_charset = '${word(charset)}'`, "SET SESSION character_set_client = @godwit_charset"];
}

/** Settings come from the server, and hold names only. */
function word(text: string): string {
  return text.replaceAll(/['\\]/g, "");
}
