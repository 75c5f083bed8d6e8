import { identityOf, type Mapping } from "./model.ts";

/**
 * The keys that a mapping's own names tell, in the order in which a writer tries them. A reader keeps no key of these,
 * so that they say nothing of their own. Any of the first two can be taken by a mapping of another name; the last one
 * can be so only by one that is named like it.
 */
export function keysOf(mapping: Pick<Mapping, "original" | "context">): readonly string[] {
  const { original, context } = mapping;
  return [original, `${context ?? "global"}:${original}`, identityOf(mapping)];
}
