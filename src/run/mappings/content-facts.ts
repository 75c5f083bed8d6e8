import type { MappingsFacts } from "../../core/mappings-steps.ts";
import {
  type CollectionHeader,
  ContentDigest,
  type ContentSums,
  type Mapping,
  MappingStatistics,
} from "../../formats/mappings/index.ts";

/** Gathers the facts of a database, mapping by mapping. */
export class ContentFacts {
  readonly #digest: ContentDigest;
  readonly #statistics = new MappingStatistics();

  /** `marks`: see ContentDigest. */
  constructor(options: { readonly marks?: readonly string[] } = {}) {
    this.#digest = new ContentDigest(options);
  }

  add(mappings: readonly Mapping[]): void {
    this.#digest.add(mappings);
    this.#statistics.add(mappings);
  }

  finish(header: CollectionHeader): { readonly facts: MappingsFacts; readonly sums: ContentSums } {
    const sums = this.#digest.finish(header);
    const { mappings, byType, byContext, otherContexts, references } = this.#statistics.counts();
    const facts = {
      mappings,
      patterns: header.patterns.length,
      types: sorted(byType),
      contexts: sorted(byContext),
      otherContexts,
      references,
      content: sums.content,
    };
    return { facts, sums };
  }
}

function sorted(counts: ReadonlyMap<string, number>): MappingsFacts["types"] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
