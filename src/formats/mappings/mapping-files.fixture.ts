import fc from "fast-check";
import {
  type CollectionHeader,
  ContentDigest,
  type ContentSums,
  createMappingWriter,
  type Mapping,
  memorySink,
  memorySource,
  openMappings,
  readAllMappings,
  type ReadOptions,
  type SchemaVersion,
  type Timestamp,
  type WriteTarget,
} from "./index.ts";

/** A whole database in memory. */
export interface Collection {
  readonly mappings: readonly Mapping[];
  readonly header: CollectionHeader;
}

export function read(bytes: Uint8Array | string, options: ReadOptions = {}) {
  return readAllMappings(memorySource("file", Buffer.from(bytes as string)), options);
}

/** In chunks that end at the given places, from a source that can be read once. */
export async function readInChunks(bytes: Buffer, cuts: readonly number[]): Promise<Collection> {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  const chunks = async function* () {
    for (const [index, end] of places.slice(1).entries()) {
      // In memory of its own, and overwritten when the next is asked for, as a reader of files does.
      const chunk = Buffer.from(bytes.subarray(places[index], end));
      yield chunk;
      chunk.fill(0xc1);
    }
  };
  const reader = await openMappings({ name: "pipe", sizeBytes: null, repeatable: false, chunks });
  const mappings: Mapping[] = [];
  for await (const batch of reader.batches()) mappings.push(...batch.mappings);
  return { mappings, header: reader.header };
}

/** The bytes of a database; `batch` mappings are given to the writer at once. */
export async function write(
  { mappings, header }: Collection,
  target: WriteTarget,
  batch = 3,
  beside: readonly string[] = [],
): Promise<Buffer> {
  const sink = memorySink();
  const writer = createMappingWriter(sink, { target, version: header.version, wire: header.wire, beside });
  for (let at = 0; at < mappings.length; at += batch) await writer.write(mappings.slice(at, at + batch));
  const written = await writer.finish(header);
  const bytes = sink.bytes();
  if (written.bytes !== bytes.length || written.mappings !== mappings.length)
    throw new Error("counted wrongly");
  return bytes;
}

export function sumsOf({ mappings, header }: Collection): ContentSums {
  const digest = new ContentDigest();
  digest.add(mappings);
  return digest.finish(header);
}

/** Hex with spaces and with comments after a `#`. */
export function hex(text: string): Buffer {
  const digits = text.replace(/#.*/g, "").replace(/\s/g, "");
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`no hex: ${digits}`);
  return Buffer.from(digits, "hex");
}

export function mapping(parts: Partial<Mapping> = {}): Mapping {
  return {
    original: "a",
    mapped: "Alpha",
    type: 0,
    context: "global",
    confidence: 0.8,
    lastUpdated: { seconds: 0, nanos: 0 },
    usageCount: 0,
    references: [],
    originFile: null,
    note: null,
    extra: null,
    members: null,
    wire: null,
    ...parts,
  };
}

export function header(parts: Partial<CollectionHeader> = {}): CollectionHeader {
  return {
    version: "1.0",
    patterns: [],
    statistics: null,
    history: [],
    extra: null,
    members: null,
    wire: null,
    ...parts,
  };
}

const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 12 }) },
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "Mappings",
    '"\\\u0000\u001f\u007f',
    "é😀\u{10ffff}",
    "x".repeat(300),
  ),
);

const integer = fc.oneof(
  fc.integer({ min: -200, max: 70_000 }),
  fc
    .constantFrom(
      0x7fn,
      0xffn,
      0xffffn,
      2n ** 31n,
      2n ** 32n,
      2n ** 53n,
      2n ** 63n,
      2n ** 64n - 1n,
      -(2n ** 63n),
      -129n,
    )
    .chain((edge) => fc.constantFrom(edge, edge - 1n))
    .filter((value) => value >= -(2n ** 63n))
    .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
);

const double = fc.oneof(
  fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
  fc.double(),
  fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21, 5e-324),
);

const timestamp: fc.Arbitrary<Timestamp> = fc
  .record({
    seconds: fc.oneof(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }),
      fc.constantFrom(-62_135_596_800, 253_402_300_799, -1, 0, 2 ** 32 - 1, 2 ** 32, 2 ** 34 - 1, 2 ** 34),
    ),
    nanos: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 9_999_999 }).map((ticks) => ticks * 100),
      fc.integer({ min: 0, max: 999_999_999 }),
    ),
  })
  .map(({ seconds, nanos }) => ({ seconds: seconds + 0, nanos: nanos + 0 }));

/** Bytes of values that no schema knows. */
const extra = fc.option(
  fc.array(
    fc
      .constantFrom(
        "c0",
        "c3",
        "05",
        "d0fb",
        "a3e28882",
        "92c2a161",
        "81a16bcb3ff8000000000000",
        "c4020102",
        "d40105",
        "cf0020000000000000",
        "8201a06bc0",
        "cc05",
        "cb3ff0000000000000",
      )
      .map((digits) => Uint8Array.from(Buffer.from(digits, "hex"))),
    { minLength: 1, maxLength: 3 },
  ),
  { nil: null, freq: 5 },
);

const members = fc.option(
  fc
    .uniqueArray(fc.string({ maxLength: 4 }), { minLength: 1, maxLength: 3 })
    .chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc
            .oneof(
              fc.json({ maxDepth: 2 }),
              fc.constantFrom("12345678901234567890", "1.0", "1e400", '"\\u00e9"'),
            )
            .map((json) => [`x${name}`, json] as const),
        ),
      ),
    ),
  { nil: null, freq: 5 },
);

const newTexts = (version: SchemaVersion) =>
  version === "1.0" ? fc.constant(null) : fc.option(text, { nil: null });

export const arbitraryMapping = (version: SchemaVersion): fc.Arbitrary<Mapping> =>
  fc.record({
    original: text,
    mapped: text,
    type: integer,
    context: fc.oneof(fc.constant(null), fc.constant("global"), text),
    confidence: double,
    lastUpdated: timestamp,
    usageCount: integer,
    references: fc.array(fc.option(text, { freq: 8 }), { maxLength: 3 }),
    originFile: newTexts(version),
    note: newTexts(version),
    extra,
    members,
    wire: fc.constant(null),
  });

export const arbitraryCollection: fc.Arbitrary<Collection> = fc
  .constantFrom<SchemaVersion>("1.0", "1.1")
  .chain((version) =>
    fc.record({
      mappings: fc.array(arbitraryMapping(version), { maxLength: 20 }),
      header: fc.record({
        version: fc.constant(version),
        patterns: fc.array(
          fc.record(
            {
              pattern: text,
              description: text,
              targetType: integer,
              confidence: double,
              replacement: fc.option(text),
              example: fc.option(text),
              extra,
              members,
              wire: fc.constant(null),
            },
            {
              requiredKeys: [
                "pattern",
                "description",
                "targetType",
                "confidence",
                "extra",
                "members",
                "wire",
              ],
            },
          ),
          { maxLength: 2 },
        ),
        statistics: fc.option(
          fc.record({
            createdAt: timestamp,
            lastModified: timestamp,
            totalMappings: integer,
            lastVersion: text,
            extra,
            members,
            wire: fc.constant(null),
          }),
          { nil: null },
        ),
        history:
          version === "1.0"
            ? fc.constant([])
            : fc.array(fc.record({ at: timestamp, from: text, to: text, by: text, mappings: integer }), {
                maxLength: 2,
              }),
        extra,
        members,
        wire: fc.constant(null),
      }),
    }),
  );
