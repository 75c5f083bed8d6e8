import assert from "node:assert/strict";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { header, mapping, sumsOf, read, write } from "./mapping-files.fixture.ts";
import type { CollectionHeader } from "./model.ts";
import { createMsgpackWriter } from "./msgpack-writer.ts";
import { type ByteSink, fileSink, memorySink, pipeSink } from "./sink.ts";
import { fileSource } from "./source.ts";
import { readAllMappings } from "./reader.ts";

const few = Array.from({ length: 20 }, (_, index) =>
  mapping({ original: `a${index}`, mapped: "x".repeat(50) }),
);

/** Headers that make the beginning of the file as long as usual, longer, and shorter. */
const headers: Readonly<Record<string, CollectionHeader>> = {
  usual: header(),
  "one element more": header({ extra: [Buffer.from([0xc0])] }),
  "so many elements that their header is longer": header({
    extra: Array.from({ length: 14 }, () => Buffer.from([0xc3])),
  }),
  "other forms": header({
    wire: {
      collection: 5,
      elements: null,
      version: "d903312e30",
      mappings: 5,
      patterns: "nil",
      history: null,
    },
  }),
};

test("the beginning is right in the end, whatever was known at first", async () => {
  const folder = await mkdtemp(join(tmpdir(), "godwit-mappings-"));
  try {
    for (const [what, header] of Object.entries(headers)) {
      const expected = await write({ mappings: few, header }, { format: "msgpack", count: few.length });
      for (const [counted, heldBytes] of [
        [null, 1],
        [null, 500],
        [null, undefined],
        [20, 1],
        [0, 1],
        [70_000, 1],
      ] as const) {
        const path = join(folder, "file");
        await using handle = await open(path, "w+");
        for (const sink of [fileSink(handle), memorySink()]) {
          const written = await writeAll(sink, header, counted, heldBytes);
          const bytes = "bytes" in sink ? (sink as { bytes(): Buffer }).bytes() : await readFile(path);
          assert.equal(bytes.toString("hex"), expected.toString("hex"), `${what}, ${counted}, ${heldBytes}`);
          assert.deepEqual(
            written,
            { mappings: 20, bytes: expected.length },
            `${what}, ${counted}, ${heldBytes}`,
          );
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a larger file is moved as a whole where its beginning turns out shorter or longer", async () => {
  const folder = await mkdtemp(join(tmpdir(), "godwit-mappings-"));
  const mappings = Array.from({ length: 40 }, (_, index) =>
    mapping({ original: `a${index}`, mapped: `${index} of many, `.repeat(5000 + index) }),
  );
  try {
    const path = join(folder, "file");
    const long = headers["so many elements that their header is longer"]!;
    for (const [count, header] of [
      [null, headers["usual"]!],
      [0, long],
    ] as const) {
      await using handle = await open(path, "w+");
      const options = { version: "1.0", count, wire: null, heldBytes: 1 } as const;
      const writer = createMsgpackWriter(fileSink(handle), options);
      await writer.write(mappings);
      await writer.finish(header);
      const found = await readAllMappings(await fileSource(path));
      assert.deepEqual(sumsOf(found), sumsOf({ mappings, header }));
      assert.ok((await readFile(path)).equals(await write({ mappings, header }, { format: "msgpack" })));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a pipe takes a small file, and one whose count is known", async () => {
  const expected = await write({ mappings: few, header: header() }, { format: "msgpack" });
  for (const [count, heldBytes] of [
    [null, undefined],
    [20, 1],
  ] as const) {
    const parts: Buffer[] = [];
    await writeAll(
      pipeSink(async (bytes) => void parts.push(Buffer.from(bytes))),
      header(),
      count,
      heldBytes,
    );
    assert.ok(Buffer.concat(parts).equals(expected));
  }
  const pipe = pipeSink(async () => {});
  await assert.rejects(writeAll(pipe, header(), null, 1), {
    code: "GW2604",
    message: /begins with the number of mappings/,
  });
  await assert.rejects(writeAll(pipe, header(), 21, 1), {
    code: "GW2604",
    message: /21 were announced, 20 came/,
  });
});

test("the header of the mappings is the shortest for each count", async () => {
  for (const [count, hex] of [
    [15, "9f"],
    [16, "dc0010"],
    [65_535, "dcffff"],
    [65_536, "dd00010000"],
  ] as const) {
    const mappings = Array.from({ length: count }, () => mapping());
    const bytes = await write({ mappings, header: header() }, { format: "msgpack" }, 5000);
    assert.equal(bytes.toString("hex", 5, 5 + hex.length / 2), hex);
    assert.equal((await read(bytes)).mappings.length, count);
  }
});

const integers: readonly (readonly [value: number | bigint, hex: string])[] = [
  [0, "00"],
  [127, "7f"],
  [128, "cc80"],
  [255, "ccff"],
  [256, "cd0100"],
  [65_535, "cdffff"],
  [65_536, "ce00010000"],
  [2 ** 32 - 1, "ceffffffff"],
  [2 ** 32, "cf0000000100000000"],
  [2n ** 64n - 1n, "cfffffffffffffffff"],
  [-1, "ff"],
  [-32, "e0"],
  [-33, "d0df"],
  [-128, "d080"],
  [-129, "d1ff7f"],
  [-32_768, "d18000"],
  [-32_769, "d2ffff7fff"],
  [-(2 ** 31), "d280000000"],
  [-(2 ** 31) - 1, "d3ffffffff7fffffff"],
  [-(2n ** 63n), "d38000000000000000"],
];

test("each whole number has the form that MessagePack-CSharp gives it", async () => {
  for (const [value, hex] of integers) {
    const mappings = [mapping({ usageCount: value })];
    const bytes = await write({ mappings, header: header() }, { format: "msgpack" });
    // After the timestamp of six bytes, and before the references, the patterns and the statistics.
    assert.match(bytes.toString("hex"), new RegExp(`d6ff00000000${hex}9090c0$`), String(value));
    assert.equal((await read(bytes)).mappings[0]?.wire, null, String(value));
  }
});

async function writeAll(sink: ByteSink, header: CollectionHeader, count: number | null, heldBytes?: number) {
  const options = { version: "1.0", count, wire: header.wire } as const;
  const writer = createMsgpackWriter(sink, heldBytes === undefined ? options : { ...options, heldBytes });
  for (const one of few) await writer.write([one]);
  return writer.finish(header);
}
