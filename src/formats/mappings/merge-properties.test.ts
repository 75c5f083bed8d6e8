import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { arbitraryCollection, type Collection, sumsOf } from "./mapping-files.fixture.ts";
import { type Merged, mergeMappings } from "./merge.ts";
import { type CollectionHeader, contextOf, identityOf, type Mapping, type Surplus } from "./model.ts";
import { samePattern } from "./same-content.ts";
import { jsonOfExtra } from "./extra-values.ts";
import { compareTimestamps, minimumTimestamp } from "./timestamp.ts";

/* What holds of every merge, whatever the files hold. Names are few, so that most of them are there again. */

const names = ["a", "b", "__proto__"];
const collection: fc.Arbitrary<Collection> = fc
  .tuple(arbitraryCollection, fc.array(fc.nat({ max: 5 }), { minLength: 20, maxLength: 20 }))
  .map(([{ mappings, header }, picks]) => ({
    header,
    mappings: mappings.map((one, n) => ({
      ...one,
      original: names[picks[n]! % 3]!,
      context: picks[n]! < 3 ? null : picks[n] === 3 ? "global" : "m.js",
      members: fewNames(one.members),
    })),
  }))
  .map(({ mappings, header }) => ({
    mappings,
    header: {
      ...header,
      members: fewNames(header.members),
      statistics: header.statistics && {
        ...header.statistics,
        members: fewNames(header.statistics.members),
      },
    },
  }));

function fewNames(members: Surplus["members"]): Surplus["members"] {
  return members && members.map(([, json], n) => [`x${n}`, json]);
}

test("every value of every file is in the merged one or named in a conflict", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(collection, { minLength: 1, maxLength: 3 }), async (files) => {
      const merged = await merge(files);
      const found = new Map(merged.mappings.map((one) => [identityOf(one), one]));
      assert.equal(found.size, merged.mappings.length, "each symbol once");
      for (const { mappings, header } of files) {
        for (const one of mappings) holdsMapping(merged, one, found.get(identityOf(one)));
        holdsHeader(merged, header);
      }
      const read = files.flatMap(({ mappings }) => mappings);
      assert.equal(read.length, merged.mappings.length + merged.repeated);
      const uses = (all: readonly Mapping[]) =>
        all.reduce((sum, { usageCount }) => sum + BigInt(usageCount), 0n);
      assert.deepEqual(merged.usage, { read: uses(read), written: uses(merged.mappings) });
      assert.equal(merged.conflicts.length, merged.conflictCount);
      for (const { original, context, members } of merged.conflicts) {
        for (const { member, before, from } of members.filter((each) => each.member === "mapped")) {
          const { mappings } = files[Number(from.slice(5))]!;
          const has = mappings.some(
            (one) => one.original === original && contextOf(one) === context && one.mapped === before,
          );
          assert.ok(has, `${member} ${before} in ${from}`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("the same file again changes nothing but usage counts and dates, and contradicts nothing", async () => {
  await fc.assert(
    fc.asyncProperty(collection, fc.integer({ min: 2, max: 3 }), async (file, times) => {
      const unique = { ...file, mappings: (await merge([file])).mappings };
      const again = await merge(Array.from({ length: times }, () => unique));
      assert.equal(again.conflictCount, 0);
      const same = (mappings: readonly Mapping[]) =>
        mappings.map((one) => ({ ...one, usageCount: 0, lastUpdated: { seconds: 0, nanos: 0 } }));
      // The sums know no more of the form than a file does.
      assert.deepEqual(
        sumsOf({ mappings: same(again.mappings), header: again.header }),
        sumsOf({ mappings: same(unique.mappings), header: sorted(unique.header) }),
      );
    }),
    { numRuns: 60 },
  );
});

/** A history is put in the order of time. */
function sorted(header: CollectionHeader): CollectionHeader {
  return { ...header, history: header.history.toSorted((a, b) => compareTimestamps(a.at, b.at)) };
}

function merge(files: readonly Collection[]): Promise<Merged> {
  const inputs = files.map(({ mappings, header }, n) => ({
    name: `file ${n}`,
    batches: (async function* () {
      yield { mappings };
    })(),
    header: () => header,
  }));
  return mergeMappings(inputs, { now: { seconds: 1, nanos: 0 }, mostConflicts: Number.POSITIVE_INFINITY });
}

function holdsMapping({ conflicts }: Merged, one: Mapping, found: Mapping | undefined): void {
  assert.ok(found !== undefined, one.original);
  const own = conflicts.filter(
    ({ original, context }) => original === one.original && context === contextOf(one),
  );
  const holds = (member: string, value: unknown, stands: unknown) =>
    assert.ok(Object.is(value, stands) || isNamed(own, member, value), `${member} ${String(value)}`);
  holds("mapped", one.mapped, found.mapped);
  holds("type", one.type, found.type);
  if (one.originFile !== null) holds("originFile", one.originFile, found.originFile);
  if (one.note !== null) holds("note", one.note, found.note);
  assert.ok(!(one.confidence > found.confidence), "the greatest confidence stands");
  for (const reference of one.references) assert.ok(found.references.includes(reference), `${reference}`);
  holdsSurplus("", own, one, found);
}

function holdsHeader({ conflicts, header: found }: Merged, one: CollectionHeader): void {
  const own = conflicts.filter(({ original }) => original === null);
  holdsSurplus("", own, one, found);
  for (const pattern of one.patterns) assert.ok(found.patterns.some((other) => samePattern(pattern, other)));
  const text = (value: unknown) =>
    JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each));
  for (const record of one.history)
    assert.equal(found.history.filter((other) => text(other) === text(record)).length > 0, true);
  const { statistics } = one;
  if (statistics === null) return;
  assert.ok(found.statistics !== null);
  const { lastVersion } = statistics;
  assert.ok(
    ["", found.statistics.lastVersion].includes(lastVersion) ||
      isNamed(own, "statistics.lastVersion", lastVersion),
  );
  assert.ok(
    compareTimestamps(statistics.createdAt, minimumTimestamp) === 0 ||
      compareTimestamps(found.statistics.createdAt, statistics.createdAt) <= 0,
  );
  assert.ok(compareTimestamps(found.statistics.lastModified, statistics.lastModified) >= 0);
  holdsSurplus("statistics.", own, statistics, found.statistics);
}

function holdsSurplus(prefix: string, own: Merged["conflicts"], one: Surplus, found: Surplus): void {
  for (const [name, json] of one.members ?? []) {
    const stands = found.members?.find(([other]) => other === name)?.[1];
    assert.ok(stands === json || isNamed(own, prefix + name, json), `${prefix}${name} ${json}`);
  }
  const shown = (extra: Surplus["extra"]) => `[${(extra ?? []).map(jsonOfExtra).join(",")}]`;
  if (one.extra === null || shown(one.extra) === shown(found.extra)) return;
  assert.ok(isNamed(own, `${prefix}$extra`, shown(one.extra)), `${prefix}$extra`);
}

function isNamed(conflicts: Merged["conflicts"], member: string, value: unknown): boolean {
  return conflicts.some(({ members }) =>
    members.some(
      (each) => each.member === member && (Object.is(each.before, value) || Object.is(each.arrived, value)),
    ),
  );
}
