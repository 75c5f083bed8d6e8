import { createHash, type Hash } from "node:crypto";
import type { FaultKind, MappingsSums } from "../../core/mappings-steps.ts";
import {
  type CollectionHeader,
  ContentDigest,
  type ContentSums,
  headerSums,
  historySum,
  identityOf,
  type Integer,
  KeySet,
  type Mapping,
  type MigrationRecord,
} from "../../formats/mappings/index.ts";

export interface PreservedOptions {
  /** Several files become one. */
  readonly merges: boolean;
  readonly clean: readonly FaultKind[];
  /** `read`: the files as they are, of which it sums what has to become of them. `back`: the file that was made. */
  readonly side: "read" | "back";
}

/**
 * Sums what a migration has to preserve, once of the files that it reads and once of the file that it made; both must be
 * the same. It knows nothing of how files are converted, merged and mended, only what has to come out: so a fault in
 * those parts cannot hide itself. What a mend of several mappings changes by intent is left out of the sums, and is null.
 * Of a merge the symbols, their order and their uses are summed so; what each says is held against the merge of the look.
 *
 * Memory: 18 bytes for each symbol where mappings are joined.
 */
export class PreservedSums {
  readonly #options: PreservedOptions;
  /** Null where each mapping comes out by itself, and its place tells as much. */
  readonly #identities: Hash | null;
  readonly #known: KeySet | null;
  /** Null where the plain sum of the mappings tells all, or nothing does. */
  readonly #values: ContentDigest | null;
  #count = 0;
  /** Numbers first, which is much cheaper; what does not fit is added to the other one. */
  #usage = 0;
  #longUsage = 0n;
  #isSummed = true;

  constructor(options: PreservedOptions) {
    const { merges, clean, side } = options;
    const joins = merges || clean.includes("duplicate");
    this.#options = options;
    this.#identities = joins ? createHash("sha256") : null;
    this.#known = joins && side === "read" ? new KeySet() : null;
    this.#values = !joins && clean.length > 0 ? new ContentDigest() : null;
  }

  /** All mappings of all files, in order. */
  add(mappings: readonly Mapping[]): void {
    const { clean, side } = this.#options;
    for (const mapping of mappings) {
      if (side === "read" && clean.includes("empty-name") && mapping.original === "") continue;
      const identity = this.#identities === null ? "" : identityOf(mapping);
      if (this.#known?.add(identity) === false) {
        // It counts as one use of the first.
        this.#use(1);
        continue;
      }
      this.#count++;
      this.#use(mapping.usageCount);
      // One use more would be a number that no file holds.
      if (side === "read" && mapping.usageCount >= mostUses) this.#isSummed = false;
      this.#identities?.update(`${JSON.stringify([mapping.context, identity])}\n`);
      this.#values?.add([this.#expected(mapping)]);
    }
  }

  /** `plain` are sums that the caller has anyway: of the same mappings, or of what several files were merged to. */
  finish(rest: {
    readonly headers: readonly CollectionHeader[];
    readonly history: readonly MigrationRecord[];
    readonly plain: ContentSums;
    /** Of origin files and notes, where they are not with the mappings. */
    readonly aside: string | null;
  }): MappingsSums {
    const { headers, history, plain } = rest;
    const { merges, clean } = this.#options;
    const joins = this.#identities !== null;
    const [header] = headers;
    const values = header === undefined ? undefined : this.#values?.finish(header).shared;
    return {
      mappings: this.#count,
      identities: this.#identities?.digest("hex") ?? null,
      values: joins && clean.length > 0 ? null : (values ?? plain.shared),
      usage: joins && !this.#isSummed ? null : String(this.#longUsage + BigInt(this.#usage)),
      aside: (joins && clean.length > 0) || clean.includes("empty-name") ? null : (rest.aside ?? plain.aside),
      history: historySum(history, merges),
      ...headerSums(headers, merges),
    };
  }

  #use(count: Integer): void {
    if (typeof count === "number" && Number.isSafeInteger(this.#usage + count)) this.#usage += count;
    else this.#longUsage += BigInt(count);
  }

  /** What a mend has to make of it; references that may be dead are left out on both sides. */
  #expected(mapping: Mapping): Mapping {
    const { clean, side } = this.#options;
    const references = clean.includes("dead-reference") ? [] : mapping.references;
    if (side === "back") return { ...mapping, references };
    const { confidence, mapped, original } = mapping;
    const isUnsure = clean.includes("confidence") && !(confidence >= 0 && confidence <= 1);
    return {
      ...mapping,
      references,
      mapped: clean.includes("empty-name") && mapped === "" ? original : mapped,
      confidence: isUnsure ? (confidence > 1 ? 1 : 0) : confidence,
    };
  }
}

const mostUses = 2n ** 63n;

/** In words, what was read and does not come back. */
export function unpreserved(read: MappingsSums, back: MappingsSums): string[] {
  const names = Object.keys(read) as (keyof MappingsSums)[];
  return names.flatMap((name) => {
    const [want, have] = [read[name], back[name]];
    if (want === null || want === have) return [];
    return [`${words[name]}: ${String(have).slice(0, 16)}, and ${String(want).slice(0, 16)} was read`];
  });
}

const words: Readonly<Record<keyof MappingsSums, string>> = {
  mappings: "the number of mappings",
  identities: "the symbols and their order",
  values: "what the mappings say",
  usage: "the sum of the usage counts",
  aside: "origin files and notes",
  history: "the history",
  patterns: "the patterns",
  statistics: "the statistics",
  surplus: "members that no version knows",
};
