import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { diffHeaders } from "./diff-headers.ts";
import { arbitraryCollection, header, readInChunks, write } from "./mapping-files.fixture.ts";
import type { CollectionHeader, DatabaseStatistics, NamingPattern } from "./model.ts";

const pattern = (parts: Partial<NamingPattern> = {}): NamingPattern => ({
  pattern: "get*",
  description: "",
  targetType: 0,
  confidence: 0.5,
  extra: null,
  members: null,
  wire: null,
  ...parts,
});

const statistics = (parts: Partial<DatabaseStatistics> = {}): DatabaseStatistics => ({
  createdAt: { seconds: 0, nanos: 0 },
  lastModified: { seconds: 1, nanos: 0 },
  totalMappings: 3,
  lastVersion: "1.0",
  extra: null,
  members: null,
  wire: null,
  ...parts,
});

const told = (before: CollectionHeader, after: CollectionHeader) =>
  diffHeaders(before, after).map(({ change, part, name, members }) =>
    [
      change,
      part,
      name,
      ...members.map(({ member, before, after }) => `${member}: ${before} -> ${after}`),
    ].join("|"),
  );

test("each value beside the mappings counts", () => {
  const before = header({
    patterns: [
      pattern(),
      pattern({ pattern: "is*", confidence: 0 }),
      pattern({ pattern: "is*" }),
      pattern({ pattern: "old*" }),
      pattern({ pattern: "set*", members: [["x", "1"]] }),
    ],
    statistics: statistics(),
    members: [
      ["same", "1"],
      ["changed", "[1]"],
      ["gone", "null"],
    ],
    extra: [Buffer.from([1])],
  });
  const after = header({
    patterns: [
      pattern({ description: "getter", targetType: 5, replacement: "r", example: "getX" }),
      pattern({ pattern: "set*" }),
      pattern({ pattern: "is*", confidence: -0 }),
      pattern({ pattern: "is*" }),
      pattern({ pattern: "new*" }),
    ],
    statistics: statistics({
      createdAt: { seconds: 0, nanos: 1 },
      lastModified: { seconds: 2, nanos: 0 },
      lastVersion: "2",
      extra: [Buffer.from([0xc0])],
    }),
    members: [
      ["changed", "[2]"],
      ["new", "{}"],
      ["same", "1"],
    ],
    extra: [Buffer.from([2]), Buffer.from([3])],
  });
  assert.deepEqual(told(before, after), [
    "changed|pattern|get*|description:  -> getter|targetType: Function -> Method|replacement: (none) -> r|example: (none) -> getX",
    "changed|pattern|set*|other members: x: 1 -> ",
    "changed|pattern|is*|confidence: 0 -> -0",
    "added|pattern|new*",
    "removed|pattern|old*",
    "changed|order of patterns||#2: is* -> set*",
    "changed|statistics||createdAt: 1970-01-01T00:00:00Z -> 1970-01-01T00:00:00.000000001Z|lastModified: 1970-01-01T00:00:01Z -> 1970-01-01T00:00:02Z|lastVersion: 1.0 -> 2|other members:  -> c0",
    "changed|other member|changed|value: [1] -> [2]",
    "changed|other member|#1|value: 01 -> 02",
    "added|other member|new",
    "added|other member|#2",
    "removed|other member|gone",
  ]);
});

test("what a migration makes up or puts right does not", () => {
  const before = header({ patterns: [pattern({ replacement: null })] });
  const after = header({
    patterns: [pattern()],
    statistics: statistics(),
    history: [{ at: { seconds: 0, nanos: 0 }, from: "", to: "", by: "", mappings: 0 }],
  });
  assert.deepEqual(told(before, after), []);
  assert.deepEqual(told(after, before), []);
  const counted = header({ statistics: statistics({ totalMappings: 4 }) });
  assert.deepEqual(told(header({ statistics: statistics() }), counted), []);
});

test("a file of the other format is equal, and one with anything else in it is not", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryCollection, arbitraryCollection, async (collection, other) => {
      const packed = await write(collection, { format: "msgpack" });
      const unpacked = await write(collection, { format: "json", shape: "list", naming: "pascal" });
      const [one, two] = [await readInChunks(packed, []), await readInChunks(unpacked, [])];
      assert.deepEqual(told(one.header, two.header), []);
      const some = { ...collection.header, patterns: other.header.patterns };
      assert.equal(
        told(collection.header, some).length > 0,
        JSON.stringify(shown(collection.header)) !== JSON.stringify(shown(some)),
      );
    }),
    { numRuns: 60 },
  );
});

/** With all that JSON would not tell apart. */
function shown({ patterns }: CollectionHeader) {
  return patterns.map(({ targetType, confidence, replacement, example, extra, members, ...rest }) => ({
    ...rest,
    targetType: String(targetType),
    confidence: Object.is(confidence, -0) ? "-0" : String(confidence),
    beyond: [replacement ?? null, example ?? null, extra ?? [], members ?? []],
  }));
}
