const name = "(?:`(?:[^`]|``)+`|[\\w$\\u0080-\\uffff]+)";
const creation = new RegExp(
  `^\\s*CREATE\\s+(?:OR\\s+REPLACE\\s+)?TEMPORARY\\s+TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?(${name}(?:\\s*\\.\\s*${name})?)`,
  "i",
);

/**
 * The name, as written, of the temporary table that a statement makes; null for other statements. The server
 * lists a session's temporary tables only for those who may see all sessions, so they are remembered instead.
 */
export function temporaryTable(sql: string): string | null {
  if (!/\btemporary\b/i.test(sql)) return null;
  const code = sql.slice(0, 10_000).replaceAll(/\/\*(?!!).*?\*\/|(?:-- |#)[^\n]*\n/gs, " ");
  return creation.exec(code)?.[1] ?? null;
}
