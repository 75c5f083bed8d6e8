import {
  type CollectionHeader,
  contextOf,
  identityOf,
  type Integer,
  type Mapping,
  type NamingPattern,
  type Timestamp,
} from "./model.ts";
import { integerOf } from "./integer.ts";
import { ownTexts } from "./own-texts.ts";
import { samePattern, sameTexts } from "./same-content.ts";
import { compareTimestamps } from "./timestamp.ts";

export interface MergeInput {
  /** For the report: a path. */
  readonly name: string;
  readonly batches: AsyncIterable<{ readonly mappings: readonly Mapping[] }>;
  /** Asked after the last batch. */
  readonly header: () => CollectionHeader;
}

/** One identity that arrived again and said something else. */
export interface MergeConflict {
  readonly original: string;
  readonly context: string;
  /** The members that differ: what stood, what arrived, what stands now. */
  readonly members: readonly {
    readonly member: "mapped" | "type" | "confidence" | "originFile" | "note";
    readonly before: string | Integer | null;
    readonly arrived: string | Integer | null;
    readonly result: string | Integer | null;
  }[];
  /** Names of the inputs: which has it first, which said something else. */
  readonly first: string;
  readonly later: string;
}

export interface Merged {
  /** In the order of first appearance. */
  readonly mappings: readonly Mapping[];
  readonly header: CollectionHeader;
  /** At most `mostConflicts`, the first ones. */
  readonly conflicts: readonly MergeConflict[];
  readonly conflictCount: number;
  /** Identities that arrived again, conflicting or not. */
  readonly repeated: number;
  readonly inputs: readonly { readonly name: string; readonly mappings: number; readonly added: number }[];
}

export interface MergeOptions {
  /** The moment that a repeated mapping gets as LastUpdated, as in the original tool. Left out: the later of both. */
  readonly now?: Timestamp;
  /** Default 1000. */
  readonly mostConflicts?: number;
}

/**
 * Merges in order, by the rules of the original tool: a repeated identity overwrites Mapped and Type, keeps the greater
 * Confidence, sets LastUpdated and adds 1 to UsageCount. References are joined, and what only one of the two has is
 * kept. Memory: about the size of all distinct mappings.
 */
export async function mergeMappings(
  inputs: readonly MergeInput[],
  options: MergeOptions = {},
): Promise<Merged> {
  const mostConflicts = options.mostConflicts ?? 1000;
  const places = new Map<string, number>();
  const mappings: Mapping[] = [];
  /** The number of the input that each came from first. */
  const origins: number[] = [];
  const conflicts: MergeConflict[] = [];
  let conflictCount = 0;
  let repeated = 0;
  const counted: { name: string; mappings: number; added: number }[] = [];
  for (const [index, { name, batches }] of inputs.entries()) {
    const count = { name, mappings: 0, added: 0 };
    counted.push(count);
    for await (const batch of batches) {
      count.mappings += batch.mappings.length;
      for (const mapping of batch.mappings) {
        const identity = identityOf(mapping);
        const place = places.get(identity);
        if (place === undefined) {
          const own = ownTexts(mapping);
          places.set(identityOf(own), mappings.length);
          mappings.push(own);
          origins.push(index);
          count.added++;
          continue;
        }
        repeated++;
        const before = mappings[place]!;
        const result = mergeTwo(before, mapping, options.now);
        mappings[place] = ownTexts(result);
        const members = differing(before, mapping, result);
        if (members.length === 0) continue;
        conflictCount++;
        if (conflicts.length === mostConflicts) continue;
        const first = inputs[origins[place]!]!.name;
        conflicts.push({
          original: before.original,
          context: contextOf(before),
          members,
          first,
          later: name,
        });
      }
    }
  }
  const header = mergeHeaders(inputs.map((input) => input.header()));
  return { mappings, header, conflicts, conflictCount, repeated, inputs: counted };
}

/** What stands after a mapping arrived whose identity stood already. */
export function mergeTwo(before: Mapping, arrived: Mapping, now: Timestamp | undefined): Mapping {
  const later = compareTimestamps(before.lastUpdated, arrived.lastUpdated) < 0 ? arrived : before;
  const references = sameTexts(before.references, arrived.references)
    ? before.references
    : [...new Set([...before.references, ...arrived.references])];
  return {
    ...before,
    mapped: arrived.mapped,
    type: arrived.type,
    confidence: greater(before.confidence, arrived.confidence),
    lastUpdated: now ?? later.lastUpdated,
    usageCount: integerOf(BigInt(before.usageCount) + 1n),
    references,
    originFile: arrived.originFile ?? before.originFile,
    note: arrived.note ?? before.note,
    extra: before.extra ?? arrived.extra,
    members: joinedMembers(before.members, arrived.members),
    wire: null,
  };
}

/**
 * The members in which the two contradict each other; empty where they don't. The confidence alone is no contradiction,
 * since the greater one stands, and neither is what only one of them has.
 */
function differing(before: Mapping, arrived: Mapping, result: Mapping): MergeConflict["members"] {
  const isContradicted = {
    mapped: before.mapped !== arrived.mapped,
    type: before.type !== arrived.type,
    originFile: contradict(before.originFile, arrived.originFile),
    note: contradict(before.note, arrived.note),
    confidence: false,
  };
  if (!Object.values(isContradicted).includes(true)) return [];
  isContradicted.confidence = !Object.is(before.confidence, arrived.confidence);
  const names = ["mapped", "type", "confidence", "originFile", "note"] as const;
  return names
    .filter((member) => isContradicted[member])
    .map((member) => ({
      member,
      before: before[member],
      arrived: arrived[member],
      result: result[member],
    }));
}

function contradict(before: string | null, arrived: string | null): boolean {
  return before !== null && arrived !== null && before !== arrived;
}

/** The first to have a member that no schema knows keeps it. */
function joinedMembers(before: Mapping["members"], arrived: Mapping["members"]): Mapping["members"] {
  if (before === null || arrived === null) return before ?? arrived;
  const names = new Set(before.map(([name]) => name));
  return [...before, ...arrived.filter(([name]) => !names.has(name))];
}

/** All patterns that differ, the earliest beginning, the latest change, and the greatest version. */
function mergeHeaders(headers: readonly CollectionHeader[]): CollectionHeader {
  const [first, ...others] = headers;
  if (first === undefined) throw new Error("Nothing to merge");
  return others.reduce<CollectionHeader>(
    (merged, header) => ({
      version: merged.version > header.version ? merged.version : header.version,
      patterns: joinedPatterns(merged.patterns, header.patterns),
      statistics: joinedStatistics(merged.statistics, header.statistics),
      history: [...merged.history, ...header.history].sort((a, b) => compareTimestamps(a.at, b.at)),
      extra: merged.extra ?? header.extra,
      members: joinedMembers(merged.members, header.members),
      wire: null,
    }),
    first,
  );
}

function joinedPatterns(
  before: readonly NamingPattern[],
  arrived: readonly NamingPattern[],
): readonly NamingPattern[] {
  return [...before, ...arrived.filter((pattern) => !before.some((one) => samePattern(one, pattern)))];
}

/** The counts are right only after a merge: see `completeStatistics`. */
function joinedStatistics(
  before: CollectionHeader["statistics"],
  arrived: CollectionHeader["statistics"],
): CollectionHeader["statistics"] {
  if (before === null || arrived === null) return before ?? arrived;
  const isEarlier = compareTimestamps(before.createdAt, arrived.createdAt) <= 0;
  const isLater = compareTimestamps(before.lastModified, arrived.lastModified) >= 0;
  return {
    ...before,
    createdAt: (isEarlier ? before : arrived).createdAt,
    lastModified: (isLater ? before : arrived).lastModified,
    wire: null,
  };
}

/** A number is greater than none. */
function greater(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : Math.max(a, b);
}
