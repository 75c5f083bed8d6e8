import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { diffMappings, type MappingDiff } from "./diff.ts";
import { mappingFilter, parseSymbolType, symbolTypeName } from "./filter.ts";
import { header, mapping } from "./mapping-files.fixture.ts";
import { identityOf, type Mapping, silence } from "./model.ts";
import { completeStatistics, MappingStatistics } from "./statistics.ts";

const mappings = [
  mapping({ original: "a", mapped: "getUser", references: ["b", "c"], usageCount: 3 }),
  mapping({ original: "b", mapped: "User", type: 1, context: null, confidence: 0.5, usageCount: 2n ** 63n }),
  mapping({
    original: "c",
    mapped: "x",
    type: 9,
    context: "m.js",
    confidence: Number.NaN,
    lastUpdated: { seconds: -5, nanos: 1 },
  }),
];

test("filters take what fits all of their conditions", () => {
  const found = (filter: Parameters<typeof mappingFilter>[0]) =>
    mappings.filter(mappingFilter(filter)).map(({ original }) => original);
  assert.deepEqual(found({}), ["a", "b", "c"]);
  assert.deepEqual(found({ context: "global" }), ["a", "b"]);
  assert.deepEqual(found({ context: "m.js" }), ["c"]);
  assert.deepEqual(found({ type: 1 }), ["b"]);
  assert.deepEqual(found({ minConfidence: 0 }), ["a", "b"]);
  assert.deepEqual(found({ minConfidence: 0.6 }), ["a"]);
  // A global expression remembers where it was.
  assert.deepEqual(found({ search: /user|^c$/gi }), ["a", "b", "c"]);
  assert.deepEqual(found({ search: /User/, type: 0 }), ["a"]);
});

test("types have names and numbers", () => {
  assert.deepEqual(["function", "CLASS", "5", "-1", "99"].map(parseSymbolType), [0, 1, 5, -1, 99]);
  assert.deepEqual(["", "enum", "1.5"].map(parseSymbolType), [null, null, null]);
  assert.deepEqual([0, 5, 6, -1, 2n ** 60n].map(symbolTypeName), [
    "Function",
    "Method",
    "6",
    "-1",
    String(2n ** 60n),
  ]);
});

test("statistics count what there is", () => {
  const statistics = new MappingStatistics();
  for (const one of mappings) statistics.add([one]);
  assert.deepEqual(statistics.counts(), {
    mappings: 3,
    byType: new Map([
      ["9", 1],
      ["Class", 1],
      ["Function", 1],
    ]),
    byContext: new Map([
      ["global", 2],
      ["m.js", 1],
    ]),
    otherContexts: 0,
    references: 2,
    usage: 2n ** 63n + 3n,
    confidence: { least: 0.5, mean: 0.65, greatest: 0.8 },
    oldest: { seconds: -5, nanos: 1 },
    newest: { seconds: 0, nanos: 0 },
  });
});

test("statistics are made where there are none, and only their total is put right", () => {
  const now = { seconds: 7, nanos: 0 };
  const made = completeStatistics(header(), { mappings: 3, now });
  assert.deepEqual(made.statistics, {
    createdAt: now,
    lastModified: now,
    totalMappings: 3,
    lastVersion: "1.0",
    extra: null,
    members: null,
    wire: null,
  });
  const later = { mappings: 3, now: { seconds: 9, nanos: 0 } };
  const kept = { ...made.statistics, wire: new Uint8Array([1]) };
  assert.equal(completeStatistics(header({ statistics: kept }), later).statistics, kept);
  const wrong = { ...kept, totalMappings: 4 };
  assert.deepEqual(completeStatistics(header({ statistics: wrong }), later).statistics, {
    ...kept,
    wire: null,
  });
});

test("a difference names what was added, removed and changed", async () => {
  const [a, b, c] = mappings as [Mapping, Mapping, Mapping];
  const after = [
    mapping({ original: "new" }),
    { ...c, note: "n", confidence: 1 },
    a,
    { ...b, context: "global", extra: [Buffer.from([0xc3])] },
    { ...b, context: "other" },
  ];
  const { differences, ...counts } = await diffMappings(
    () => batches([a, a, b, c, mapping({ original: "old" })]),
    batches(after),
  );
  assert.deepEqual(counts, { added: 2, removed: 2, changed: 2, equal: 1 });
  assert.deepEqual(
    differences.map(({ change, original, context }) => `${change} ${original} ${context}`),
    [
      "added new global",
      "changed c m.js",
      "changed b global",
      "added b other",
      "removed a global",
      "removed old global",
    ],
  );
  assert.deepEqual(differences[1]?.members, [
    { member: "confidence", before: "NaN", after: "1" },
    { member: "note", before: "(none)", after: "n" },
  ]);
  assert.deepEqual(differences[2]?.members, [
    { member: "context", before: "(none)", after: "global" },
    { member: "other members", before: "", after: "c3" },
  ]);
  assert.equal((await diffMappings(() => batches([]), batches(after), { most: 1 })).differences.length, 1);
});

test("a date that the file does not say is none: it is not counted, and has not changed where one was made up", async () => {
  const silent = mapping({
    lastUpdated: { seconds: -62_135_596_800, nanos: 0 },
    silent: silence.lastUpdated,
  });
  const { silent: _, ...said } = { ...silent, lastUpdated: { seconds: 0, nanos: 0 } };
  const changes = async (before: Mapping, after: Mapping) =>
    (await diffMappings(() => batches([before]), batches([after]))).differences.map(({ members }) => members);
  assert.deepEqual(await changes(silent, said), []);
  assert.deepEqual(await changes(silent, silent), []);
  assert.deepEqual(await changes(said, silent), [
    [{ member: "lastUpdated", before: "1970-01-01T00:00:00Z", after: "(none)" }],
  ]);
  const statistics = new MappingStatistics();
  statistics.add([silent]);
  assert.equal(statistics.counts().oldest, null);
  statistics.add([said]);
  assert.deepEqual(statistics.counts().oldest, said.lastUpdated);
});

test("two collections are compared as one that is in memory is, in whatever order they are", async () => {
  const some = fc.record({
    original: fc.constantFrom("a", "b", "c"),
    context: fc.constantFrom(null, "global", "m.js"),
    mapped: fc.constantFrom("A", "B"),
    confidence: fc.constantFrom(0, -0, Number.NaN),
    silent: fc.constantFrom(0, silence.lastUpdated),
    lastUpdated: fc.integer({ min: 0, max: 1 }).map((seconds) => ({ seconds, nanos: 0 })),
    note: fc.option(fc.constant("n".repeat(20))),
  });
  const list = fc.array(some, { maxLength: 12 }).map((all) => all.map((parts) => mapping(parts)));
  const pair = fc.oneof(
    fc.tuple(list, list),
    // The same at first, or in another order.
    fc.tuple(list, list, list).map(
      ([same, one, other]) =>
        [
          [...same, ...one],
          [...same, ...other],
        ] as const,
    ),
    list.map((all) => [all, all.toReversed()] as const),
  );
  await fc.assert(
    fc.asyncProperty(pair, fc.integer({ min: 0, max: 5 }), async ([before, after], most) => {
      const all = await diffMappings(() => batches(before), batches(after));
      assert.deepEqual(all, await simpleDiff(before, after));
      const some = await diffMappings(() => batches(before), batches(after), { most });
      assert.deepEqual(some, { ...all, differences: all.differences.slice(0, most) });
    }),
    { numRuns: 80 },
  );
});

/** By a list of what is left of the old ones. Of two alone it is known how they differ: see the tests above. */
async function simpleDiff(before: readonly Mapping[], after: readonly Mapping[]): Promise<MappingDiff> {
  const left = [...before];
  const parts: MappingDiff[] = [];
  for (const arrived of after) {
    const place = left.findIndex((old) => identityOf(old) === identityOf(arrived));
    const old = place === -1 ? [] : left.splice(place, 1);
    parts.push(await diffMappings(() => batches(old), batches([arrived])));
  }
  for (const old of left) parts.push(await diffMappings(() => batches([old]), batches([])));
  const sum = (count: "added" | "removed" | "changed" | "equal") =>
    parts.reduce((total, part) => total + part[count], 0);
  return {
    differences: parts.flatMap(({ differences }) => differences),
    added: sum("added"),
    removed: sum("removed"),
    changed: sum("changed"),
    equal: sum("equal"),
  };
}

async function* batches(all: readonly Mapping[]) {
  for (const one of all) yield { mappings: [one] };
}
