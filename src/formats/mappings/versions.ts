import { knownVersion } from "./known-version.ts";
import {
  type CollectionHeader,
  identityOf,
  type Mapping,
  type MigrationRecord,
  type SchemaVersion,
  schemaVersions,
} from "./model.ts";

/** What version 1.0 cannot hold of one mapping. */
export interface KeptAside {
  /** The number of the mapping when it was taken aside. */
  readonly index: number;
  readonly original: string;
  readonly context: string | null;
  readonly originFile: string | null;
  readonly note: string | null;
}

export interface VersionChange {
  readonly from: SchemaVersion;
  readonly to: SchemaVersion;
  readonly direction: "same" | "upgrade" | "downgrade";
  /** What the target version has no place for, in words; empty where it holds all. */
  readonly keepsAside: readonly string[];
}

/** Throws GW2603, by name, for a version that this program does not know. `what` names the file in the message. */
export function planVersionChange(from: string, to: string, what: string): VersionChange {
  const [source, target] = [knownVersion(from, what), knownVersion(to, "The wanted version")];
  const distance = schemaVersions.indexOf(target) - schemaVersions.indexOf(source);
  return {
    from: source,
    to: target,
    direction: distance === 0 ? "same" : distance > 0 ? "upgrade" : "downgrade",
    keepsAside:
      distance < 0 ? ["the origin file of each mapping", "the note of each mapping", "the history"] : [],
  };
}

/** The mappings as 1.0 holds them, and what has to be kept aside. `first` is the number of the first of them. */
export function downgradeMappings(
  mappings: readonly Mapping[],
  first: number,
): { readonly mappings: readonly Mapping[]; readonly aside: readonly KeptAside[] } {
  const aside: KeptAside[] = [];
  const old = mappings.map((mapping, offset) => {
    const { original, context, originFile, note } = mapping;
    if (originFile === null && note === null) return mapping;
    aside.push({ index: first + offset, original, context, originFile, note });
    return { ...mapping, originFile: null, note: null };
  });
  return { mappings: old, aside };
}

/** The header as 1.0 holds it, and its history, which has to be kept aside. */
export function downgradeHeader(header: CollectionHeader): {
  readonly header: CollectionHeader;
  readonly history: readonly MigrationRecord[];
} {
  return { header: { ...header, version: "1.0", history: [] }, history: header.history };
}

/**
 * Puts back what was kept aside to the mappings of the very content that was written with it: each has its number, and
 * must be the same one still. What a mapping has already is newer, and stays. Both are in one order, so that no more
 * than a batch of either is in memory.
 */
export class Restorer {
  readonly #batches: AsyncIterator<readonly KeptAside[]>;
  #batch: readonly KeptAside[] = [];
  #at = 0;
  #unrestored = 0;

  /** In the order of their numbers, as they were kept. */
  constructor(batches: AsyncIterable<readonly KeptAside[]>) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  /** Batches in order; `first` is the number of the first mapping. */
  async restore(mappings: readonly Mapping[], first: number): Promise<readonly Mapping[]> {
    let restored: Mapping[] | null = null;
    for (;;) {
      const kept = await this.#peek();
      if (kept === null || kept.index >= first + mappings.length) return restored ?? mappings;
      this.#at++;
      const place = kept.index - first;
      const mapping = mappings[place];
      if (mapping === undefined || identityOf(mapping) !== identityOf(kept)) {
        this.#unrestored++;
        continue;
      }
      const { originFile, note } = kept;
      restored ??= [...mappings];
      restored[place] = {
        ...mapping,
        originFile: mapping.originFile ?? originFile,
        note: mapping.note ?? note,
      };
    }
  }

  /** After the last batch: how many found no mapping. */
  async finish(): Promise<number> {
    while ((await this.#peek()) !== null) {
      this.#at++;
      this.#unrestored++;
    }
    return this.#unrestored;
  }

  async #peek(): Promise<KeptAside | null> {
    while (this.#at >= this.#batch.length) {
      const next = await this.#batches.next();
      if (next.done === true) return null;
      this.#batch = next.value;
      this.#at = 0;
    }
    return this.#batch[this.#at]!;
  }
}

/** The header as 1.1 holds it: the history that was kept aside, its own, and after both the new entry if there is one. */
export function upgradeHeader(
  header: CollectionHeader,
  kept: readonly MigrationRecord[],
  entry?: MigrationRecord,
): CollectionHeader {
  const history = [...kept, ...header.history, ...(entry === undefined ? [] : [entry])];
  return { ...header, version: "1.1", history };
}
