import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { arbitraryCollection, read, sumsOf, write } from "./mapping-files.fixture.ts";
import { mapping } from "./mapping-files.fixture.ts";
import { readSidecar, sidecarHead, sidecarLines } from "./sidecar.ts";
import { memorySource } from "./source.ts";
import {
  downgradeHeader,
  downgradeMappings,
  planVersionChange,
  Restorer,
  upgradeHeader,
} from "./versions.ts";

test("a downgrade and an upgrade give back what there was, by way of files", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryCollection, async (collection) => {
      const { mappings, aside } = downgradeMappings(collection.mappings, 0);
      const { header, history } = downgradeHeader(collection.header);
      const down = { mappings, header };
      const sidecar = `${sidecarHead({ content: sumsOf(down).content, history, entries: aside.length })}${sidecarLines(aside)}`;
      // What version 1.0 has no place for does not stand in it all the same.
      assert.ok(mappings.every(({ originFile, note }) => originFile === null && note === null));
      const old = await read(await write(down, { format: "msgpack" }));
      const kept = await readSidecar(memorySource("sidecar", Buffer.from(sidecar)));
      assert.equal(kept.head.content, sumsOf(old).content);
      const restorer = new Restorer(kept.aside);
      const half = Math.floor(old.mappings.length / 2);
      const restored = [
        ...restorer.restore(old.mappings.slice(0, half), 0),
        ...restorer.restore(old.mappings.slice(half), half),
      ];
      const up = { mappings: restored, header: upgradeHeader(old.header, kept.head.history) };
      const wanted = { ...collection, header: { ...collection.header, version: "1.1" as const } };
      assert.deepEqual(sumsOf(up), sumsOf(wanted));
      assert.deepEqual(restorer.left(), []);
    }),
    { numRuns: 40 },
  );
});

test("what was kept aside goes to the mapping of its number, and to no other one", () => {
  const aside = [
    { index: 1, original: "a", context: null, originFile: "first", note: null },
    { index: 2, original: "a", context: "global", originFile: "second", note: "older" },
    { index: 3, original: "b", context: null, originFile: null, note: "of another" },
    { index: 6, original: "gone", context: null, originFile: null, note: "gone" },
  ];
  const restorer = new Restorer(aside);
  const mappings = [
    // The same identity, but it had nothing of its own.
    mapping({ original: "a" }),
    mapping({ original: "a" }),
    mapping({ original: "a", note: "its own" }),
    mapping({ original: "b", context: "m.js" }),
    mapping({ original: "b" }),
  ];
  assert.deepEqual(
    [
      ...restorer.restore(mappings.slice(0, 2), 0),
      ...restorer.restore(mappings.slice(2, 4), 2),
      ...restorer.restore(mappings.slice(4), 4),
    ].map(({ originFile, note }) => [originFile, note]),
    [
      [null, null],
      ["first", null],
      ["second", "its own"],
      [null, null],
      [null, null],
    ],
  );
  assert.deepEqual(restorer.left(), [aside[2], aside[3]]);
});

test("a change of version says what it keeps aside, and refuses what it does not know", () => {
  assert.deepEqual(planVersionChange("1.0", "1.1", "file"), {
    from: "1.0",
    to: "1.1",
    direction: "upgrade",
    keepsAside: [],
  });
  assert.equal(planVersionChange("1.1", "1.0", "file").keepsAside.length, 3);
  assert.equal(planVersionChange("1.1", "1.1", "file").direction, "same");
  assert.throws(() => planVersionChange("2.0", "1.1", "file"), {
    code: "GW2603",
    message: /^file says.*"2\.0"/,
  });
  assert.throws(() => planVersionChange("1.0", "1.2", "file"), {
    code: "GW2603",
    message: /^The wanted version/,
  });
});

test("a sidecar that is cut off or is something else is refused by its place", async () => {
  const aside = [{ index: 1, original: "a", context: null, originFile: "f", note: null }];
  const whole = `${sidecarHead({ content: "c", history: [], entries: 1 })}${sidecarLines(aside)}`;
  assert.deepEqual((await readSidecar(memorySource("s", Buffer.from(whole)))).aside, aside);
  for (let length = 0; length < whole.length - 1; length++) {
    const cut = memorySource("s", Buffer.from(whole.slice(0, length)));
    await assert.rejects(readSidecar(cut), { code: "GW2601" }, whole.slice(0, length));
  }
  for (const text of [
    `${whole}{}`,
    whole.replace('"Index":1', '"Index":"1"'),
    whole.replace('"1"', '"2"'),
    "[]",
  ]) {
    await assert.rejects(readSidecar(memorySource("s", Buffer.from(text))), { code: "GW2601" }, text);
  }
});
