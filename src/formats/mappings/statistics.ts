import { symbolTypeName } from "./filter.ts";
import {
  type CollectionHeader,
  contextOf,
  type DatabaseStatistics,
  isSilent,
  type Mapping,
  type Timestamp,
} from "./model.ts";
import { compareTimestamps } from "./timestamp.ts";

export interface MappingCounts {
  readonly mappings: number;
  /** By name of the type, most first. */
  readonly byType: ReadonlyMap<string, number>;
  /** By context, most first; at most 1000, the mappings of all others in `otherContexts`. */
  readonly byContext: ReadonlyMap<string, number>;
  readonly otherContexts: number;
  readonly references: number;
  readonly usage: bigint;
  /** Of those that are a number. */
  readonly confidence: { readonly least: number; readonly mean: number; readonly greatest: number } | null;
  readonly oldest: Timestamp | null;
  readonly newest: Timestamp | null;
}

/** Contexts are kept in memory, so that they have a bound. */
const mostContexts = 1000;

export class MappingStatistics {
  #mappings = 0;
  readonly #byType = new Map<string, number>();
  readonly #byContext = new Map<string, number>();
  #otherContexts = 0;
  #references = 0;
  #usage = 0;
  #longUsage = 0n;
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;
  #sum = 0;
  #sure = 0;
  #oldest: Timestamp | null = null;
  #newest: Timestamp | null = null;

  add(mappings: readonly Mapping[]): void {
    for (const mapping of mappings) this.#addOne(mapping);
  }

  counts(): MappingCounts {
    const confidence =
      this.#sure === 0
        ? null
        : { least: this.#least, mean: this.#sum / this.#sure, greatest: this.#greatest };
    return {
      mappings: this.#mappings,
      byType: mostFirst(this.#byType),
      byContext: mostFirst(this.#byContext),
      otherContexts: this.#otherContexts,
      references: this.#references,
      usage: this.#longUsage + BigInt(this.#usage),
      confidence,
      oldest: this.#oldest,
      newest: this.#newest,
    };
  }

  #addOne(mapping: Mapping): void {
    const { confidence, lastUpdated, usageCount } = mapping;
    this.#mappings++;
    this.#references += mapping.references.length;
    const type = symbolTypeName(mapping.type);
    this.#byType.set(type, (this.#byType.get(type) ?? 0) + 1);
    const context = contextOf(mapping);
    const inContext = this.#byContext.get(context);
    if (inContext === undefined && this.#byContext.size === mostContexts) this.#otherContexts++;
    else this.#byContext.set(context, (inContext ?? 0) + 1);
    if (typeof usageCount === "number" && Number.isSafeInteger(this.#usage + usageCount))
      this.#usage += usageCount;
    else this.#longUsage += BigInt(usageCount);
    if (!Number.isNaN(confidence)) {
      this.#sure++;
      this.#sum += confidence;
      this.#least = Math.min(this.#least, confidence);
      this.#greatest = Math.max(this.#greatest, confidence);
    }
    // A date that the file does not say is none.
    if (isSilent(mapping, "lastUpdated")) return;
    if (this.#oldest === null || compareTimestamps(lastUpdated, this.#oldest) < 0) this.#oldest = lastUpdated;
    if (this.#newest === null || compareTimestamps(lastUpdated, this.#newest) > 0) this.#newest = lastUpdated;
  }
}

/**
 * The header with statistics where it had none, and with the right total: what the original tool expects of a
 * MessagePack file. Statistics that are there and right stay as they are, to the byte.
 */
export function completeStatistics(
  header: CollectionHeader,
  facts: { readonly mappings: number; readonly now: Timestamp },
): CollectionHeader & { readonly statistics: DatabaseStatistics } {
  const { statistics, version } = header;
  if (statistics !== null) {
    const { mappings } = facts;
    if (statistics.totalMappings === mappings) return { ...header, statistics };
    return { ...header, statistics: { ...statistics, totalMappings: mappings, wire: null } };
  }
  return {
    ...header,
    statistics: {
      createdAt: facts.now,
      lastModified: facts.now,
      totalMappings: facts.mappings,
      lastVersion: version,
      extra: null,
      members: null,
      wire: null,
    },
  };
}

function mostFirst(counts: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...counts].sort(([a, less], [b, more]) => more - less || (a < b ? -1 : 1)));
}
