import { jsonOfExtra } from "./extra-values.ts";
import type { Integer, Surplus } from "./model.ts";

/** One identity that arrived again and said something else. */
export interface MergeConflict {
  /** Both are null of what stands beside the mappings. */
  readonly original: string | null;
  readonly context: string | null;
  /** The members that differ: what stood, what arrived, what stands now. One that no schema knows is told as JSON. */
  readonly members: readonly (Contradiction & {
    /** The name of the input that has what stood. */
    readonly from: string;
  })[];
  /** Names of the inputs: which has the symbol first, which said something else. */
  readonly first: string;
  readonly later: string;
}

export interface Contradiction {
  readonly member: string;
  readonly before: string | Integer | null;
  readonly arrived: string | Integer | null;
  readonly result: string | Integer | null;
}

/** With the input that has what stood. */
export function owned(
  members: readonly Contradiction[],
  ownerOf: (member: string) => string,
): MergeConflict["members"] {
  return members.map(({ member, before, arrived, result }) => {
    return { member, before, arrived, result, from: ownerOf(member) };
  });
}

/** What no schema knows and both have, each something else: that of the first stands. */
export function differingSurplus(before: Surplus, arrived: Surplus): readonly Contradiction[] {
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

/** The first to have a member that no schema knows keeps it. */
export function joinedMembers(before: Surplus["members"], arrived: Surplus["members"]): Surplus["members"] {
  if (before === null || arrived === null) return before ?? arrived;
  const names = new Set(before.map(([name]) => name));
  return [...before, ...arrived.filter(([name]) => !names.has(name))];
}
