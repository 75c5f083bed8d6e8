import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CleanUp, type FindingKind, findingKinds } from "./clean-up.ts";
import { mapping } from "./mapping-files.fixture.ts";
import type { Mapping } from "./model.ts";

const mappings: readonly Mapping[] = [
  mapping({ original: "a", references: ["later", "gone", "a"] }),
  mapping({ original: "", mapped: "x" }),
  mapping({ original: "b", mapped: "" }),
  mapping({ original: "a", context: null, mapped: "Again", confidence: 0.9, references: ["gone"] }),
  mapping({ original: "a", context: "m.js", confidence: 1.5 }),
  mapping({ original: "later", confidence: Number.NaN }),
  mapping({ original: "c", confidence: -0.1 }),
];

test("each problem is listed before it is mended", () => {
  const { cleanUp, findings } = look(findingKinds);
  assert.deepEqual(
    findings.listed.map(({ index, original, kind, problem, mend }) => [index, original, kind, problem, mend]),
    [
      [
        0,
        "a",
        "dead-reference",
        'refers to "gone", which is the Original of no mapping',
        "take the reference out",
      ],
      [1, "", "empty-name", "has no Original", 'take the mapping to "x" out'],
      [2, "b", "empty-name", "has no Mapped", "map it to its Original"],
      [
        3,
        "a",
        "duplicate",
        "is there again with the same Original and context",
        'merge it into the first, and give up mapped "Alpha" for "Again", confidence 0.8 for 0.9',
      ],
      [
        3,
        "a",
        "dead-reference",
        'refers to "gone", which is the Original of no mapping',
        "take the reference out",
      ],
      [4, "a", "confidence", "has the confidence 1.5", "make it 1"],
      [5, "later", "confidence", "has the confidence NaN", "make it 0"],
      [6, "c", "confidence", "has the confidence -0.1", "make it 0"],
    ],
  );
  assert.deepEqual(findings.counts, { duplicate: 1, "empty-name": 2, "dead-reference": 2, confidence: 3 });
  const mended = [...cleanUp.mend(mappings.slice(0, 2)), ...cleanUp.mend(mappings.slice(2))];
  assert.deepEqual(mended, [
    mapping({ original: "a", mapped: "Again", confidence: 0.9, usageCount: 1, references: ["later", "a"] }),
    mapping({ original: "b", mapped: "b" }),
    mapping({ original: "a", context: "m.js", confidence: 1 }),
    mapping({ original: "later", confidence: 0 }),
    mapping({ original: "c", confidence: 0 }),
  ]);
  assert.deepEqual(look(findingKinds, mended).findings.listed, []);
});

test("a duplicate without a name leaves the first its own", () => {
  const { cleanUp, findings } = look(findingKinds, [mapping({ mapped: "Foo" }), mapping({ mapped: "" })]);
  assert.deepEqual(
    findings.listed.map(({ index, kind }) => [index, kind]),
    [[1, "duplicate"]],
  );
  assert.deepEqual(cleanUp.mend([mapping({ mapped: "Foo" }), mapping({ mapped: "" })]), [
    mapping({ mapped: "Foo", usageCount: 1 }),
  ]);
});

test("each value that a duplicate loses is listed, and a reference to null is dead", () => {
  const one = mapping({
    confidence: 0.9,
    lastUpdated: { seconds: 5, nanos: 0 },
    usageCount: 7,
    references: [null, "a"],
    note: "first",
    members: [["A", "1"]],
  });
  const two = mapping({
    type: 3,
    confidence: 0.1,
    usageCount: 2n ** 60n,
    note: "second",
    originFile: "f",
    members: [
      ["A", "2"],
      ["B", "1"],
    ],
  });
  const three = mapping({ ...two, mapped: "Omega", lastUpdated: { seconds: 9, nanos: 0 } });
  const { findings, cleanUp } = look(["duplicate", "dead-reference"], [one, two, three]);
  const lost = findings.listed.map(({ kind, givenUp }) => [
    kind,
    givenUp.map(({ member, value, stands }) => `${member}: ${value}, ${stands}`),
  ]);
  assert.deepEqual(lost, [
    ["dead-reference", ["references: null, null"]],
    [
      "duplicate",
      [
        "type: 0, 3",
        "confidence: 0.1, 0.9",
        "lastUpdated: 1970-01-01T00:00:00Z, 1970-01-01T00:00:05Z",
        "note: first, second",
        `usageCount: ${2n ** 60n}, 8`,
        "A: 2, 1",
      ],
    ],
    [
      "duplicate",
      [
        "mapped: Alpha, Omega",
        "confidence: 0.1, 0.9",
        "lastUpdated: 1970-01-01T00:00:05Z, 1970-01-01T00:00:09Z",
        `usageCount: ${2n ** 60n}, 9`,
        "A: 2, 1",
      ],
    ],
  ]);
  assert.deepEqual(cleanUp.mend([one, two, three])[0]?.references, ["a"]);
});

test("what was not asked for is left as it is", () => {
  for (const kind of findingKinds) {
    const { cleanUp, findings } = look([kind]);
    assert.ok(findings.listed.length > 0 && findings.listed.every((finding) => finding.kind === kind));
    const changed = cleanUp.mend(mappings).filter((one) => !mappings.includes(one));
    assert.equal(changed.length, { duplicate: 1, "empty-name": 1, "dead-reference": 2, confidence: 3 }[kind]);
  }
  const none = look([]);
  assert.deepEqual(none.cleanUp.mend(mappings), mappings);
});

test("as many are listed as were asked for, and all are counted", () => {
  const many = Array.from({ length: 50 }, (_, index) =>
    mapping({ original: `a${index}`, references: ["gone", "lost"] }),
  );
  const { findings } = look(findingKinds, many, 3);
  assert.deepEqual(
    findings.listed.map(({ index }) => index),
    [0, 0, 1],
  );
  assert.equal(findings.counts["dead-reference"], 100);
});

test("a reference is dead where no mapping of any place is its Original", () => {
  const name = fc.constantFrom("", "a", "b", "c", "d", "e".repeat(40));
  const some = fc.array(
    fc.record({ original: name, references: fc.array(fc.option(name), { maxLength: 3 }) }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(some, fc.constantFrom(findingKinds, ["dead-reference"] as const), (parts, kinds) => {
      const all = parts.map((part) => mapping(part));
      const isLeft = ({ original }: Mapping) => original !== "" || !kinds.includes("empty-name");
      const originals = new Set(all.filter(isLeft).map(({ original }) => original));
      const dead = all.flatMap((one, index) =>
        one.references
          .filter((reference) => isLeft(one) && (reference === null || !originals.has(reference)))
          .map((reference) => [index, reference] as const),
      );
      const { cleanUp, findings } = look(kinds, all);
      assert.equal(findings.counts["dead-reference"], dead.length);
      const told = findings.listed.filter(({ kind }) => kind === "dead-reference");
      assert.deepEqual(
        told.map(({ index, givenUp: [lost] }) => [index, lost?.value]),
        dead,
      );
      for (const { references } of cleanUp.mend(all))
        for (const reference of references) assert.ok(reference !== null && originals.has(reference));
    }),
  );
});

function look(kinds: readonly FindingKind[], all = mappings, mostFindings = 1000) {
  const cleanUp = new CleanUp(kinds, { mostFindings });
  for (const one of all) cleanUp.look([one]);
  if (cleanUp.looksAgain) for (const one of all) cleanUp.lookAgain([one]);
  return { cleanUp, findings: cleanUp.findings() };
}
