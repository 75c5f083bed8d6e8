import {
  type CollectionHeader,
  contextOf,
  identityOf,
  type Integer,
  isSilent,
  type Mapping,
  type silence,
  type Timestamp,
} from "./model.ts";
import { integerOf, mostInteger } from "./integer.ts";
import {
  type Contradiction,
  differingSurplus,
  joinedMembers,
  type MergeConflict,
  owned,
} from "./merge-conflict.ts";
import { type HeaderInput, mergeHeaders } from "./merge-headers.ts";
import { ownTexts } from "./own-texts.ts";
import { sameTexts } from "./same-content.ts";
import { compareTimestamps, formatTimestamp } from "./timestamp.ts";
import { ValueOrigins } from "./value-origins.ts";

export interface MergeInput extends HeaderInput {
  readonly batches: AsyncIterable<{ readonly mappings: readonly Mapping[] }>;
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
 * kept: silence and an empty Mapped overwrite nothing. What is dropped of two that differ is a conflict. Memory: about the
 * size of all distinct mappings.
 */
export async function mergeMappings(
  inputs: readonly MergeInput[],
  options: MergeOptions = {},
): Promise<Merged> {
  const mostConflicts = options.mostConflicts ?? 1000;
  const places = new Map<string, number>();
  const mappings: Mapping[] = [];
  const origins = new ValueOrigins();
  const nameOf = (input: number): string => inputs[input]?.name ?? "";
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
          origins.add(index);
          count.added++;
          continue;
        }
        repeated++;
        const before = mappings[place]!;
        const result = mergeTwo(before, mapping, options.now);
        mappings[place] = ownTexts(result);
        const members = differing(before, mapping, result);
        if (members.length > 0) conflictCount++;
        if (conflicts.length === mostConflicts) continue;
        if (members.length > 0) {
          conflicts.push({
            original: before.original,
            context: contextOf(before),
            members: owned(members, (member) => nameOf(origins.of(place, member))),
            first: nameOf(origins.first(place)),
            later: name,
          });
        }
        // Only for what is listed, so that it has a bound where files contradict one another in everything.
        origins.note(place, before, result, index);
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
function differing(before: Mapping, arrived: Mapping, result: Mapping): readonly Contradiction[] {
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

function contradict(before: string | null, arrived: string | null): boolean {
  return before !== null && arrived !== null && before !== arrived;
}
