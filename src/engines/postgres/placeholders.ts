const cache = new Map<string, string>();

/** `?` to `$1`, `$2`, …; `??` is a literal question mark (PostgreSQL has operators with one). Quoted text is left alone. */
export function numberPlaceholders(sql: string): string {
  const known = cache.get(sql);
  if (known !== undefined) return known;
  let number = 0;
  const numbered = sql.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\?\??/g, (match) => {
    if (match === "??") return "?";
    return match === "?" ? `$${++number}` : match;
  });
  // Bounded: callers use a handful of texts; a migration that makes thousands of them must not grow it.
  if (cache.size < 200) cache.set(sql, numbered);
  return numbered;
}
