import {
  type ChangedMember,
  changedIn,
  numberShown,
  otherMembers,
  type ShownMember,
} from "./changed-members.ts";
import { symbolTypeName } from "./filter.ts";
import { KnownMappings } from "./known-mappings.ts";
import { contextOf, isSilent, type Mapping } from "./model.ts";
import { ownText, ownTexts, sharedText } from "./own-texts.ts";
import { sameTexts, sameTimestamp } from "./same-content.ts";
import { saidDate } from "./said-date.ts";

export interface MappingDifference {
  readonly change: "added" | "removed" | "changed";
  readonly original: string;
  readonly context: string;
  /** Of `changed`: the members that differ, as they are shown. */
  readonly members: readonly ChangedMember[];
}

export interface MappingDiff {
  /** At most `most`: what is changed or added in the order of the second file, then what is removed. */
  readonly differences: readonly MappingDifference[];
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly equal: number;
}

type Batches = AsyncIterable<{ readonly mappings: readonly Mapping[] }>;

/**
 * Compares by identity; repeated identities in the order of their appearance. As long as both have the same identities in
 * the same order nothing is kept. Of what is left of the first collection {@link KnownMappings} is, and the collection
 * is opened once more for the values of differences that are listed.
 */
export async function diffMappings(
  before: () => Batches,
  after: Batches,
  options: { readonly most?: number } = {},
): Promise<MappingDiff> {
  const report = new Report(options.most ?? Number.POSITIVE_INFINITY);
  const [one, other] = [new Walk(before()), new Walk(after)];
  while ((await one.isAtMapping()) && (await other.isAtMapping()) && walkTogether(one, other, report));
  const together = one.number;
  const known = new KnownMappings();
  while (await one.isAtMapping()) while (one.isInBatch) known.add(one.next());
  while (await other.isAtMapping()) {
    while (other.isInBatch) {
      const mapping = other.next();
      const counterpart = known.take(mapping);
      if (counterpart === null) report.tell("added", mapping, []);
      else if (counterpart.isEqual) report.equal++;
      else report.tellLater(mapping, together + counterpart.number);
    }
  }
  report.removed = left(known);
  if (report.needsValues) {
    let number = 0;
    for await (const { mappings } of before()) {
      for (const mapping of mappings) {
        report.see(mapping, number, number >= together && known.isLeft(number - together));
        number++;
      }
    }
  }
  return report.finish();
}

/** As far as both are in memory. False at the first two that are no pair. */
function walkTogether(one: Walk, other: Walk, report: Report): boolean {
  for (; one.isInBatch && other.isInBatch; one.next(), other.next()) {
    const [mapping, arrived] = [one.peek(), other.peek()];
    if (mapping.original !== arrived.original || contextOf(mapping) !== contextOf(arrived)) return false;
    report.compare(mapping, arrived);
  }
  return true;
}

function left(known: KnownMappings): number {
  let count = 0;
  for (let number = 0; number < known.size; number++) if (known.isLeft(number)) count++;
  return count;
}

/** Goes over mappings one by one. */
class Walk {
  readonly #batches: AsyncIterator<{ readonly mappings: readonly Mapping[] }>;
  #batch: readonly Mapping[] = [];
  #at = 0;
  /** Of the next mapping, from 0. */
  number = 0;

  constructor(batches: Batches) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  get isInBatch(): boolean {
    return this.#at < this.#batch.length;
  }

  /** False at the end. */
  async isAtMapping(): Promise<boolean> {
    while (!this.isInBatch) {
      const next = await this.#batches.next();
      if (next.done === true) return false;
      this.#batch = next.value.mappings;
      this.#at = 0;
    }
    return true;
  }

  peek(): Mapping {
    return this.#batch[this.#at]!;
  }

  next(): Mapping {
    this.number++;
    return this.#batch[this.#at++]!;
  }
}

/** What is found, and as much of it as is listed. */
class Report {
  readonly #most: number;
  readonly #listed: MappingDifference[] = [];
  /** By the number of the old mapping: its place in the list, and what it was changed to. */
  readonly #later = new Map<number, { readonly place: number; readonly after: Mapping }>();
  #added = 0;
  #changed = 0;
  equal = 0;
  removed = 0;

  constructor(most: number) {
    this.#most = most;
  }

  compare(before: Mapping, after: Mapping): void {
    const members = changedIn(before, after, mappingMembers);
    if (members.length === 0) this.equal++;
    else this.tell("changed", before, members);
  }

  tell(change: "added" | "changed", mapping: Mapping, members: MappingDifference["members"]): void {
    if (change === "added") this.#added++;
    else this.#changed++;
    if (this.#listed.length < this.#most) this.#listed.push(differenceOf(change, mapping, members));
  }

  /** The old values are not in memory. */
  tellLater(after: Mapping, number: number): void {
    const place = this.#listed.length;
    this.tell("changed", after, []);
    if (this.#listed.length > place) this.#later.set(number, { place, after: ownTexts(after) });
  }

  /** Whether the old mappings have to be seen once more. */
  get needsValues(): boolean {
    return this.#later.size > 0 || (this.removed > 0 && this.#listed.length < this.#most);
  }

  /** An old mapping, in order. */
  see(mapping: Mapping, number: number, isRemoved: boolean): void {
    const later = this.#later.get(number);
    if (later !== undefined)
      this.#listed[later.place] = differenceOf(
        "changed",
        mapping,
        changedIn(mapping, later.after, mappingMembers),
      );
    else if (isRemoved && this.#listed.length < this.#most)
      this.#listed.push(differenceOf("removed", mapping, []));
  }

  finish(): MappingDiff {
    const { equal, removed } = this;
    return { differences: this.#listed, added: this.#added, removed, changed: this.#changed, equal };
  }
}

function differenceOf(
  change: MappingDifference["change"],
  mapping: Mapping,
  members: MappingDifference["members"],
): MappingDifference {
  return {
    change,
    original: ownText(mapping.original),
    context: sharedText(contextOf(mapping)),
    members: members.map(({ member, before, after }) => ({
      member,
      before: ownText(before),
      after: ownText(after),
    })),
  };
}

function member<K extends keyof Mapping>(
  name: K,
  show: (value: Mapping[K]) => string,
  isSame: (before: Mapping[K], after: Mapping[K]) => boolean = (one, other) => one === other,
): ShownMember<Mapping> {
  return {
    member: name,
    isSame: (before, after) => isSame(before[name], after[name]),
    show: (mapping) => show(mapping[name]),
  };
}

const orNone = (value: string | null): string => value ?? "(none)";

/** Identity makes a nil context and "global" one; they are two values all the same. */
const mappingMembers: readonly ShownMember<Mapping>[] = [
  member("mapped", String),
  member("type", symbolTypeName),
  member("context", orNone),
  member("confidence", numberShown, Object.is),
  {
    member: "lastUpdated",
    // A date that the first does not say is made up by a migration, and so has not changed.
    isSame: (before, after) =>
      isSilent(before, "lastUpdated") ||
      (!isSilent(after, "lastUpdated") && sameTimestamp(before.lastUpdated, after.lastUpdated)),
    show: (mapping) => orNone(saidDate(mapping)),
  },
  member("usageCount", String),
  member(
    "references",
    (references) => references.map((reference) => reference ?? "(null)").join(", "),
    sameTexts,
  ),
  member("originFile", orNone),
  member("note", orNone),
  otherMembers,
];
