import type { Mapping } from "./model.ts";

/**
 * A mapping whose texts stand for themselves. A longer text that a reader gives is a part of the text of its window,
 * and holds all of that in memory, which matters where mappings are kept.
 */
export function ownTexts(mapping: Mapping): Mapping {
  return {
    ...mapping,
    original: ownText(mapping.original),
    mapped: ownText(mapping.mapped),
    context: mapping.context === null ? null : sharedText(mapping.context),
    references: mapping.references.map((reference) => (reference === null ? null : ownText(reference))),
    originFile: mapping.originFile === null ? null : sharedText(mapping.originFile),
    note: mapping.note === null ? null : ownText(mapping.note),
  };
}

/** V8 copies parts of up to 12 characters, and refers to the whole of longer ones. */
export function ownText(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, "utf16le").toString("utf16le");
}

const known = new Map<string, string>();

/** Contexts and files repeat, so each of them is kept once, up to some. */
export function sharedText(text: string): string {
  const found = known.get(text);
  if (found !== undefined) return found;
  const one = ownText(text);
  if (known.size < 10_000) known.set(one, one);
  return one;
}
