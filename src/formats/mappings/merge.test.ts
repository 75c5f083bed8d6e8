import assert from "node:assert/strict";
import { test } from "node:test";
import { header, mapping } from "./mapping-files.fixture.ts";
import { mergeMappings, type MergeInput } from "./merge.ts";
import { allSilence, type CollectionHeader, type Mapping, silence } from "./model.ts";

const now = { seconds: 1_800_000_000, nanos: 0 };

test("a repeated identity is merged by the rules of the original tool, at the place where it stood first", async () => {
  const old = mapping({
    original: "b",
    mapped: "Beta",
    type: 1,
    context: null,
    confidence: 0.9,
    usageCount: 2n ** 64n - 2n,
    references: ["x", "y"],
    members: [["A", "1"]],
  });
  const again = mapping({
    original: "b",
    mapped: "Better",
    type: 2,
    context: "global",
    confidence: 0.3,
    lastUpdated: { seconds: 5, nanos: 0 },
    usageCount: 100,
    references: ["y", "z"],
    members: [
      ["A", "2"],
      ["B", "3"],
    ],
    note: "n",
  });
  const other = mapping({ original: "b", context: "m.js" });
  const merged = await mergeMappings([input("one", [mapping(), old]), input("two", [again, other])], { now });
  assert.deepEqual(merged.mappings, [
    mapping(),
    {
      ...old,
      mapped: "Better",
      type: 2,
      lastUpdated: now,
      usageCount: 2n ** 64n - 1n,
      references: ["x", "y", "z"],
      members: [
        ["A", "1"],
        ["B", "3"],
      ],
      note: "n",
    },
    other,
  ]);
  assert.deepEqual(merged.conflicts, [
    {
      original: "b",
      context: "global",
      members: [
        { member: "mapped", before: "Beta", arrived: "Better", result: "Better", from: "one" },
        { member: "type", before: 1, arrived: 2, result: 2, from: "one" },
        { member: "confidence", before: 0.9, arrived: 0.3, result: 0.9, from: "one" },
        { member: "A", before: "1", arrived: "2", result: "1", from: "one" },
      ],
      first: "one",
      later: "two",
    },
  ]);
  assert.deepEqual(merged.inputs, [
    { name: "one", mappings: 2, added: 2 },
    { name: "two", mappings: 2, added: 1 },
  ]);
});

test("names that hold U+0000 or the sign between them stay apart", async () => {
  const names = ["", "\0", "1", ":", "1:", "\0a", "a\0", "a", "a:a", "1:a"];
  const all = names.flatMap((context) => names.map((original) => mapping({ original, context })));
  const merged = await mergeMappings([input("one", all)]);
  assert.deepEqual([merged.mappings.length, merged.repeated], [names.length ** 2, 0]);
});

test("silence overwrites nothing, is overwritten by what is said, and contradicts nobody", async () => {
  const said = mapping({ mapped: "Foo", type: 1, confidence: 0.5, lastUpdated: { seconds: 5, nanos: 0 } });
  const silent = mapping({ mapped: "", type: 0, confidence: 0.8, lastUpdated: now, silent: allSilence });
  for (const both of [
    [said, silent],
    [silent, said],
  ]) {
    const merged = await mergeMappings([input("one", both.slice(0, 1)), input("two", both.slice(1))]);
    const [{ silent: left = 0, ...only }] = merged.mappings as [Mapping];
    assert.deepEqual(only, { ...said, usageCount: 1 });
    assert.deepEqual([left, merged.conflictCount], [0, 0]);
  }
  const partly = { ...silent, mapped: "Bar", silent: allSilence ^ silence.mapped };
  const { mappings } = await mergeMappings([input("one", [silent, partly, silent])]);
  assert.deepEqual(mappings, [{ ...partly, usageCount: 2 }]);
});

test("an empty name leaves the one that stands, and all that is dropped is a conflict", async () => {
  const one = mapping({
    mapped: "Foo",
    usageCount: 3,
    extra: [Buffer.from([1])],
    members: [
      ["A", "1"],
      ["B", "1"],
    ],
  });
  const other = mapping({
    mapped: "",
    usageCount: 900,
    extra: [Buffer.from([2])],
    members: [
      ["B", "2"],
      ["C", "1"],
    ],
  });
  const statistics = (value: string, lastVersion: string) => ({
    createdAt: now,
    lastModified: now,
    totalMappings: 1,
    lastVersion,
    extra: null,
    members: [["S", value] as const],
    wire: null,
  });
  const { mappings, header, conflicts, conflictCount } = await mergeMappings([
    input("one", [one], { members: [["H", "1"]], statistics: statistics("1", "0.9") }),
    input("two", [other], { members: [["H", "2"]], statistics: statistics("2", "1.0") }),
  ]);
  assert.equal(mappings[0]?.mapped, "Foo");
  assert.deepEqual(header.statistics?.members, [["S", "1"]]);
  assert.equal(conflictCount, 2);
  const text = conflicts.map(({ original, members }) => ({
    original,
    members: members.map(
      ({ member, before, arrived, result }) =>
        `${member}: ${String(before)}, ${String(arrived)}, ${String(result)}`,
    ),
  }));
  assert.deepEqual(text, [
    {
      original: "a",
      members: ["mapped: Foo, , Foo", "usageCount: 3, 900, 4", "B: 1, 2, 1", "$extra: [1], [2], [1]"],
    },
    {
      original: null,
      members: ["H: 1, 2, 1", "statistics.lastVersion: 0.9, 1.0, 0.9", "statistics.S: 1, 2, 1"],
    },
  ]);
});

test("of three files each value that stood is told with the one that has it", async () => {
  const members = (...names: string[]) => names.map((name, n) => [name, String(n)] as const);
  const { conflicts } = await mergeMappings([
    input("one", [mapping({ note: "1" })], { members: members("H") }),
    input("two", [mapping({ mapped: "Two", members: members("A") })], { members: members("X", "I") }),
    input("three", [mapping({ mapped: "Three", note: "3", members: [["A", "9"]] })], {
      members: [
        ["H", "9"],
        ["I", "9"],
      ],
    }),
  ]);
  assert.deepEqual(
    conflicts.map(({ members: all, first, later }) => [
      first,
      later,
      all.map((one) => [one.member, one.from]),
    ]),
    [
      ["one", "two", [["mapped", "one"]]],
      [
        "one",
        "three",
        [
          ["mapped", "two"],
          ["note", "one"],
          ["A", "two"],
        ],
      ],
      [
        "one",
        "three",
        [
          ["H", "one"],
          ["I", "two"],
        ],
      ],
    ],
  );
});

test("agreement is no conflict, all conflicts are counted, and some are listed", async () => {
  const mappings = Array.from({ length: 5 }, (_, index) => mapping({ original: `a${index}` }));
  const others = mappings.map((one) => ({ ...one, mapped: "other" }));
  const agreed = await mergeMappings([input("one", mappings), input("two", mappings)]);
  assert.deepEqual([agreed.conflictCount, agreed.repeated], [0, 5]);
  // Without a moment of the run the later of both dates stands.
  assert.deepEqual(
    agreed.mappings,
    mappings.map((one) => ({ ...one, usageCount: 1 })),
  );
  const { conflicts, conflictCount } = await mergeMappings([input("one", mappings), input("two", others)], {
    mostConflicts: 2,
  });
  assert.deepEqual([conflicts.map(({ original }) => original), conflictCount], [["a0", "a1"], 5]);
});

test("of headers all patterns, the earliest beginning and the latest change are kept", async () => {
  const pattern = (name: string) => ({
    pattern: name,
    description: "",
    targetType: 0,
    confidence: 1,
    extra: null,
    members: null,
    wire: null,
  });
  const statistics = (from: number, to: number) => ({
    createdAt: { seconds: from, nanos: 0 },
    lastModified: { seconds: to, nanos: 0 },
    totalMappings: 1,
    lastVersion: "1.0",
    extra: null,
    members: null,
    wire: new Uint8Array(),
  });
  const merged = await mergeMappings([
    input("one", [], { patterns: [pattern("p")], statistics: statistics(5, 6) }),
    input("two", [], {
      version: "1.1",
      patterns: [pattern("p"), pattern("q")],
      statistics: statistics(3, 9),
    }),
    // .NET's default date, of a file that says none.
    input("three", [], { members: [["x", "1"]], statistics: statistics(-62_135_596_800, 4) }),
  ]);
  assert.deepEqual(
    merged.header,
    header({
      version: "1.1",
      patterns: [pattern("p"), pattern("q")],
      statistics: { ...statistics(3, 9), wire: null },
      members: [["x", "1"]],
    }),
  );
});

test("many patterns are not all held against each other", async () => {
  let looks = 0;
  const patterns = (from: number) =>
    Array.from({ length: 1000 }, (_, n) => ({
      get pattern() {
        looks++;
        return `p${from + n}`;
      },
      description: "",
      targetType: 0,
      confidence: 1,
      extra: null,
      members: null,
      wire: null,
    }));
  const { header: merged } = await mergeMappings([
    input("one", [], { patterns: patterns(0) }),
    input("two", [], { patterns: patterns(500) }),
  ]);
  assert.equal(merged.patterns.length, 1500);
  assert.ok(looks < 10_000, `${looks} looks at 2000 patterns`);
});

function input(
  name: string,
  mappings: readonly Mapping[],
  parts: Partial<CollectionHeader> = {},
): MergeInput {
  return {
    name,
    batches: (async function* () {
      for (const one of mappings) yield { mappings: [one] };
    })(),
    header: () => header(parts),
  };
}
