import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { arbitraryCollection, read, sumsOf, write } from "./mapping-files.fixture.ts";
import { mapping } from "./mapping-files.fixture.ts";
import { checkSidecar, openSidecar, type SidecarHead } from "./sidecar-reader.ts";
import { createSidecarWriter } from "./sidecar-writer.ts";
import { memorySink } from "./sink.ts";
import { memorySource } from "./source.ts";
import {
  downgradeHeader,
  downgradeMappings,
  type KeptAside,
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
      const sidecar = await sidecarOf({ content: sumsOf(down).content, history }, aside);
      // What version 1.0 has no place for does not stand in it all the same.
      assert.ok(mappings.every(({ originFile, note }) => originFile === null && note === null));
      const old = await read(await write(down, { format: "msgpack" }));
      const kept = await openSidecar(memorySource("sidecar", sidecar));
      assert.equal(kept.head.content, sumsOf(old).content);
      const restorer = new Restorer(kept.entries());
      const half = Math.floor(old.mappings.length / 2);
      const restored = [
        ...(await restorer.restore(old.mappings.slice(0, half), 0)),
        ...(await restorer.restore(old.mappings.slice(half), half)),
      ];
      const up = { mappings: restored, header: upgradeHeader(old.header, kept.head.history) };
      const wanted = { ...collection, header: { ...collection.header, version: "1.1" as const } };
      assert.deepEqual(sumsOf(up), sumsOf(wanted));
      assert.equal(await restorer.finish(), 0);
    }),
    { numRuns: 40 },
  );
});

test("what was kept aside goes to the mapping of its number, and to no other one", async () => {
  const aside = [
    { index: 1, original: "a", context: null, originFile: "first", note: null },
    { index: 2, original: "a", context: "global", originFile: "second", note: "older" },
    { index: 3, original: "b", context: null, originFile: null, note: "of another" },
    { index: 6, original: "gone", context: null, originFile: null, note: "gone" },
  ];
  const restorer = new Restorer(inTwos(aside));
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
      ...(await restorer.restore(mappings.slice(0, 2), 0)),
      ...(await restorer.restore(mappings.slice(2, 4), 2)),
      ...(await restorer.restore(mappings.slice(4), 4)),
    ].map(({ originFile, note }) => [originFile, note]),
    [
      [null, null],
      ["first", null],
      ["second", "its own"],
      [null, null],
      [null, null],
    ],
  );
  assert.equal(await restorer.finish(), 2);
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
  const whole = (await sidecarOf({ content: "c", history: [] }, aside)).toString();
  assert.deepEqual(await allOf(Buffer.from(whole)), aside);
  for (let length = 0; length < whole.length - 1; length++) {
    const cut = memorySource("s", Buffer.from(whole.slice(0, length)));
    await assert.rejects(checkSidecar(cut), { code: "GW2601" }, whole.slice(0, length));
  }
  for (const text of [
    `${whole}{}`,
    whole.replace('"Entries":1', '"Entries":2') + whole.slice(whole.indexOf("\n") + 1),
    whole.replace('"Index":1', '"Index":"1"'),
    whole.replace('"1"', '"2"'),
    "[]",
  ]) {
    await assert.rejects(checkSidecar(memorySource("s", Buffer.from(text))), { code: "GW2601" }, text);
  }
});

test("a long sidecar is written as it goes, and is none before its end", async () => {
  const count = 20_000;
  const aside = Array.from({ length: count }, (_, index) => ({
    index: index * 2,
    original: `a.b${index}`,
    context: index % 3 === 0 ? null : "é",
    originFile: null,
    note: `of ${index}`,
  }));
  const record = {
    at: { seconds: 0, nanos: 0 },
    from: "json 1.0",
    to: "json 1.1",
    by: "godwit",
    mappings: 1,
  };
  for (const history of [[], Array.from({ length: 30 }, () => record)]) {
    const sink = memorySink();
    const writer = createSidecarWriter(sink);
    await writer.write(aside);
    const begun = sink.bytes();
    assert.ok(begun.length > 500_000, "most of it is written");
    await assert.rejects(checkSidecar(memorySource("s", begun)), { code: "GW2601" });
    assert.equal(await writer.finish({ content: "c", history }), count);
    assert.deepEqual(await checkSidecar(memorySource("s", sink.bytes())), {
      content: "c",
      history,
      entries: count,
    });
    assert.deepEqual(await allOf(sink.bytes()), aside);
  }
});

async function sidecarOf(head: Omit<SidecarHead, "entries">, aside: readonly KeptAside[]): Promise<Buffer> {
  const sink = memorySink();
  const writer = createSidecarWriter(sink);
  await writer.write(aside);
  await writer.finish(head);
  return sink.bytes();
}

async function allOf(sidecar: Uint8Array): Promise<KeptAside[]> {
  const { entries } = await openSidecar(memorySource("s", sidecar));
  const all: KeptAside[] = [];
  for await (const batch of entries()) all.push(...batch);
  return all;
}

async function* inTwos(aside: readonly KeptAside[]): AsyncGenerator<readonly KeptAside[]> {
  for (let first = 0; first < aside.length; first += 2) yield aside.slice(first, first + 2);
}
