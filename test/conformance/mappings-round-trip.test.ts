import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, ExtensionCodec } from "@msgpack/msgpack";
import fc from "fast-check";
import {
  arbitraryCollection,
  read,
  readInChunks,
  sumsOf,
  write,
} from "../../src/formats/mappings/mapping-files.fixture.ts";
import type { Timestamp } from "../../src/formats/mappings/model.ts";

test("what is written is read again, in both formats, wherever a chunk of it ends", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryCollection, fc.array(fc.nat(), { maxLength: 8 }), async (collection, cuts) => {
      const msgpack = await write(collection, { format: "msgpack" });
      const json = await write(collection, { format: "json" });
      for (const bytes of [msgpack, json]) {
        const { mappings, header } = await readInChunks(bytes, cuts);
        assert.deepEqual(plain(mappings), plain(collection.mappings));
        assert.deepEqual(plain(header), plain(collection.header));
      }
    }),
    { numRuns: 40 },
  );
});

test("MessagePack to JSON and back, and JSON to MessagePack and back, give the same bytes and sums", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryCollection, async (collection) => {
      const msgpack = await write(collection, { format: "msgpack" });
      const json = await write(await read(msgpack), { format: "json" });
      assert.ok(msgpack.equals(await write(await read(json), { format: "msgpack" })));
      assert.ok(json.equals(await write(await read(json), { format: "json" })));
      assert.ok(msgpack.equals(await write(await read(msgpack), { format: "msgpack" })));
      const sums = sumsOf(collection);
      assert.deepEqual(sumsOf(await read(msgpack)), sums);
      assert.deepEqual(sumsOf(await read(json)), sums);
    }),
    { numRuns: 50 },
  );
});

test("JSON keyed by name holds the same, in each naming, where every mapping is there once", async () => {
  const naming = fc.constantFrom("pascal", "camel", "snake");
  await fc.assert(
    fc.asyncProperty(arbitraryCollection, naming, async ({ mappings, header }, naming) => {
      const once = { mappings: uniqueBy(mappings, ({ original }) => original), header };
      for (const shape of ["keyed", "list"] as const) {
        const bytes = await write(once, { format: "json", shape, naming });
        assert.deepEqual(sumsOf(await read(bytes)), sumsOf(once));
      }
      const flat = {
        mappings: once.mappings,
        header: { ...header, patterns: [], statistics: null, history: [], members: null },
      };
      const bytes = await write(flat, { format: "json", shape: "flat", naming });
      assert.deepEqual(sumsOf(await read(bytes)), sumsOf(flat));
    }),
    { numRuns: 40 },
  );
});

test("another reader of MessagePack finds the values where the facts say, and each in its shortest form", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryCollection, async (collection) => {
      const bytes = await write(collection, { format: "msgpack" });
      const [version, mappings, patterns] = decode(bytes, {
        useBigInt64: true,
        extensionCodec,
      }) as unknown[][];
      assert.equal(version, collection.header.version);
      assert.deepEqual(
        mappings!.map((elements) => (elements as unknown[]).slice(0, 8)),
        collection.mappings.map((one) => [
          one.original,
          one.mapped,
          asRead(one.type),
          one.context,
          one.confidence,
          one.lastUpdated,
          asRead(one.usageCount),
          one.references,
        ]),
      );
      assert.equal(patterns!.length, collection.header.patterns.length);
    }),
    { numRuns: 40 },
  );
});

/** Timestamps by the specification, apart from the reader that is tested. */
const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: -1,
  encode: () => null,
  decode: (data): Timestamp => {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    if (data.length === 4) return { seconds: view.getUint32(0), nanos: 0 };
    if (data.length === 12) return { seconds: Number(view.getBigInt64(4)), nanos: view.getUint32(0) };
    const both = view.getBigUint64(0);
    return { seconds: Number(both & 0x3_ffff_ffffn), nanos: Number(both >> 34n) };
  },
});
for (const type of [1, 5]) extensionCodec.register({ type, encode: () => null, decode: (data) => data });

/** The library gives each integer of 64 bits as a bigint. */
function asRead(value: number | bigint): number | bigint {
  return typeof value === "bigint" || (value < 2 ** 32 && value >= -(2 ** 31)) ? value : BigInt(value);
}

/** Buffers are Uint8Arrays here, and of NaN there is one. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

function uniqueBy<T>(values: readonly T[], key: (value: T) => string): T[] {
  return [...new Map(values.map((value) => [key(value), value])).values()];
}
