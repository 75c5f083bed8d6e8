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
 * must be the same one still. What a mapping has already is newer, and stays.
 */
export class Restorer {
  readonly #aside: readonly KeptAside[];
  readonly #left: KeptAside[] = [];
  #at = 0;

  /** In the order of their numbers, as they were kept. */
  constructor(aside: readonly KeptAside[]) {
    this.#aside = aside;
  }

  /** Batches in order; `first` is the number of the first mapping. */
  restore(mappings: readonly Mapping[], first: number): readonly Mapping[] {
    const last = first + mappings.length - 1;
    if ((this.#aside[this.#at]?.index ?? Number.POSITIVE_INFINITY) > last) return mappings;
    const restored = [...mappings];
    for (; this.#at < this.#aside.length && this.#aside[this.#at]!.index <= last; this.#at++) {
      const kept = this.#aside[this.#at]!;
      const place = kept.index - first;
      const mapping = restored[place];
      if (mapping === undefined || identityOf(mapping) !== identityOf(kept)) {
        this.#left.push(kept);
        continue;
      }
      const { originFile, note } = kept;
      restored[place] = {
        ...mapping,
        originFile: mapping.originFile ?? originFile,
        note: mapping.note ?? note,
      };
    }
    return restored;
  }

  /** What found no mapping, in the order in which it was kept. */
  left(): readonly KeptAside[] {
    return [...this.#left, ...this.#aside.slice(this.#at)];
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
