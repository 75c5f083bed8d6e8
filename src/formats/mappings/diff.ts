import { symbolTypeName } from "./filter.ts";
import { contextOf, identityOf, isSilent, type Mapping } from "./model.ts";
import { ownTexts } from "./own-texts.ts";
import { sameSurplus, sameTexts, sameTimestamp } from "./same-content.ts";
import { saidDate } from "./said-date.ts";

export interface MappingDifference {
  readonly change: "added" | "removed" | "changed";
  readonly original: string;
  readonly context: string;
  /** Of `changed`: the members that differ, as they are shown. */
  readonly members: readonly { readonly member: string; readonly before: string; readonly after: string }[];
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

/** Compares by identity; repeated identities in the order of their appearance. Memory: the first collection. */
export async function diffMappings(
  before: Batches,
  after: Batches,
  options: { readonly most?: number } = {},
): Promise<MappingDiff> {
  const most = options.most ?? Number.POSITIVE_INFINITY;
  const old = new Map<string, Mapping[]>();
  for await (const { mappings } of before) {
    for (const mapping of mappings) {
      const own = ownTexts(mapping);
      const same = old.get(identityOf(own));
      if (same === undefined) old.set(identityOf(own), [own]);
      else same.push(own);
    }
  }
  const differences: MappingDifference[] = [];
  const counts = { added: 0, removed: 0, changed: 0, equal: 0 };
  const tell = (
    change: MappingDifference["change"],
    mapping: Mapping,
    members: MappingDifference["members"],
  ) => {
    counts[change]++;
    if (differences.length === most) return;
    differences.push({ change, original: mapping.original, context: contextOf(mapping), members });
  };
  for await (const { mappings } of after) {
    for (const mapping of mappings) {
      const identity = identityOf(mapping);
      const same = old.get(identity);
      const counterpart = same?.shift();
      if (same?.length === 0) old.delete(identity);
      if (counterpart === undefined) tell("added", ownTexts(mapping), []);
      else {
        const members = changedMembers(counterpart, mapping);
        if (members.length === 0) counts.equal++;
        else tell("changed", counterpart, members);
      }
    }
  }
  for (const mapping of [...old.values()].flat()) tell("removed", mapping, []);
  return { differences, ...counts };
}

/** As they are shown. Identity makes a nil context and "global" one; they are two values all the same. */
function changedMembers(before: Mapping, after: Mapping): MappingDifference["members"] {
  const members: { member: string; before: string; after: string }[] = [];
  const add = (member: string, isSame: boolean, show: (mapping: Mapping) => string) => {
    if (!isSame) members.push({ member, before: show(before), after: show(after) });
  };
  add("mapped", before.mapped === after.mapped, ({ mapped }) => mapped);
  add("type", before.type === after.type, ({ type }) => symbolTypeName(type));
  add("context", before.context === after.context, ({ context }) => context ?? "(none)");
  add("confidence", Object.is(before.confidence, after.confidence), ({ confidence }) =>
    Object.is(confidence, -0) ? "-0" : String(confidence),
  );
  // A date that the first does not say is made up by a migration, and so has not changed.
  const isSameDate =
    isSilent(before, "lastUpdated") ||
    (!isSilent(after, "lastUpdated") && sameTimestamp(before.lastUpdated, after.lastUpdated));
  add("lastUpdated", isSameDate, (mapping) => saidDate(mapping) ?? "(none)");
  add("usageCount", before.usageCount === after.usageCount, ({ usageCount }) => String(usageCount));
  add("references", sameTexts(before.references, after.references), ({ references }) =>
    references.map((reference) => reference ?? "(null)").join(", "),
  );
  add("originFile", before.originFile === after.originFile, ({ originFile }) => originFile ?? "(none)");
  add("note", before.note === after.note, ({ note }) => note ?? "(none)");
  add("other members", sameSurplus(before, after), ({ extra, members }) =>
    [...(members ?? []).map(([name, json]) => `${name}: ${json}`), ...(extra ?? []).map(hexOf)].join(", "),
  );
  return members;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
