import type { MappingsFacts } from "../../core/mappings-steps.ts";
import {
  type CollectionHeader,
  ContentDigest,
  type Mapping,
  MappingStatistics,
} from "../../formats/mappings/index.ts";

/** Gathers the facts of a database, mapping by mapping. */
export class ContentFacts {
  readonly #digest = new ContentDigest();
  readonly #statistics = new MappingStatistics();

  add(mappings: readonly Mapping[]): void {
    this.#digest.add(mappings);
    this.#statistics.add(mappings);
  }

  finish(header: CollectionHeader): MappingsFacts {
    const { content } = this.#digest.finish(header);
    const { mappings, byType, byContext, otherContexts, references } = this.#statistics.counts();
    return {
      mappings,
      patterns: header.patterns.length,
      types: sorted(byType),
      contexts: sorted(byContext),
      otherContexts,
      references,
      content,
    };
  }
}

function sorted(counts: ReadonlyMap<string, number>): MappingsFacts["types"] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
