import type { Mapping } from "./model.ts";

export type FindingKind = "duplicate" | "empty-name" | "dead-reference" | "confidence";

export interface Finding {
  readonly kind: FindingKind;
  /** The number of the mapping, from 0. */
  readonly index: number;
  readonly original: string;
  readonly context: string;
  /** What is wrong, in words. */
  readonly problem: string;
  /** What the mend does, in words. */
  readonly mend: string;
}

/**
 * Looks at a collection in one pass, then mends it in a second one. Memory: some 20 bytes for each mapping and each
 * distinct reference.
 */
export declare class CleanUp {
  constructor(kinds: readonly FindingKind[], options?: { readonly mostFindings?: number });
  /** First pass, all batches in order. */
  look(mappings: readonly Mapping[]): void;
  /** After the first pass. */
  findings(): { readonly listed: readonly Finding[]; readonly counts: Readonly<Record<FindingKind, number>> };
  /** Second pass, the same batches in the same order: what is left of each. */
  mend(mappings: readonly Mapping[]): readonly Mapping[];
}
