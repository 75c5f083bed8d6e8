import {
  type Contradiction,
  differingSurplus,
  joinedMembers,
  type MergeConflict,
  owned,
} from "./merge-conflict.ts";
import type {
  CollectionHeader,
  DatabaseStatistics,
  MigrationRecord,
  NamingPattern,
  Surplus,
} from "./model.ts";
import { samePattern } from "./same-content.ts";
import { compareTimestamps, minimumTimestamp } from "./timestamp.ts";

export interface HeaderInput {
  /** For the report: a path. */
  readonly name: string;
  /** Asked after the last batch of mappings. */
  readonly header: () => CollectionHeader;
}

/** All patterns that differ, the earliest beginning, the latest change, and the greatest version. */
export function mergeHeaders(inputs: readonly HeaderInput[]): {
  readonly header: CollectionHeader;
  readonly conflicts: readonly MergeConflict[];
} {
  const [first, ...others] = inputs;
  if (first === undefined) throw new Error("Nothing to merge");
  const conflicts: MergeConflict[] = [];
  let merged = first.header();
  const owners = headerOwners(inputs);
  for (const { name, header } of others) {
    const arrived = header();
    const members = differingHeaders(merged, arrived);
    if (members.length > 0) {
      conflicts.push({
        original: null,
        context: null,
        members: owned(members, (member) => owners.get(member) ?? first.name),
        first: first.name,
        later: name,
      });
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

/** By the name of what stands beside the mappings: the first input that has it, which is that whose value stays. */
function headerOwners(inputs: readonly HeaderInput[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const { name, header } of inputs) {
    const { statistics, ...own } = header();
    const names = [
      ...namesOf(own),
      ...(statistics === null ? [] : namesOf(statistics).map((each) => `statistics.${each}`)),
      ...(statistics === null || statistics.lastVersion === "" ? [] : ["statistics.lastVersion"]),
    ];
    for (const each of names) if (!owners.has(each)) owners.set(each, name);
  }
  return owners;
}

function namesOf({ extra, members }: Surplus): string[] {
  return [...(extra === null ? [] : ["$extra"]), ...(members ?? []).map(([name]) => name)];
}

function differingHeaders(before: CollectionHeader, arrived: CollectionHeader): readonly Contradiction[] {
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
    createdAt: (isBegun(arrived) && (!isBegun(before) || !isEarlier) ? arrived : before).createdAt,
    lastModified: (isLater ? before : arrived).lastModified,
    lastVersion: before.lastVersion === "" ? arrived.lastVersion : before.lastVersion,
    extra: before.extra ?? arrived.extra,
    members: joinedMembers(before.members, arrived.members),
    wire: null,
  };
}

/** .NET's default date stands where a file says none. */
function isBegun({ createdAt }: DatabaseStatistics): boolean {
  return compareTimestamps(createdAt, minimumTimestamp) !== 0;
}
