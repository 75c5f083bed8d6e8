import { JsonCursor } from "./json-cursor.ts";

/**
 * The text of one JSON value without the white space around its parts; all else stays as it is written. Null where it
 * is no JSON, or such as is refused in a file too.
 */
export function compactJson(text: string): string | null {
  const bytes = Buffer.from(`${text} `);
  const cursor = new JsonCursor().attachBytes(bytes);
  try {
    cursor.skip("a value");
    // No more than white space may follow; it ends the window.
    for (let at = cursor.at; at < bytes.length; at++)
      if (!/[ \t\r\n]/.test(bytes.toString("latin1", at, at + 1))) return null;
  } catch {
    return null;
  }
  return withoutSpaces(text);
}

function hasSpace(text: string): boolean {
  // An expression costs more than a short text is long.
  if (text.length > 64) return /[ \t\r\n]/.test(text);
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) <= 0x20) return true;
  return false;
}

/** Of text that is known to be JSON. */
export function withoutSpaces(text: string): string {
  if (!hasSpace(text)) return text;
  const parts: string[] = [];
  let from = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) isInString = !isInString;
    else if (code === 0x5c) at++;
    else if (!isInString && code <= 0x20) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts.join("");
}
