import assert from "node:assert/strict";
import { test } from "node:test";
import { GodwitError } from "../../core/error.ts";
import { hex, mapping, read, sumsOf, write } from "./mapping-files.fixture.ts";
import { allSilence, silence } from "./model.ts";
import { recognize } from "./recognize.ts";
import { memorySource } from "./source.ts";

/** A database as MessagePack-CSharp writes it, by the facts. */
const database = hex(`
  94                                    # SymbolMappingCollection
  a3 312e30                             # Version "1.0"
  95                                    # Mappings
    98                                  # 1: 32 bits of seconds
      a1 61  a5 416c706861              # "a" "Alpha"
      01 a6 676c6f62616c                # Class, "global"
      cb 3fe999999999999a               # 0.8
      d6ff 697dcb98                     # 2026-01-31T09:30:00Z
      07 92 a1 62 a2 c3a9               # 7, ["b", "é"]
    98                                  # 2: 64 bits, ticks of 100 ns; nil context; text of 4 bytes a character
      a1 62  a4 f09f9880
      05 c0
      cb 3ff0000000000000               # 1
      d7ff 1d6f32f0697dcb98             # 2026-01-31T09:30:00.1234567Z
      cd 012c 90                        # 300
    98                                  # 3: 96 bits, the default DateTime of .NET
      a0 a0
      00 a0
      cb 0000000000000000
      c70cff 00000000 fffffff1886e0900  # 0001-01-01T00:00:00Z
      ff 90                             # -1
    98                                  # 4: the last tick of .NET, and numbers of 64 bits
      a1 63  a1 64
      ce 00010000 c0                    # 65536
      cb fff8000000000000               # NaN as .NET writes it
      c70cff 3b9ac99c 0000003afff4417f  # 9999-12-31T23:59:59.9999999Z
      cf ffffffffffffffff 90
    9a                                  # 5: two elements more than are known
      a1 64  a1 65
      00 c0
      cb 3fe0000000000000
      d6ff 00000000                     # 1970-01-01T00:00:00Z
      d3 8000000000000000 90
      a1 78  81 a1 6b 93 01 02 03       # "x", {"k": [1, 2, 3]}
  91                                    # Patterns
    94 a2 702a  a1 64  02  cb 3fe0000000000000
  94                                    # Statistics
    d6ff 697dcb98  d7ff 1d6f32f0697dcb98  05  a3 312e30
`);

const noon = { seconds: 1_769_851_800, nanos: 0 };
const tick = { seconds: 1_769_851_800, nanos: 123_456_700 };

test("a database of the original tool is read as the facts say", async () => {
  const { format, mappings, header } = await read(database);
  assert.deepEqual(format, { format: "msgpack", compression: "none" });
  assert.deepEqual(mappings, [
    mapping({ type: 1, lastUpdated: noon, usageCount: 7, references: ["b", "é"] }),
    mapping({
      original: "b",
      mapped: "😀",
      type: 5,
      context: null,
      confidence: 1,
      lastUpdated: tick,
      usageCount: 300,
    }),
    mapping({
      original: "",
      mapped: "",
      context: "",
      confidence: 0,
      lastUpdated: { seconds: -62_135_596_800, nanos: 0 },
      usageCount: -1,
    }),
    mapping({
      original: "c",
      mapped: "d",
      type: 65_536,
      context: null,
      confidence: Number.NaN,
      lastUpdated: { seconds: 253_402_300_799, nanos: 999_999_900 },
      usageCount: 2n ** 64n - 1n,
    }),
    mapping({
      original: "d",
      mapped: "e",
      context: null,
      confidence: 0.5,
      usageCount: -(2n ** 63n),
      extra: [hex("a178"), hex("81a16b93010203")],
    }),
  ]);
  assert.deepEqual(header, {
    version: "1.0",
    patterns: [
      {
        pattern: "p*",
        description: "d",
        targetType: 2,
        confidence: 0.5,
        extra: null,
        members: null,
        wire: null,
      },
    ],
    statistics: {
      createdAt: noon,
      lastModified: tick,
      totalMappings: 5,
      lastVersion: "1.0",
      extra: null,
      members: null,
      wire: null,
    },
    history: [],
    extra: null,
    members: null,
    wire: null,
  });
  const recognized = await recognize(memorySource("file", database));
  assert.deepEqual(recognized, { format, version: "1.0", count: 5 });
});

test("it is written again to the byte, directly and by way of JSON", async () => {
  await comesBack(database);
});

/** One mapping of "a", "b", Function, nil, 0.5, 1970-01-01, 0, [], in forms that no writer of today chooses. */
const [plainMapping, otherForms] = [
  "98 a161 a162 00 c0 cb3fe0000000000000 d6ff00000000 00 90",
  {
    "a longer array": "dc0008 a161 a162 00 c0 cb3fe0000000000000 d6ff00000000 00 90",
    "the longest array": "dd00000008 a161 a162 00 c0 cb3fe0000000000000 d6ff00000000 00 90",
    "longer strings": "98 d90161 da000162 00 c0 cb3fe0000000000000 d6ff00000000 00 90",
    "the longest string": "98 db0000000161 a162 00 c0 cb3fe0000000000000 d6ff00000000 00 90",
    "longer unsigned numbers": "98 a161 a162 cc00 c0 cb3fe0000000000000 d6ff00000000 cd0000 90",
    "the longest numbers": "98 a161 a162 ce00000000 c0 cb3fe0000000000000 d6ff00000000 cf0000000000000000 90",
    "signed numbers": "98 a161 a162 d000 c0 cb3fe0000000000000 d6ff00000000 d10000 90",
    "long signed numbers": "98 a161 a162 d200000000 c0 cb3fe0000000000000 d6ff00000000 d30000000000000000 90",
    "a float": "98 a161 a162 00 c0 ca3f000000 d6ff00000000 00 90",
    "a timestamp of 64 bits": "98 a161 a162 00 c0 cb3fe0000000000000 d7ff0000000000000000 00 90",
    "a timestamp of 96 bits": "98 a161 a162 00 c0 cb3fe0000000000000 c70cff000000000000000000000000 00 90",
    "a timestamp with a longer header": "98 a161 a162 00 c0 cb3fe0000000000000 c704ff00000000 00 90",
    "nil references": "98 a161 a162 00 c0 cb3fe0000000000000 d6ff00000000 00 c0",
    "no references": "97 a161 a162 00 c0 cb3fe0000000000000 d6ff00000000 00",
    "no count": "96 a161 a162 00 c0 cb3fe0000000000000 d6ff00000000",
  },
] as const;

test("other forms of the same values are read as the same, and kept", async () => {
  const of = (form: string) => hex(`94 a3312e30 91 ${form} 90 c0`);
  const plain = await read(of(plainMapping));
  await comesBack(of(plainMapping));
  for (const [what, form] of Object.entries(otherForms)) {
    const found = await read(of(form));
    assert.equal(sumsOf(found).content, sumsOf(plain).content, what);
    assert.deepEqual(found.mappings[0]?.wire, hex(form), what);
    await comesBack(of(form));
    // What was changed is written as it is now, and not as it was read.
    const changed = { ...found, mappings: [{ ...found.mappings[0]!, mapped: "c" }] };
    assert.deepEqual(
      await write(changed, { format: "msgpack" }),
      of(plainMapping.replace("a162", "a163")),
      what,
    );
  }
});

const otherFrames = {
  "an empty array": "90",
  "only a version": "91 a3312e30",
  "no patterns": "92 a3312e30 90",
  "no statistics": "93 a3312e30 90 90",
  "a nil version": "94 c0 90 90 c0",
  "an empty version": "94 a0 90 90 c0",
  "a longer version": "94 d903312e30 90 90 c0",
  "nil lists": "94 a3312e30 c0 c0 c0",
  "longer headers": "dc0004 a3312e30 dc0000 dd00000000 c0",
  "more elements": "96 a3312e30 90 90 c0 05 c0",
  "a short pattern": "94 a3312e30 90 91 92 a170 a164 c0",
  "short statistics": "94 a3312e30 90 90 91 d6ff00000000",
  "statistics with more": "94 a3312e30 90 90 95 d6ff00000000 d6ff00000000 00 a0 c3",
  "a history": "95 a3312e31 90 90 c0 91 95 d6ff00000000 a16a a16d a167 03",
  "a nil history": "95 a3312e31 90 90 c0 c0",
  "no history": "94 a3312e31 90 90 c0",
  "a mapping of version 1.1": `95 a3312e31 91 9a ${plainMapping.slice(3)} a3782e63 a16e 90 c0 90`,
  "a mapping of version 1.1 without its last elements": `95 a3312e31 91 ${plainMapping} 90 c0 90`,
  "members of JSON": `94 a3312e30 91 99 ${plainMapping.slice(3)} 81 a8 ${utf8("$members")} 81 a178 a25b5d 90 c0`,
  "members that JSON would take for known ones": `94 a3312e30 91 99 ${plainMapping.slice(3)} 81 a8 ${utf8("$members")} 81 a4 ${utf8("type")} a131 90 c0`,
  "members that are no JSON": `94 a3312e30 91 99 ${plainMapping.slice(3)} 81 a8 ${utf8("$members")} 81 a178 a15b 90 c0`,
  "an origin file in version 1.0": `94 a3312e30 91 99 ${plainMapping.slice(3)} 81 a8 ${utf8("$members")} 81 aa ${utf8("OriginFile")} a3 226122 90 c0`,
  "an origin file after another member": `94 a3312e30 91 99 ${plainMapping.slice(3)} 81 a8 ${utf8("$members")} 82 a178 a131 aa ${utf8("OriginFile")} a3 226122 90 c0`,
  "a note with an escape": `94 a3312e30 91 99 ${plainMapping.slice(3)} 81 a8 ${utf8("$members")} 81 a4 ${utf8("Note")} a8 ${utf8('"\\u0061"')} 90 c0`,
  "a pattern with an example before its replacement": `94 a3312e30 90 91 95 a0 a0 00 cb0000000000000000 81 a8 ${utf8("$members")} 82 a7 ${utf8("Example")} a2 2222 ab ${utf8("Replacement")} a4 ${utf8("null")} c0`,
  "a history in version 1.0, before another member": `95 a3312e30 90 90 c0 81 a8 ${utf8("$members")} 82 a7 ${utf8("History")} a131 a178 a131`,
  "an origin file in two places": `95 a3312e31 91 9b ${plainMapping.slice(3)} c0 c0 81 a8 ${utf8("$members")} 81 aa ${utf8("OriginFile")} a3 226122 90 c0 90`,
};

test("other forms of the collection are kept as well", async () => {
  for (const [what, form] of Object.entries(otherFrames)) {
    await comesBack(hex(form)).catch((error: unknown) => {
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    });
  }
});

test("a shorter array has the defaults of .NET", async () => {
  const { mappings } = await read(hex("94 a3312e30 92 90 91 a161 90 c0"));
  const silent = {
    mapped: "",
    context: null,
    confidence: 0,
    lastUpdated: { seconds: -62_135_596_800, nanos: 0 },
  };
  assert.deepEqual(mappings, [
    mapping({ ...silent, original: "", wire: hex("90"), silent: allSilence }),
    mapping({ ...silent, original: "a", wire: hex("91a161"), silent: allSilence }),
  ]);
  const longer = await read(hex("94 a3312e30 91 96 a161 a0 00 c0 cb3ff0000000000000 d6ff00000000 90 c0"));
  assert.equal(longer.mappings[0]?.silent, undefined);
  const half = await read(hex("94 a3312e30 91 93 a161 a0 00 90 c0"));
  assert.equal(half.mappings[0]?.silent, silence.confidence | silence.lastUpdated);
});

test("a file that is cut off is refused where it ends, at every length", async () => {
  for (let length = 1; length < database.length; length++) {
    const { code, details } = await refused(database.subarray(0, length));
    assert.equal(code, "GW2601", `${length} bytes`);
    assert.ok((details["offset"] as number) <= length, `${length} bytes, at ${String(details["offset"])}`);
  }
  assert.equal((await refused(Buffer.alloc(0))).code, "GW2602");
});

test("a flipped byte is refused with its place, or comes back with all else", async () => {
  let refusals = 0;
  for (let at = 0; at < database.length; at++) {
    for (const bits of [0x01, 0x80, 0xff]) {
      const flipped = Buffer.from(database);
      flipped[at]! ^= bits;
      try {
        const found = await read(flipped);
        assert.ok(flipped.equals(await write(found, { format: "msgpack" })), `${bits} of byte ${at}`);
        if (bits === 1) await comesBack(flipped);
      } catch (error) {
        if (!(error instanceof GodwitError)) throw error;
        refusals++;
        if (error.code === "GW2601") assert.equal(typeof error.details["offset"], "number");
        else assert.ok(error.code === "GW2602" || error.code === "GW2603", error.message);
      }
    }
  }
  assert.ok(refusals > 200, `only ${refusals} were refused`);
});

const hostile: Readonly<Record<string, readonly [form: string, offset: number, says: RegExp]>> = {
  "4 GiB of text": [
    "94 a3312e30 91 98 dbffffffff 61",
    7,
    /Original says 4294967295 bytes, but only 1 bytes follow/,
  ],
  "4 GiB of mappings": ["94 a3312e30 ddffffffff 98", 5, /mappings says 4294967295 elements, but only 1/],
  "4 GiB of references": [
    "94 a3312e30 91 98 a0 a0 00 c0 cb0000000000000000 d6ff00000000 00 ddffffffff",
    27,
    /References says/,
  ],
  "4 GiB of an unknown element": ["95 a3312e30 90 90 c0 c6ffffffff 00", 8, /only 1 bytes follow/],
  "4 GiB of an unknown map": ["95 a3312e30 90 90 c0 dfffffffff 00", 8, /only 1 bytes follow/],
  "depth of 100,000": [`95 a3312e30 90 90 c0 ${"91".repeat(100_000)}`, 137, /at most 128 levels/],
  "text that is no UTF-8": ["94 a3312e30 91 98 a4 61c3a9ff", 11, /expected UTF-8 in Original/],
  "half of a surrogate pair": ["94 a3312e30 91 98 a3 eda080", 8, /expected UTF-8/],
  "a text that is too long by one byte of a character": ["94 a3312e30 91 98 a2 61c3", 9, /expected UTF-8/],
  "a map": ["94 a3312e30 91 81 a161 00", 6, /expected an array for a mapping, found a map/],
  "a boolean for a text": ["94 a3312e30 91 98 c3", 7, /expected a string for Original, found a boolean/],
  "a byte that MessagePack never uses": [
    "94 a3312e30 91 99 a0 a0 00 c0 cb0000000000000000 d6ff00000000 00 90 c1",
    28,
    /never uses/,
  ],
  "a number with a fraction for a type": [
    "94 a3312e30 91 98 a0 a0 cb3fe0000000000000",
    9,
    /a whole number for Type/,
  ],
  "a second of a year after 9999": [
    "94 a3312e30 91 98 a0 a0 00 c0 cb0000000000000000 c70cff00000000 0000003afff44180",
    20,
    /year 1 to 9999/,
  ],
  "too many nanoseconds": [
    "94 a3312e30 91 98 a0 a0 00 c0 cb0000000000000000 d7ffee6b280000000000",
    20,
    /nanoseconds/,
  ],
  "another extension": [
    "94 a3312e30 91 98 a0 a0 00 c0 cb0000000000000000 d60500000000",
    20,
    /a timestamp for LastUpdated/,
  ],
  "bytes after the end": ["94 a3312e30 90 90 c0 00", 8, /expected the end of the file/],
};

test("hostile files are refused at the place, and nothing is made of what they promise", async () => {
  for (const [what, [form, offset, says]] of Object.entries(hostile)) {
    const { code, message, details } = await refused(hex(form));
    assert.equal(code, "GW2601", what);
    assert.match(message, says, what);
    assert.equal(details["offset"], offset, `${what}: ${message}`);
  }
});

test("the message names the mapping", async () => {
  const { message, details } = await refused(hex("94 a3312e30 92 90 98 a3616263 a0 c3"));
  assert.equal(
    message,
    'file is malformed at byte 13 in mapping 2 ("abc"): expected a whole number for Type, found a boolean (0xc3).',
  );
  assert.deepEqual([details["mapping"], details["name"]], [2, "abc"]);
});

test("versions that are not known are refused by name", async () => {
  const { code, message } = await refused(hex("94 a3322e30 90 90 c0"));
  assert.equal(code, "GW2603");
  assert.match(message, /version "2\.0"; this program knows 1\.0 and 1\.1/);
});

test("other files are no mapping databases", async () => {
  for (const bytes of ["c0", "81a16100", "05", "504b0304", "efbbbf", "5b5d", "2020"]) {
    assert.equal((await refused(hex(bytes))).code, "GW2602", bytes);
  }
});

/** Directly, and by way of JSON, which holds all of it. */
async function comesBack(bytes: Buffer): Promise<void> {
  const found = await read(bytes);
  assert.deepEqual((await write(found, { format: "msgpack" })).toString("hex"), bytes.toString("hex"));
  const json = await write(found, { format: "json" });
  const again = await read(json);
  assert.equal(
    (await write(again, { format: "msgpack" })).toString("hex"),
    bytes.toString("hex"),
    json.toString(),
  );
  assert.deepEqual(sumsOf(again), sumsOf(found));
}

async function refused(bytes: Uint8Array): Promise<GodwitError> {
  try {
    await read(bytes);
  } catch (error) {
    if (error instanceof GodwitError) return error;
    throw error;
  }
  throw new Error(`${Buffer.from(bytes).toString("hex")} was read`);
}

function utf8(text: string): string {
  return Buffer.from(text).toString("hex");
}
