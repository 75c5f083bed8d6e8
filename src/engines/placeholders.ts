import type { Traits } from "./engine.ts";

const cache = new WeakMap<Traits, Map<string, string>>();

/** Writes each `?` of one of our own statements (which hold no other) as the engine writes its parameters. */
export function withPlaceholders(traits: Traits, sql: string): string {
  const known = cache.get(traits) ?? new Map<string, string>();
  cache.set(traits, known);
  const made = known.get(sql);
  if (made !== undefined) return made;
  let number = 0;
  const text = sql.replaceAll("?", () => traits.placeholder(++number));
  known.set(sql, text);
  return text;
}
