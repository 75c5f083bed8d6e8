import type { CollectionHeader, Mapping, MigrationRecord, SchemaVersion } from "./model.ts";

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
  /** What the target version has no place for, in words; empty where nothing is. */
  readonly keepsAside: readonly string[];
}

/** Throws GW2603, by name, for a version that this program does not know. */
export declare function planVersionChange(from: string, to: string): VersionChange;

/** The mappings as 1.0 holds them, and what has to be kept aside. */
export declare function downgradeMappings(
  mappings: readonly Mapping[],
  first: number,
): { readonly mappings: readonly Mapping[]; readonly aside: readonly KeptAside[] };

export declare function downgradeHeader(header: CollectionHeader): {
  readonly header: CollectionHeader;
  readonly history: readonly MigrationRecord[];
};

/** Puts back what was kept aside: to the mapping of that number and identity, else to the next one of that identity. */
export declare class Restorer {
  constructor(aside: Iterable<KeptAside>);
  restore(mappings: readonly Mapping[], first: number): readonly Mapping[];
  /** What found no mapping. */
  left(): readonly KeptAside[];
}

/** The header as 1.1 holds it, with the history that was kept aside and, after it, one entry more where it is given. */
export declare function upgradeHeader(
  header: CollectionHeader,
  kept: readonly MigrationRecord[],
  entry?: MigrationRecord,
): CollectionHeader;
