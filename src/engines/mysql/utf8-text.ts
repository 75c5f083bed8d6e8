import type { ColumnFacts } from "./column-facts.ts";

/** Character sets whose bytes are UTF-8 already. */
const utf8 = new Set(["utf8mb4", "utf8mb3", "utf8", "ascii"]);

/** A text in UTF-8: converted by the server, where it is not in it. */
export function utf8Text(value: string, facts: ColumnFacts | undefined): string {
  return facts?.charset !== null && facts?.charset !== undefined && utf8.has(facts.charset)
    ? value
    : `CONVERT(${value} USING utf8mb4)`;
}
