import { symbolTypeName } from "./filter.ts";
import type { CollectionHeader, DatabaseStatistics, NamingPattern, Surplus } from "./model.ts";
import {
  type ChangedMember,
  changedIn,
  numberShown,
  otherMembers,
  type ShownMember,
} from "./changed-members.ts";
import { sameTimestamp } from "./same-content.ts";
import { formatTimestamp } from "./timestamp.ts";

export interface HeaderDifference {
  readonly change: "added" | "removed" | "changed";
  readonly part: "pattern" | "order of patterns" | "statistics" | "other member";
  /** The text of a pattern, or the name of a member; a member without a name has its place, as "#3". */
  readonly name: string;
  /** Of `changed`: what differs, as it is shown. */
  readonly members: readonly ChangedMember[];
}

/**
 * What stands beside the mappings of two files. The history does not count, for each migration adds to it, nor does the
 * total of the statistics, which a migration puts right. A migration makes statistics where a file has none, so they
 * count where both files have some.
 */
export function diffHeaders(before: CollectionHeader, after: CollectionHeader): HeaderDifference[] {
  return [
    ...diffPatterns(before.patterns, after.patterns),
    ...(before.statistics === null || after.statistics === null
      ? []
      : diffStatistics(before.statistics, after.statistics)),
    ...diffSurplus(before, after),
  ];
}

function diffPatterns(before: readonly NamingPattern[], after: readonly NamingPattern[]): HeaderDifference[] {
  const { pairs, added, removed, kept } = paired(before, after, ({ pattern }) => pattern);
  const differences: HeaderDifference[] = [];
  for (const [one, other] of pairs) {
    const members = changedIn(one, other, patternMembers);
    if (members.length > 0)
      differences.push({ change: "changed", part: "pattern", name: one.pattern, members });
  }
  for (const { pattern } of added)
    differences.push({ change: "added", part: "pattern", name: pattern, members: [] });
  for (const { pattern } of removed)
    differences.push({ change: "removed", part: "pattern", name: pattern, members: [] });

  // The first that fits gives a symbol its name.
  const place = pairs.findIndex(([one], index) => one !== kept[index]);
  if (place !== -1) {
    const members = [
      { member: `#${place + 1}`, before: kept[place]!.pattern, after: pairs[place]![1].pattern },
    ];
    differences.push({ change: "changed", part: "order of patterns", name: "", members });
  }
  return differences;
}

function diffStatistics(before: DatabaseStatistics, after: DatabaseStatistics): HeaderDifference[] {
  const members = changedIn(before, after, statisticsMembers);
  return members.length === 0 ? [] : [{ change: "changed", part: "statistics", name: "", members }];
}

/** Members by name, whatever their order: JSON gives it no meaning. */
function diffSurplus(before: Surplus, after: Surplus): HeaderDifference[] {
  const named = ({ members, extra }: Surplus) => [
    ...(members ?? []).map(([name, json]) => ({ name, value: json })),
    ...(extra ?? []).map((bytes, index) => ({
      name: `#${index + 1}`,
      value: Buffer.from(bytes).toString("hex"),
    })),
  ];
  const part = "other member";
  const { pairs, added, removed } = paired(named(before), named(after), ({ name }) => name);
  return [
    ...pairs.flatMap(([one, other]): HeaderDifference[] =>
      one.value === other.value
        ? []
        : [
            {
              change: "changed",
              part,
              name: one.name,
              members: [{ member: "value", before: one.value, after: other.value }],
            },
          ],
    ),
    ...added.map(({ name }): HeaderDifference => ({ change: "added", part, name, members: [] })),
    ...removed.map(({ name }): HeaderDifference => ({ change: "removed", part, name, members: [] })),
  ];
}

/**
 * By name, in the order of the second list; repeated names in the order of their appearance. `kept` are those of the
 * first list that have a counterpart, in their own order.
 */
function paired<T>(before: readonly T[], after: readonly T[], nameOf: (one: T) => string) {
  const waiting = new Map<string, T[]>();
  for (const one of before) {
    const same = waiting.get(nameOf(one));
    if (same === undefined) waiting.set(nameOf(one), [one]);
    else same.push(one);
  }
  for (const same of waiting.values()) same.reverse();
  const pairs: [T, T][] = [];
  const added: T[] = [];
  for (const arrived of after) {
    const counterpart = waiting.get(nameOf(arrived))?.pop();
    if (counterpart === undefined) added.push(arrived);
    else pairs.push([counterpart, arrived]);
  }
  const left = new Set([...waiting.values()].flat());
  const [kept, removed] = [before.filter((one) => !left.has(one)), before.filter((one) => left.has(one))];
  return { pairs, added, removed, kept };
}

const patternMembers: readonly ShownMember<NamingPattern>[] = [
  {
    member: "description",
    isSame: (a, b) => a.description === b.description,
    show: ({ description }) => description,
  },
  {
    member: "targetType",
    isSame: (a, b) => a.targetType === b.targetType,
    show: ({ targetType }) => symbolTypeName(targetType),
  },
  {
    member: "confidence",
    isSame: (a, b) => Object.is(a.confidence, b.confidence),
    show: ({ confidence }) => numberShown(confidence),
  },
  {
    member: "replacement",
    isSame: (a, b) => (a.replacement ?? null) === (b.replacement ?? null),
    show: ({ replacement }) => replacement ?? "(none)",
  },
  {
    member: "example",
    isSame: (a, b) => (a.example ?? null) === (b.example ?? null),
    show: ({ example }) => example ?? "(none)",
  },
  otherMembers,
];

const statisticsMembers: readonly ShownMember<DatabaseStatistics>[] = [
  {
    member: "createdAt",
    isSame: (a, b) => sameTimestamp(a.createdAt, b.createdAt),
    show: ({ createdAt }) => formatTimestamp(createdAt),
  },
  {
    member: "lastModified",
    isSame: (a, b) => sameTimestamp(a.lastModified, b.lastModified),
    show: ({ lastModified }) => formatTimestamp(lastModified),
  },
  {
    member: "lastVersion",
    isSame: (a, b) => a.lastVersion === b.lastVersion,
    show: ({ lastVersion }) => lastVersion,
  },
  otherMembers,
];
