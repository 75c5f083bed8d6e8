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
 * Puts back what was kept aside: to the mapping of that number where it is the same one still, else to the next one of
 * that identity. What a mapping has already is newer, and stays. Memory: what was kept aside.
 */
export class Restorer {
  readonly #byIdentity = new Map<string, KeptAside[]>();

  constructor(aside: Iterable<KeptAside>) {
    for (const kept of aside) {
      const same = this.#byIdentity.get(identityOf(kept));
      if (same === undefined) this.#byIdentity.set(identityOf(kept), [kept]);
      else same.push(kept);
    }
  }

  /** Batches in order; `first` is the number of the first mapping. */
  restore(mappings: readonly Mapping[], first: number): readonly Mapping[] {
    if (this.#byIdentity.size === 0) return mappings;
    return mappings.map((mapping, offset) => {
      const kept = this.#take(identityOf(mapping), first + offset);
      if (kept === null) return mapping;
      const { originFile, note } = kept;
      return { ...mapping, originFile: mapping.originFile ?? originFile, note: mapping.note ?? note };
    });
  }

  /** What found no mapping, in the order in which it was kept. */
  left(): readonly KeptAside[] {
    return [...this.#byIdentity.values()].flat().sort((a, b) => a.index - b.index);
  }

  #take(identity: string, index: number): KeptAside | null {
    const same = this.#byIdentity.get(identity);
    if (same === undefined) return null;
    // Of mappings that are there twice each gets its own; one that stands at another place than its own gets what is
    // left for those before it.
    let place = same.findIndex((kept) => kept.index === index);
    if (place === -1) place = same.findIndex((kept) => kept.index < index);
    if (place === -1 && same.length === 1) place = 0;
    if (place === -1) return null;
    const [kept] = same.splice(place, 1);
    if (same.length === 0) this.#byIdentity.delete(identity);
    return kept ?? null;
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
