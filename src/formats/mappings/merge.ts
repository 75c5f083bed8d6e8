import {
  type CollectionHeader,
  contextOf,
  identityOf,
  type Integer,
  isSilent,
  type Mapping,
  type MigrationRecord,
  type NamingPattern,
  type silence,
  type Surplus,
  type Timestamp,
} from "./model.ts";
import { jsonOfExtra } from "./extra-values.ts";
import { integerOf, mostInteger } from "./integer.ts";
import { ownTexts } from "./own-texts.ts";
import { samePattern, sameTexts } from "./same-content.ts";
import { compareTimestamps, formatTimestamp } from "./timestamp.ts";

export interface MergeInput {
  /** For the report: a path. */
  readonly name: string;
  readonly batches: AsyncIterable<{ readonly mappings: readonly Mapping[] }>;
  /** Asked after the last batch. */
  readonly header: () => CollectionHeader;
}

/** One identity that arrived again and said something else. */
export interface MergeConflict {
  /** Both are null of what stands beside the mappings. */
  readonly original: string | null;
  readonly context: string | null;
  /** The members that differ: what stood, what arrived, what stands now. One that no schema knows is told as JSON. */
  readonly members: readonly {
    readonly member: string;
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
  /** Sums of the usage counts: a mapping that arrives again counts as one use, whatever it says. */
  readonly usage: { readonly read: bigint; readonly written: bigint };
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
 * kept: silence and an empty Mapped overwrite nothing. What is dropped of two that differ is a conflict. Memory: about the size of all distinct mappings.
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
  let used = 0n;
  const counted: { name: string; mappings: number; added: number }[] = [];
  for (const [index, { name, batches }] of inputs.entries()) {
    const count = { name, mappings: 0, added: 0 };
    counted.push(count);
    for await (const batch of batches) {
      count.mappings += batch.mappings.length;
      for (const mapping of batch.mappings) {
        used += BigInt(mapping.usageCount);
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
  const { header, conflicts: others } = mergeHeaders(inputs);
  conflictCount += others.length;
  conflicts.push(...others.slice(0, mostConflicts - conflicts.length));
  const usage = {
    read: used,
    written: mappings.reduce((sum, { usageCount }) => sum + BigInt(usageCount), 0n),
  };
  return { mappings, header, conflicts, conflictCount, repeated, usage, inputs: counted };
}

/** What stands after a mapping arrived whose identity stood already. */
export function mergeTwo(before: Mapping, arrived: Mapping, now: Timestamp | undefined): Mapping {
  const references = sameTexts(before.references, arrived.references)
    ? before.references
    : [...new Set([...before.references, ...arrived.references])];
  return {
    ...before,
    mapped: isSilent(arrived, "mapped") || arrived.mapped === "" ? before.mapped : arrived.mapped,
    type: isSilent(arrived, "type") ? before.type : arrived.type,
    confidence: (speaker(before, arrived, "confidence") ?? surer(before, arrived)).confidence,
    lastUpdated: now ?? (speaker(before, arrived, "lastUpdated") ?? later(before, arrived)).lastUpdated,
    usageCount: oneMore(before.usageCount),
    references,
    originFile: (speaker(before, arrived, "originFile") ?? arrived).originFile ?? before.originFile,
    note: arrived.note ?? before.note,
    extra: before.extra ?? arrived.extra,
    members: joinedMembers(before.members, arrived.members),
    wire: null,
    ...(before.silent === undefined ? {} : { silent: before.silent & (arrived.silent ?? 0) }),
  };
}

/** No file holds a greater number than that of 64 bits, which stays as it is. */
function oneMore(count: Integer): Integer {
  const exact = BigInt(count);
  return exact === mostInteger ? count : integerOf(exact + 1n);
}

/** A value that a merge of two does not keep, and what stands in its place. */
export interface GivenUp {
  /** One that no schema knows is told as JSON. */
  readonly member: string;
  readonly value: string | Integer | null;
  readonly stands: string | Integer | null;
}

/**
 * Each value of the two that the result does not have, also where a rule decides which one stands. Of the uses of what
 * arrived one counts, so more of them are given up.
 */
export function givenUp(before: Mapping, arrived: Mapping, result: Mapping): readonly GivenUp[] {
  const known = (["mapped", "type", "confidence", "lastUpdated", "originFile", "note"] as const).flatMap(
    (member) => {
      const isSaid = (one: Mapping) => one[member] !== null && (member === "note" || !isSilent(one, member));
      const stands = textOrNumber(result, member);
      return [before, arrived]
        .filter((one) => isSaid(one) && !Object.is(textOrNumber(one, member), stands))
        .map((one) => ({ member, value: textOrNumber(one, member), stands }));
    },
  );
  const uses =
    arrived.usageCount > 1
      ? [{ member: "usageCount", value: arrived.usageCount, stands: result.usageCount }]
      : [];
  const surplus = differingSurplus(before, arrived);
  return [
    ...known,
    ...uses,
    ...surplus.map(({ member, arrived: value, result: stands }) => ({ member, value, stands })),
  ];
}

function textOrNumber(mapping: Mapping, member: keyof typeof silence | "note"): string | Integer | null {
  return member === "lastUpdated" ? formatTimestamp(mapping.lastUpdated) : mapping[member];
}

/** The one of two that says a member; null where both say it, or none does. */
function speaker(before: Mapping, arrived: Mapping, member: keyof typeof silence): Mapping | null {
  if (isSilent(before, member) === isSilent(arrived, member)) return null;
  return isSilent(before, member) ? arrived : before;
}

/** A number is greater than none. */
function surer(before: Mapping, arrived: Mapping): Mapping {
  return arrived.confidence > before.confidence || Number.isNaN(before.confidence) ? arrived : before;
}

function later(before: Mapping, arrived: Mapping): Mapping {
  return compareTimestamps(before.lastUpdated, arrived.lastUpdated) < 0 ? arrived : before;
}

/**
 * The members in which the two contradict each other; empty where they don't. The confidence alone is no contradiction,
 * since the greater one stands, and neither is what only one of them says. A usage count is one where it is greater than
 * that which stands.
 */
function differing(before: Mapping, arrived: Mapping, result: Mapping): MergeConflict["members"] {
  const bothSay = (member: keyof typeof silence) => !isSilent(before, member) && !isSilent(arrived, member);
  const isContradicted = {
    mapped: before.mapped !== arrived.mapped && bothSay("mapped"),
    type: before.type !== arrived.type && bothSay("type"),
    confidence: false,
    usageCount: arrived.usageCount > result.usageCount,
    originFile: contradict(before.originFile, arrived.originFile) && bothSay("originFile"),
    note: contradict(before.note, arrived.note),
  };
  const surplus = differingSurplus(before, arrived);
  if (surplus.length === 0 && !Object.values(isContradicted).includes(true)) return [];
  isContradicted.confidence = !Object.is(before.confidence, arrived.confidence) && bothSay("confidence");
  const names = ["mapped", "type", "confidence", "usageCount", "originFile", "note"] as const;
  const known = names
    .filter((member) => isContradicted[member])
    .map((member) => ({
      member,
      before: before[member],
      arrived: arrived[member],
      result: result[member],
    }));
  return [...known, ...surplus];
}

/** What no schema knows and both have, each something else: that of the first stands. */
function differingSurplus(before: Surplus, arrived: Surplus): MergeConflict["members"] {
  const differences: { member: string; before: string; arrived: string; result: string }[] = [];
  const add = (member: string, one: string, other: string) => {
    if (one !== other) differences.push({ member, before: one, arrived: other, result: one });
  };
  if (before.members !== null && arrived.members !== null) {
    const stood = new Map(before.members);
    for (const [name, json] of arrived.members) add(name, stood.get(name) ?? json, json);
  }
  if (before.extra !== null && arrived.extra !== null) {
    add("$extra", shownExtra(before.extra), shownExtra(arrived.extra));
  }
  return differences;
}

function shownExtra(extra: readonly Uint8Array[]): string {
  return `[${extra.map(jsonOfExtra).join(",")}]`;
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
function mergeHeaders(inputs: readonly MergeInput[]): {
  readonly header: CollectionHeader;
  readonly conflicts: readonly MergeConflict[];
} {
  const [first, ...others] = inputs;
  if (first === undefined) throw new Error("Nothing to merge");
  const conflicts: MergeConflict[] = [];
  let merged = first.header();
  for (const { name, header } of others) {
    const arrived = header();
    const members = differingHeaders(merged, arrived);
    if (members.length > 0) {
      conflicts.push({ original: null, context: null, members, first: first.name, later: name });
    }
    merged = {
      version: merged.version > arrived.version ? merged.version : arrived.version,
      patterns: joinedPatterns(merged.patterns, arrived.patterns),
      statistics: joinedStatistics(merged.statistics, arrived.statistics),
      history: joinedHistory(merged.history, arrived.history),
      extra: merged.extra ?? arrived.extra,
      members: joinedMembers(merged.members, arrived.members),
      wire: null,
    };
  }
  return { header: merged, conflicts };
}

function differingHeaders(before: CollectionHeader, arrived: CollectionHeader): MergeConflict["members"] {
  const surplus = differingSurplus(before, arrived);
  const [one, other] = [before.statistics, arrived.statistics];
  if (one === null || other === null) return surplus;
  const ofStatistics = differingSurplus(one, other).map(
    ({ member, before: stood, arrived: came, result }) => ({
      member: `statistics.${member}`,
      before: stood,
      arrived: came,
      result,
    }),
  );
  if (one.lastVersion !== "" && other.lastVersion !== "" && one.lastVersion !== other.lastVersion) {
    ofStatistics.unshift({
      member: "statistics.lastVersion",
      before: one.lastVersion,
      arrived: other.lastVersion,
      result: one.lastVersion,
    });
  }
  return [...surplus, ...ofStatistics];
}

/** In the order of time. Files that were one have their first entries in common. */
function joinedHistory(
  before: readonly MigrationRecord[],
  arrived: readonly MigrationRecord[],
): readonly MigrationRecord[] {
  const key = ({ at, from, to, by, mappings }: MigrationRecord) =>
    JSON.stringify([at.seconds, at.nanos, from, to, by, String(mappings)]);
  const known = new Set(before.map(key));
  return [...before, ...arrived.filter((record) => !known.has(key(record)))].sort((a, b) =>
    compareTimestamps(a.at, b.at),
  );
}

function joinedPatterns(
  before: readonly NamingPattern[],
  arrived: readonly NamingPattern[],
): readonly NamingPattern[] {
  // There may be very many, so only those of one text are held against each other.
  const byText = new Map<string, NamingPattern[]>();
  for (const one of before) {
    const text = textOf(one);
    const same = byText.get(text);
    if (same === undefined) byText.set(text, [one]);
    else same.push(one);
  }
  const isThere = (pattern: NamingPattern): boolean =>
    byText.get(textOf(pattern))?.some((one) => samePattern(one, pattern)) === true;
  return [...before, ...arrived.filter((pattern) => !isThere(pattern))];
}

function textOf(one: NamingPattern): string {
  const { pattern, description, targetType, confidence, replacement, example, members } = one;
  return JSON.stringify([
    pattern,
    description,
    String(targetType),
    String(confidence),
    replacement,
    example,
    members,
  ]);
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
    lastVersion: before.lastVersion === "" ? arrived.lastVersion : before.lastVersion,
    extra: before.extra ?? arrived.extra,
    members: joinedMembers(before.members, arrived.members),
    wire: null,
  };
}
