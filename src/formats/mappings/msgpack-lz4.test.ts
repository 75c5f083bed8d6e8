import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { GodwitError } from "../../core/error.ts";
import { decompressBlock } from "./lz4.ts";
import { hex, mapping, read, readInChunks } from "./mapping-files.fixture.ts";

/* 20 equal mappings, compressed by liblz4 1.10 and framed as MessagePack-CSharp does: in one block, and in two. */
const oneBlock = hex(`c73963 d200000276
  ff1894a3312e30dc001498a161a2416201a6676c6f62616ccb3fe999999999999ad6ff697dcb9807901f00ffff395098079090c0`);
const twoBlocks = hex(`93 c70662 cd012c cd014a
  c432 ff1894a3312e30dc001498a161a2416201a6676c6f62616ccb3fe999999999999ad6ff697dcb9807901f00ed50676c6f6261
  c42b ff106ccb3fe999999999999ad6ff697dcb98079098a161a2416201a6676c6f62611f00ff145098079090c0`);

const one = mapping({
  mapped: "Ab",
  type: 1,
  lastUpdated: { seconds: 1_769_851_800, nanos: 0 },
  usageCount: 7,
});

test("databases that MessagePack-CSharp compressed are read", async () => {
  const forms = { "lz4-block": oneBlock, "lz4-block-array": twoBlocks } as const;
  for (const [compression, bytes] of Object.entries(forms)) {
    const { format, mappings } = await read(bytes);
    assert.deepEqual(format, { format: "msgpack", compression });
    assert.deepEqual(
      mappings,
      Array.from({ length: 20 }, () => one),
    );
    assert.deepEqual((await readInChunks(bytes, [1, 2, 9, 40, 70])).mappings, mappings);
  }
});

test("compressed databases that are cut off or damaged are refused", async () => {
  for (const bytes of [oneBlock, twoBlocks]) {
    for (let length = 1; length < bytes.length; length++) {
      await assert.rejects(read(bytes.subarray(0, length)), GodwitError, `${length} bytes`);
    }
  }
  const wrong = {
    "another length": oneBlock.toString("hex").replace("d200000276", "d200000275"),
    "a length of 2 GiB": oneBlock.toString("hex").replace("d200000276", "d27fffffff"),
    "an offset before the beginning": oneBlock.toString("hex").replace("1f00", "2800"),
    "an offset of zero": oneBlock.toString("hex").replace("1f00", "0000"),
    "more after the blocks": `${twoBlocks.toString("hex")}00`,
    "more lengths than blocks": twoBlocks.toString("hex").replace("93c7", "94c7"),
    "compressed twice": "c70963d2000000030030c0",
  };
  for (const [what, bytes] of Object.entries(wrong)) {
    await assert.rejects(read(hex(bytes)), (error) => {
      assert.ok(error instanceof GodwitError, what);
      assert.match(error.code, /^GW260[12]$/, what);
      if (what.startsWith("an offset"))
        assert.match(error.message, /an offset within what was decompressed/, what);
      return true;
    });
  }
});

test("a block comes out as it went in, wherever a match or the output's buffer ends", () => {
  const part = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((literals) => ({ literals, back: 0, length: 0 })),
    fc.record({
      literals: fc.uint8Array({ maxLength: 20 }),
      back: fc.constantFrom(1, 2, 3, 40, 65_535),
      length: fc.oneof(fc.integer({ min: 4, max: 300 }), fc.constantFrom(262_144, 262_143, 70_000)),
    }),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const { block, expected } = compress(parts);
      const found: Buffer[] = [];
      for (const piece of decompressBlock(block, expected.length)) found.push(Buffer.from(piece));
      assert.ok(Buffer.concat(found).equals(expected));
    }),
    { numRuns: 30 },
  );
});

/** The block format written by hand, with what it has to give. A match that reaches before the beginning is left out. */
function compress(parts: readonly { literals: Uint8Array; back: number; length: number }[]) {
  const block: number[] = [];
  let expected = Buffer.from([]);
  const extended = (value: number) => {
    if (value < 15) return [];
    const bytes = Array.from({ length: Math.floor((value - 15) / 255) }, () => 255);
    return [...bytes, (value - 15) % 255];
  };
  const sequence = (literals: Uint8Array, back: number, length: number) => {
    const match = back === 0 ? 0 : length - 4;
    block.push(
      (Math.min(15, literals.length) << 4) | Math.min(15, match),
      ...extended(literals.length),
      ...literals,
    );
    expected = Buffer.concat([expected, literals]);
    if (back === 0) return;
    block.push(back & 255, back >> 8);
    for (const byte of extended(match)) block.push(byte);
    const period = expected.subarray(expected.length - back);
    expected = Buffer.concat([expected, Buffer.alloc(length, period)]);
  };
  for (const { literals, back, length } of parts) {
    const reachable = back > 0 && back <= expected.length + literals.length ? back : 0;
    // Only the last sequence has no match, so literals alone get one of a byte before.
    if (reachable > 0) sequence(literals, reachable, length);
    else if (literals.length > 0) sequence(literals, 1, 4);
  }
  sequence(Buffer.from("end"), 0, 0);
  return { block: Buffer.from(block), expected };
}
