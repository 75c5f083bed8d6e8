import type { ColumnFacts } from "./column-facts.ts";

/** Character sets whose bytes are UTF-8 already. */
const utf8 = new Set(["utf8mb4", "utf8mb3", "utf8", "ascii"]);

export function isUtf8(charset: string): boolean {
  return utf8.has(charset);
}

/** A text in UTF-8: converted by the server, where it is not in it. */
export function utf8Text(value: string, facts: ColumnFacts | undefined): string {
  return facts?.charset !== null && facts?.charset !== undefined && isUtf8(facts.charset)
    ? value
    : `CONVERT(${value} USING utf8mb4)`;
}

/** A text's bytes as they are, of any length: MariaDB's CAST gives NULL above max_allowed_packet. */
export function ownBytes(text: string): string {
  return `CONVERT(${text} USING binary)`;
}
