import assert from "node:assert/strict";
import { test } from "node:test";
import { GodwitError } from "../../core/error.ts";
import { header, mapping, read, readInChunks, sumsOf, write } from "./mapping-files.fixture.ts";
import { type Mapping, silence, type Timestamp } from "./model.ts";
import { recognize } from "./recognize.ts";
import { memorySource } from "./source.ts";

const now = { seconds: 1_800_000_000, nanos: 0 };
const noon = { seconds: 1_769_851_800, nanos: 0 };
const tick = { seconds: 1_769_851_800, nanos: 123_456_700 };

/** The shapes of the facts, each with the mappings that it means. */
const shapes: Readonly<
  Record<string, readonly [json: string, format: object, mappings: readonly Mapping[]]>
> = {
  "an object of objects in PascalCase": [
    `{"Mappings": {"a": {"Original": "a", "Mapped": "Alpha", "Type": 1, "LastUpdated": "2026-01-31T09:30:00.1234567Z"},
                   "k2": {"Original": "b", "Mapped": "Beta", "Type": 5, "LastUpdated": "2026-01-31T10:30:00+01:00"}},
      "Patterns": [{"Pattern": "^p", "Replacement": "q", "Description": "d", "Example": "e"}]}`,
    { shape: "keyed", naming: "pascal" },
    [
      mapping({ type: 1, lastUpdated: tick }),
      mapping({ original: "b", mapped: "Beta", type: 5, lastUpdated: noon, members: [["$key", '"k2"']] }),
    ],
  ],
  "the same in camelCase": [
    `{"mappings":{"a":{"original":"a","mapped":"Alpha","type":1,"lastUpdated":"2026-01-31T09:30:00Z"}},"patterns":[]}`,
    { shape: "keyed", naming: "camel" },
    [mapping({ type: 1, lastUpdated: noon })],
  ],
  "the same in snake_case": [
    `{"patterns":[],"mappings":{"a":{"original":"a","mapped":"Alpha","type":1,"last_updated":"2026-01-31T09:30:00",
      "usage_count":3}}}`,
    { shape: "keyed", naming: "snake" },
    [mapping({ type: 1, lastUpdated: noon, usageCount: 3 })],
  ],
  "a flat object": [
    `{"a": {"mapped": "Alpha", "type": "function"},
      "b": {"mapped": "Beta", "type": "CLASS", "context": "m.js", "confidence": 0.25, "usageCount": 12},
      "version": {"mapped": "Version", "type": 2, "context": null},
      "Mappings": {"mapped": "Map", "type": "3"},
      "__proto__": {"mapped": "Proto", "type": "Method", "references": ["a", "b"]}}`,
    { shape: "flat", naming: "camel" },
    [
      mapping({ lastUpdated: now }),
      mapping({
        original: "b",
        mapped: "Beta",
        type: 1,
        context: "m.js",
        confidence: 0.25,
        usageCount: 12,
        lastUpdated: now,
      }),
      mapping({ original: "version", mapped: "Version", type: 2, context: null, lastUpdated: now }),
      mapping({ original: "Mappings", mapped: "Map", type: 3, lastUpdated: now }),
      mapping({ original: "__proto__", mapped: "Proto", type: 5, references: ["a", "b"], lastUpdated: now }),
    ],
  ],
  "a flat object that begins with a symbol named Mappings": [
    `{"Mappings": {"mapped": "Map"}, "b": {"mapped": "Beta"}}`,
    { shape: "flat", naming: "camel" },
    [
      mapping({ original: "Mappings", mapped: "Map", lastUpdated: now }),
      mapping({ original: "b", mapped: "Beta", lastUpdated: now }),
    ],
  ],
  "Godwit's own": [
    `\ufeff{"Version":"1.0","Mappings":[{"Original":"a","Mapped":"Alpha","Type":0,"Context":null,"Confidence":"NaN",
      "LastUpdated":"0001-01-01T00:00:00Z","UsageCount":18446744073709551615,"References":["é","😀","\\ud83d\\ude00"]}]}`,
    { shape: "list", naming: "pascal" },
    [
      mapping({
        context: null,
        confidence: Number.NaN,
        lastUpdated: { seconds: -62_135_596_800, nanos: 0 },
        usageCount: 2n ** 64n - 1n,
        references: ["é", "😀", "😀"],
      }),
    ],
  ],
  "a member that nobody knows": [
    `{"Mappings":{"a":{"Original":"a","Mapped":"Alpha","Foo":{"n": 12345678901234567890, "__proto__": [ 1.0 ]},"Note":5}}}`,
    { shape: "keyed", naming: "pascal" },
    [
      mapping({
        lastUpdated: now,
        members: [
          ["Foo", '{"n":12345678901234567890,"__proto__":[1.0]}'],
          ["Note", "5"],
        ],
      }),
    ],
  ],
  "a flat object with other things beside": [
    `{"version": "1.0", "patterns": [{"pattern": "p"}], "count": 1, "a": {"mapped": "Alpha"}, "mappings": null}`,
    { shape: "flat", naming: "camel" },
    [mapping({ lastUpdated: now })],
  ],
  nothing: ["{}", { shape: "flat", naming: "camel" }, []],
  "no mappings": ['{"Version":"1.0","Mappings":{},"Patterns":[]}', { shape: "keyed", naming: "pascal" }, []],
};

test("each shape is told by its content, and silence gets the defaults of the original converter", async () => {
  for (const [what, [json, format, mappings]] of Object.entries(shapes)) {
    const found = await read(json, { lastUpdated: now });
    assert.deepEqual(found.format, { format: "json", ...format }, what);
    assert.deepEqual(found.mappings.map(told), mappings, what);
    const recognized = await recognize(memorySource("file", Buffer.from(json)));
    assert.deepEqual(recognized.format, found.format, what);
    for (const target of [{ format: "msgpack" }, { format: "json" }] as const) {
      const again = await read(await write(found, target));
      assert.deepEqual(sumsOf(again), sumsOf(found), what);
    }
  }
});

test("what a file does not say of a mapping is told apart from what it says", async () => {
  const { mapped, type, confidence, lastUpdated } = silence;
  for (const [members, silent] of [
    ["", mapped | type | confidence | lastUpdated],
    ['"Mapped":"","Type":0', confidence | lastUpdated],
    ['"Mapped":null,"Type":null,"Confidence":0.8,"LastUpdated":null', mapped | type | lastUpdated],
    ['"Mapped":"","Type":0,"Confidence":0.8,"LastUpdated":"0001-01-01T00:00:00Z"', undefined],
  ] as const) {
    const { mappings } = await read(`{"Mappings":{"a":{${members}}}}`);
    assert.equal(mappings[0]?.silent, silent, members);
  }
});

test("all that is beside the mappings is kept", async () => {
  const json = `{"Tool":{"v":[1]},"History":"none","Mappings":{},"Statistics":{"CreatedAt":"2026-01-31T09:30:00Z","X":1},
    "Patterns":[{"Pattern":"p","Replacement":null,"Example":7}]}`;
  const found = await read(json);
  assert.deepEqual(
    found.header,
    header({
      patterns: [
        {
          pattern: "p",
          description: "",
          targetType: 0,
          confidence: 0.8,
          replacement: null,
          extra: null,
          members: [["Example", "7"]],
          wire: null,
        },
      ],
      statistics: {
        createdAt: noon,
        lastModified: { seconds: -62_135_596_800, nanos: 0 },
        totalMappings: 0,
        lastVersion: "",
        extra: null,
        members: [["X", "1"]],
        wire: null,
      },
      members: [
        ["Tool", '{"v":[1]}'],
        ["History", '"none"'],
      ],
    }),
  );
  const again = await read(await write(found, { format: "msgpack" }));
  assert.deepEqual(sumsOf(again), sumsOf(found));
});

test("a version at the end of a file counts, and so does a history", async () => {
  const record = '{"At":"2026-01-31T09:30:00Z","From":"json 1.0","To":"json 1.1","By":"godwit","Mappings":0}';
  const { header } = await read(`{"Mappings":[],"History":[${record}],"Version":"1.1"}`);
  assert.equal(header.version, "1.1");
  assert.deepEqual(header.history, [
    { at: noon, from: "json 1.0", to: "json 1.1", by: "godwit", mappings: 0 },
  ]);
  // Two files of 1.0 that were merged can have it in two spellings.
  const two = '{"Mappings":[],"History":1,"history":2';
  const old = await read(`${two}}`);
  assert.deepEqual(sumsOf(await read(await write(old, { format: "json" }))), sumsOf(old));
  await assert.rejects(read(`${two},"Version":"1.1"}`), /expected each member once, found "history" again/);
  await assert.rejects(read('{"Mappings":[],"Version":"1.2"}'), { code: "GW2603" });
  await assert.rejects(read('{"Version":2,"Mappings":[]}'), { code: "GW2603" });
});

const moments: Readonly<Record<string, Timestamp | null>> = {
  "2026-01-31T09:30:00Z": noon,
  "2026-01-31T09:30:00.1234567Z": tick,
  "2026-01-31T09:30:00.123456700Z": tick,
  "2026-01-31T09:30:00": noon,
  "2026-01-31 09:30": noon,
  "2026-01-31T11:00:00+01:30": noon,
  "2026-01-31T04:30:00-0500": noon,
  "2026-01-31": { seconds: 1_769_817_600, nanos: 0 },
  "2024-02-29T00:00:00Z": { seconds: 1_709_164_800, nanos: 0 },
  "0001-01-01T00:00:00Z": { seconds: -62_135_596_800, nanos: 0 },
  "9999-12-31T23:59:59.999999999Z": { seconds: 253_402_300_799, nanos: 999_999_999 },
  "2026-02-29T00:00:00Z": null,
  "1900-02-29T00:00:00Z": null,
  "2026-13-01T00:00:00Z": null,
  "2026-01-31T24:00:00Z": null,
  "2026-01-31T09:60:00Z": null,
  "2026-01-31T09:30:60Z": null,
  "2026-01-31T09:30:00.Z": null,
  "0000-12-31T00:00:00Z": null,
  "0001-01-01T00:00:00+01:00": null,
  "9999-12-31T23:59:59-01:00": null,
  "31.01.2026": null,
};

test("dates by ISO 8601 are read to the nanosecond, and others refused", async () => {
  for (const [text, expected] of Object.entries(moments)) {
    const found = read(
      `{"Mappings":[{"Original":"a","LastUpdated":"${text}"}                                  ]}`,
    );
    if (expected === null) await assert.rejects(found, { code: "GW2601" }, text);
    else assert.deepEqual((await found).mappings[0]?.lastUpdated, expected, text);
  }
});

const numbers: Readonly<Record<string, number | bigint | null>> = {
  "0": 0,
  "-0": 0,
  "999999999999999": 999_999_999_999_999,
  "9007199254740993": 9_007_199_254_740_993n,
  "-9223372036854775808": -(2n ** 63n),
  "18446744073709551616": null,
  "-9223372036854775809": null,
  "1.0": null,
  "1e3": null,
  "01": null,
  "+1": null,
  "1x": null,
};

test("a date with another character for a digit is refused at its place, whatever stands around it", async () => {
  const usual = "2026-03-31T09:30:00.1234567Z";
  for (let index = 0; index < usual.length; index++) {
    if (!/\d/.test(usual[index]!)) continue;
    for (const other of ["x", "/", ":", "é"]) {
      const date = usual.slice(0, index) + other + usual.slice(index + 1);
      const before = '{"Mappings":[{"Original":"a","LastUpdated":';
      await assert.rejects(read(`${before}"${date}","Mapped":"a name of some length"}]}`), (error) => {
        assert.ok(error instanceof GodwitError, String(error));
        assert.equal(error.details["offset"], before.length, date);
        return /expected a date by ISO 8601 for LastUpdated/.test(error.message);
      });
    }
  }
});

test("whole numbers are exact, and those with a fraction refused", async () => {
  for (const [text, expected] of Object.entries(numbers)) {
    const found = read(`{"Mappings":[{"Original":"a","UsageCount":${text}}]}`);
    if (expected === null) await assert.rejects(found, { code: "GW2601" }, text);
    else assert.deepEqual((await found).mappings[0]?.usageCount, expected, text);
  }
});

test("a confidence is the nearest double, as JSON.parse reads it", async () => {
  const texts = [
    "0",
    "1",
    "0.85",
    "0.1",
    "0.30000000000000004",
    "-0.5",
    "1e-3",
    "5E+2",
    "123456789012.345",
    "0.123456789012345678",
  ];
  for (const text of texts) {
    const { mappings } = await read(`{"Mappings":[{"Original":"a","Confidence":${text}}]}`);
    assert.equal(mappings[0]?.confidence, JSON.parse(text), text);
  }
  for (const text of ["1e400", "00.5", ".5", "1.", '"0.5"', "NaN"]) {
    await assert.rejects(
      read(`{"Mappings":[{"Original":"a","Confidence":${text}}]}`),
      { code: "GW2601" },
      text,
    );
  }
});

/** Files with a mark where the fault is; the mark itself is taken out. */
const faults: Readonly<Record<string, readonly [json: string, says: RegExp]>> = {
  "a duplicate member": [
    '{"Mappings":[{"Original":"a",¶"Original":"b"}]}',
    /each member once, found "Original" again/,
  ],
  "a duplicate in another spelling": ['{"Mappings":[{"Original":"a",¶"original":"b"}]}', /each member once/],
  "a duplicate by an escape": ['{"Mappings":[{"Original":"a",¶"Origina\\u006c":"b"}]}', /each member once/],
  "a duplicate that nobody knows": ['{"Mappings":[{"X":1,¶"X":1}]}', /found "X" again/],
  "a duplicate in what nobody knows": ['{"Mappings":[{"X":{"é":1,¶"\\u00e9":1}}]}', /found "é" again/],
  "a duplicate key": ['{"Mappings":{"a":{"Mapped":"x"},\n¶"a":{"Mapped":"y"}}}', /found "a" again/],
  "a duplicate key of a flat file": ['{"a":{"mapped":"x"},¶"a":{"mapped":"y"}}', /found "a" again/],
  "a duplicate member of the collection": ['{"Mappings":[],¶"mappings":[]}', /found "mappings" again/],
  "a duplicate __proto__": ['{"Mappings":[{"__proto__":1,¶"__proto__":1}]}', /found "__proto__" again/],
  "a lone high surrogate": [
    '{"Mappings":[{"Original":"a¶\\ud800"}]}',
    /both halves of a surrogate pair in Original/,
  ],
  "a lone low surrogate": ['{"Mappings":[{"Original":"\\n¶\\uDC00x"}]}', /both halves/],
  "two high surrogates": ['{"Mappings":[{"Original":"¶\\ud800\\ud83d\\ude00"}]}', /both halves/],
  "a surrogate before another escape": ['{"Mappings":[{"Original":"¶\\ud800\\n"}]}', /both halves/],
  "a surrogate in what nobody knows": ['{"Mappings":[{"X":["¶\\udfff"]}]}', /both halves/],
  "a surrogate in a name": ['{"Mappings":[{"¶\\udfff":1}]}', /both halves/],
  "an escape that is none": ['{"Mappings":[{"Original":"é¶\\x41"}]}', /an escape that JSON knows/],
  "an escape with other digits": ['{"Mappings":[{"Original":"¶\\u00g0"}]}', /an escape that JSON knows/],
  "a bare line break in a text": ['{"Mappings":[{"Original":"a¶\nb"}]}', /control character/],
  "a comma too many": ['{"Mappings":[{"Original":"a",¶}]}', /expected a string for a member's name/],
  "no colon": ['{"Mappings":[{"Original" ¶"a"}]}', /expected ":" after a member's name/],
  "single quotes": ["{\"Mappings\":[{¶'Original':1}]}", /expected a string/],
  "a number for a name": ['{"Mappings":[{"Original":¶5}]}', /expected a string for Original, found 5/],
  "a type that nobody knows": ['{"Mappings":[{"Type":¶"Enum"}]}', /one of Function, Class.*found "Enum"/],
  "a comment": ['{"Mappings":[¶// one\n]}', /expected/],
  "a list of texts": ['{"Mappings":[¶"a"]}', /expected "{" to begin a mapping/],
  "text after the end": ['{"Mappings":[]}\n¶x', /the end of the file/],
  "a second document": ['{"Mappings":[]}¶{"Mappings":[]}', /the end of the file/],
  depth: [`{"Mappings":[{"X":${"[".repeat(129)}¶${"[".repeat(100_000)}`, /at most 128 levels/],
  "the line after a text of several bytes a character": [
    '{"Mappings":[\n{"Original":"é😀"},\n{"Original":"é😀",¶5}]}',
    /expected a string/,
  ],
};

test("faults are told by byte, line and column", async () => {
  for (const [what, [marked, says]] of Object.entries(faults)) {
    const before = marked.slice(0, marked.indexOf("¶"));
    const json = marked.replace("¶", "");
    const place = {
      offset: Buffer.byteLength(before),
      line: before.split("\n").length,
      column: Array.from(before.slice(before.lastIndexOf("\n") + 1)).length + 1,
    };
    for (const begin of [() => read(json), () => readInChunks(Buffer.from(json), [7, 20, 33])]) {
      await assert.rejects(begin, (error) => {
        assert.ok(error instanceof GodwitError, String(error));
        const { offset, line, column } = error.details;
        assert.equal(error.code, "GW2601", what);
        assert.match(error.message, says, what);
        assert.deepEqual({ offset, line, column }, place, what);
        return true;
      });
    }
  }
});

test("bytes that are no UTF-8 are refused at the first of them", async () => {
  const bytes = Buffer.from('{"Mappings":[{"Original":"aé?b"}]}');
  for (const [byte, at] of [
    [0xff, 29],
    [0xc3, 29],
  ] as const) {
    const broken = Buffer.from(bytes);
    broken[at] = byte;
    await assert.rejects(read(broken), (error) => (error as GodwitError).details["offset"] === at);
  }
});

test("the message names the mapping", async () => {
  await assert.rejects(read('{"Mappings":{"x":{"Mapped":"y"},\n"ab":{"Mapped":7}}}'), {
    message:
      'file is malformed at byte 48 (line 2, column 16) in mapping 2 ("ab"): expected a string for Mapped, found 7.',
  });
});

test("a file that is cut off is refused, at every length", async () => {
  const json = Buffer.from(shapes["Godwit's own"]![0]);
  for (let length = 1; length < json.length; length++) {
    await assert.rejects(read(json.subarray(0, length)), (error) => {
      assert.ok(error instanceof GodwitError, String(error));
      assert.ok(length < 4 || error.code === "GW2601", `${length}: ${error.message}`);
      return true;
    });
  }
});

test("a flipped byte is refused, or is read as JSON.parse reads it", async () => {
  const json = Buffer.from(
    '{"Mappings":[{"Original":"aé","Mapped":"b","Type":1,"Confidence":0.5,"References":["c"]}]}',
  );
  for (let at = 0; at < json.length; at++) {
    for (const bits of [1, 4, 0x20, 0x80, 0xff]) {
      const flipped = Buffer.from(json);
      flipped[at]! ^= bits;
      try {
        const found = await read(flipped);
        // Whatever is taken is JSON, and the texts are those of JSON.parse.
        const parsed = JSON.parse(flipped.toString("utf8")) as Record<
          string,
          readonly Record<string, unknown>[]
        >;
        const first = (parsed["Mappings"] ?? parsed["mappings"])?.[0] ?? {};
        assert.equal(
          found.mappings[0]?.original,
          first["Original"] ?? first["original"] ?? "",
          `${at} ${bits}`,
        );
      } catch (error) {
        if (!(error instanceof GodwitError)) throw error;
        assert.match(error.code, /^GW260[12]$/);
      }
    }
  }
});

test("other JSON is no mapping database", async () => {
  for (const json of [
    "[]",
    '{"name":"x","version":"1"}'.replace("version", "v"),
    '{"a":{"b":1}}',
    '"x"',
    "12",
    "",
  ]) {
    await assert.rejects(read(json), { code: "GW2602" }, json);
  }
});

test("JSON keyed by name refuses a mapping that it has no key left for, and flat JSON what it has no place for", async () => {
  const often = [mapping(), mapping({ context: null }), mapping(), mapping()];
  await assert.rejects(write({ mappings: often, header: header() }, { format: "json", shape: "keyed" }), {
    code: "GW2604",
    message: /^Mapping 4 \("a"\) cannot be written\. It is there too often/,
  });
  const statistics = (await read('{"Mappings":[],"Statistics":{}}')).header;
  await assert.rejects(write({ mappings: [], header: statistics }, { format: "json", shape: "flat" }), {
    code: "GW2604",
    message: /no place for statistics/,
  });
  const half = { mappings: [mapping({ note: "\ud800" })], header: header({ version: "1.1" }) };
  for (const format of ["json", "msgpack"] as const) {
    await assert.rejects(write(half, { format }), { code: "GW2604", message: /half of a surrogate pair/ });
  }
});

test("a mapping's key is never that of another, nor a name that the file has for itself", async () => {
  const named = (original: string, context: string | null = "global", key?: string): Mapping =>
    mapping({ original, context, members: key === undefined ? null : [["$key", JSON.stringify(key)]] });
  const mappings = [
    named("Version"),
    named("version", null),
    named("$extra"),
    named("$frame"),
    named("Mappings", "m"),
    named("y"),
    // Its name and its name in its context are both taken.
    named("x:y"),
    named("y", "x"),
    named("b", "global", "Version"),
    named("c", "global", "y"),
    named("d", "global", "k"),
    named("e", "global", "global:e"),
    mapping({
      original: "f",
      members: [
        ["z", "1"],
        ["$key", '"k2"'],
      ],
    }),
    mapping({ original: "g", members: [["$key", '"\\u006b3"']] }),
  ];
  for (const naming of ["pascal", "camel"] as const) {
    const flat = { mappings, header: header({ extra: [Buffer.from([0xc3])], members: [["tool", '"t"']] }) };
    const target = { format: "json", shape: "flat", naming } as const;
    assert.deepEqual(sumsOf(await read(await write(flat, target))), sumsOf(flat));
    const keyed = { mappings, header: header({ members: [["y", '"t"']] }) };
    assert.deepEqual(sumsOf(await read(await write(keyed, { ...target, shape: "keyed" }))), sumsOf(keyed));
    await assert.rejects(write(keyed, target), {
      code: "GW2604",
      message: 'Flat JSON has no place for a member "y" beside the mapping of that name.',
    });
    // Who knows the name before keeps it free.
    assert.deepEqual(sumsOf(await read(await write(keyed, target, 3, ["y"]))), sumsOf(keyed));
  }
});

/** Without what tells which of it is a default. */
function told({ silent: _, ...rest }: Mapping): Mapping {
  return rest;
}

test("a key that is given twice is refused, and not looked for where it was looked for before", async () => {
  for (const text of ['{"Mappings":{"a":{},"b":{},"a":{}}}', '{"a":{"mapped":"A"},"a":{"mapped":"A"}}']) {
    await assert.rejects(read(text), {
      code: "GW2601",
      message: /expected each member once, found "a" again/,
    });
    const { mappings } = await read(text, { hasCheckedKeys: true });
    assert.equal(mappings.at(-1)?.original, "a");
  }
});
