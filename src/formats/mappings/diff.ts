import type { Mapping } from "./model.ts";

export interface MappingDifference {
  readonly change: "added" | "removed" | "changed";
  readonly original: string;
  readonly context: string;
  /** Of `changed`: the members that differ, as they are shown. */
  readonly members: readonly { readonly member: string; readonly before: string; readonly after: string }[];
}

export interface MappingDiff {
  /** At most `most`, in the order of the first file, added ones after them in the order of the second. */
  readonly differences: readonly MappingDifference[];
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly equal: number;
}

/** Compares by identity; repeated identities by their order of appearance. Memory: the first collection. */
export declare function diffMappings(
  before: AsyncIterable<{ readonly mappings: readonly Mapping[] }>,
  after: AsyncIterable<{ readonly mappings: readonly Mapping[] }>,
  options?: { readonly most?: number },
): Promise<MappingDiff>;
