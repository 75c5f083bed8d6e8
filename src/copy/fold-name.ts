import type { Traits } from "../engines/engine.ts";

/** A name as the engine compares it: names that differ in case only may be one. */
export function foldName({ distinguishesCase }: Pick<Traits, "distinguishesCase">, name: string): string {
  return distinguishesCase ? name : name.toLowerCase();
}
