import assert from "node:assert/strict";
import { test } from "node:test";
import { header, mapping, read, readInChunks, write } from "./mapping-files.fixture.ts";
import type { Mapping } from "./model.ts";
import { openMappings } from "./reader.ts";
import { createSidecarWriter } from "./sidecar-writer.ts";
import { memorySink } from "./sink.ts";
import { memorySource } from "./source.ts";

/* Values that do not fit into the window that a reader begins with. */

const MiB = 1024 * 1024;

test("a text of any length up to the greatest is read as it is, whatever it holds", async () => {
  // Around the lengths at which a reader looks for the end first, and at which the window grows.
  for (const length of [4090, 4096, 4102, 60_000, 66_000, 600_000]) {
    for (const [end, json] of [
      ["", ""],
      ["é", "é"],
      ['"', '\\"'],
      ["\\", "\\\\"],
      ["\n😀", "\\n\\ud83d\\ude00"],
    ] as const) {
      const before = "a".repeat(length - json.length - 1);
      const text = `{"Mappings":[{"Original":"b","Note":"x${json}${before}"},{"Original":"${before}${json}"}]}`;
      const cuts = [length, length + 20, length + 40];
      const { mappings } = await readInChunks(Buffer.from(text), cuts);
      assert.equal(mappings[0]?.note, `x${end}${before}`, `${length} ${json}`);
      assert.equal(mappings[1]?.original, before + end, `${length} ${json}`);
      for (const format of ["msgpack", "json"] as const) {
        const version = "1.1";
        const bytes = await write({ mappings, header: header({ version }) }, { format });
        const again = (await readInChunks(bytes, cuts)).mappings;
        assert.deepEqual(again.map(textsOf), mappings.map(textsOf), `${length} ${json} ${format}`);
      }
    }
  }
});

test("a value of up to 16 MiB is read, and a longer one is refused", async () => {
  const long = mapping({ original: "a".repeat(13 * MiB) });
  for (const format of ["msgpack", "json"] as const) {
    const bytes = await write({ mappings: [mapping(), long, mapping()], header: header() }, { format });
    const [, found, last] = (await read(bytes)).mappings;
    assert.equal(found?.original.length, 13 * MiB);
    assert.equal(last?.original, "a");
  }
  const endless = [
    '{"',
    '{"Mappings":[{"Original":"',
    '{"Mappings":[{"Original":"a","Unknown":"\\n',
    '{"Mappings":[{"Original":"a"}],"Unknown":"é',
  ];
  for (const beginning of endless) {
    const bytes = Buffer.concat([Buffer.from(beginning), Buffer.alloc(20 * MiB, "a")]);
    await assert.rejects(read(bytes), { code: "GW2601", message: /at most 16 MiB, found a longer one/ });
  }
  const unended = Buffer.concat([Buffer.from(endless[1]!), Buffer.alloc(5000, "a"), Buffer.from("\n")]);
  await assert.rejects(read(unended), /the file ends before the value does/);
  await assert.rejects(read(Buffer.concat([unended, Buffer.from('"')])), /bare control character/);
});

test("what would be too long to be read again is refused by name", async () => {
  // Each character takes six bytes as JSON.
  const note = "\u0001".repeat(3 * MiB);
  const collection = { mappings: [mapping(), mapping({ note })], header: header({ version: "1.1" }) };
  await assert.rejects(write(collection, { format: "json" }), {
    code: "GW2604",
    message: /^Mapping 2 \("a"\) cannot be written\. It takes \d+ bytes as JSON, .* more than 16 MiB/,
  });
  const [, found] = (await read(await write(collection, { format: "msgpack" }))).mappings;
  assert.equal(found?.note, note);
  const beside = header({ members: [["x", JSON.stringify(note)]] });
  await assert.rejects(write({ mappings: [], header: beside }, { format: "json" }), {
    code: "GW2604",
    message: /beside the mappings takes/,
  });
  const sidecar = createSidecarWriter(memorySink());
  const kept = { index: 0, original: "a", context: null, originFile: null, note };
  await assert.rejects(sidecar.write([kept]), { code: "GW2604", message: /What is kept aside of "a" takes/ });
});

test("elements without a name may be as deep as any value", async () => {
  const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  for (const levels of [99, 101, 120]) {
    const text = `{"Mappings":[{"Original":"a","$extra":[${deep(levels)}]}]}`;
    const collection = await readInChunks(Buffer.from(text), []);
    const expected = Buffer.from(`${"91".repeat(levels - 1)}90`, "hex");
    const packed = await readInChunks(await write(collection, { format: "msgpack" }), []);
    const again = await readInChunks(await write(packed, { format: "json" }), []);
    for (const { mappings } of [collection, packed, again])
      assert.deepEqual(
        mappings[0]?.extra?.map((one) => Buffer.from(one)),
        [expected],
      );
  }
});

test("very many members that nobody knows are kept, and one that is there twice is told by its place", async () => {
  const count = 30_000;
  const members = Array.from({ length: count }, (_, n) => `"x${n}":${n}`).join(",");
  const twice = '"x5":1';
  for (const place of [
    (more: string) => `{"Mappings":[{"Original":"a",${members}${more}}]}`,
    (more: string) => `{"Mappings":[{"Original":"a","X":{${members}${more}}}]}`,
    (more: string) => `{${members},"Mappings":[{"Original":"a"}]${more}}`,
    (more: string) => `{"Mappings":[{"Original":"a"}],${members}${more}}`,
  ]) {
    const { mappings, header: found } = await read(place(""));
    const kept = [...(mappings[0]?.members ?? []), ...(found.members ?? [])];
    if (kept.length === 1) assert.deepEqual(kept[0], ["X", `{${members}}`]);
    else {
      assert.equal(kept.length, count);
      assert.ok(kept.every(([name, json], n) => name === `x${n}` && json === String(n)));
    }
    const text = place(`,${twice}`);
    await assert.rejects(read(text), (error: { message: string; details: { offset: number } }) => {
      assert.match(error.message, /expected each member once, found "x5" again/);
      assert.equal(error.details.offset, text.lastIndexOf(twice));
      return true;
    });
  }
});

test("a length that no bytes stand behind makes nothing, from a pipe too", async () => {
  // A mapping whose references are said to be some millions, and of which one follows.
  const bytes = Buffer.from("94a3312e309198a0a000c0cb0000000000000000d6ff0000000000dd00f00000a0", "hex");
  for (const sizeBytes of [bytes.length, null]) {
    const source = { ...memorySource("file", bytes), sizeBytes, repeatable: sizeBytes !== null };
    const reader = await openMappings(source);
    await assert.rejects(
      async () => {
        for await (const _ of reader.batches());
      },
      { code: "GW2601" },
    );
  }
});

function textsOf({ original, note }: Mapping): readonly (string | null)[] {
  return [original, note];
}
