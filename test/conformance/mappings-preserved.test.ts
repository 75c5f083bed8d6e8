import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { MappingsJob } from "../../src/core/mappings-steps.ts";
import { fileSource, readAllMappings, type SchemaVersion } from "../../src/formats/mappings/index.ts";
import {
  arbitraryCollection,
  type Collection,
  sumsOf,
  write,
} from "../../src/formats/mappings/mapping-files.fixture.ts";
import { asideOf, type MigrateChoice, planMigration } from "../../src/mappings/plan-migration.ts";
import { unpreserved } from "../../src/run/mappings/preserved-sums.ts";
import { mappingsWork } from "../../src/run/mappings/work.ts";

/*
 * What is read, as it is, held against what comes back, whatever the files hold. The sums of what was read are made in
 * the look, before any conversion; so a conversion that is broken here, by another job than was planned, is found out.
 */

/** Names are few, so that symbols are there again, and some names are those that only one version knows. */
const collection: fc.Arbitrary<Collection> = fc
  .tuple(arbitraryCollection, fc.array(fc.nat({ max: 9 }), { minLength: 20, maxLength: 20 }))
  .map(([{ mappings, header }, picks]) => ({
    header:
      header.version === "1.0"
        ? { ...header, members: [["History", "[1]"] as const] }
        : { ...header, wire: null },
    mappings: mappings.map((one, n) => ({
      ...one,
      original: ["a", "b", "", "c"][picks[n]! % 4]!,
      context: picks[n]! < 5 ? null : "m.js",
      members: picks[n] === 7 ? [["Note", "5"] as const] : one.members,
    })),
  }));
const files = fc.array(collection, { minLength: 1, maxLength: 3 });
const formats = fc.constantFrom("json" as const, "msgpack" as const);
const versions = fc.constantFrom<(SchemaVersion | undefined)[]>("1.0", "1.1", undefined);

suite("what a migration preserves", () => {
  test("comes back, whatever the files hold and whatever is made of them", async () => {
    const clean = fc.subarray(["duplicate", "empty-name", "dead-reference", "confidence"] as const);
    await inFolder(async (folder) => {
      await fc.assert(
        fc.asyncProperty(files, formats, versions, clean, async (all, to, schemaVersion, kinds) => {
          const inputs = await put(join(folder, "in"), all);
          const output = join(folder, `out.${to}`);
          const { job, different } = await migrated(inputs, output, { schemaVersion, clean: kinds });
          assert.deepEqual(different, [], `${job.version}`);
        }),
        { numRuns: 40 },
      );
    });
  });

  test("comes back from 1.0 by way of what is kept aside, of one file and of several", async () => {
    await inFolder(async (folder) => {
      await fc.assert(
        fc.asyncProperty(files, formats, async (all, to) => {
          const inputs = await put(join(folder, "new"), all);
          // Of the same names, because a merge tells from which file a mapping comes.
          const old = inputs.map((file) => file.replace("/new/", "/old/"));
          await mkdir(join(folder, "old"), { recursive: true });
          for (const [n, file] of inputs.entries())
            assert.deepEqual((await migrated([file], old[n]!, { schemaVersion: "1.0" })).different, []);
          const [direct, joined, down, up] = ["direct", "joined", "down", "up"].map((name) =>
            join(folder, `${name}.${to}`),
          ) as [string, string, string, string];
          assert.deepEqual((await migrated(inputs, direct, { schemaVersion: "1.1" })).different, []);
          assert.deepEqual((await migrated(old, joined, { schemaVersion: "1.1" })).different, []);
          assert.deepEqual((await migrated([joined], down, { schemaVersion: "1.0" })).different, []);
          assert.deepEqual((await migrated([down], up, { schemaVersion: "1.1" })).different, []);
          const [one, ...others] = [
            await contentOf(direct, 1),
            await contentOf(joined, 1),
            await contentOf(up, 2),
          ];
          for (const other of others) assert.deepEqual(other, one);
        }),
        { numRuns: 25 },
      );
    });
  });

  test("is missed where the conversion does something else than was planned", async () => {
    const note = { ...base, original: "d", note: "n", originFile: "f", confidence: 7, usageCount: 3 };
    const one = { ...newer, mappings: [base, { ...base, original: "" }, note, { ...base, mapped: "Again" }] };
    const two = {
      ...newer,
      mappings: [
        { ...base, original: "b" },
        { ...base, usageCount: 9 },
      ],
    };
    const broken: readonly [
      change: (job: MappingsJob) => Partial<MappingsJob>,
      many: boolean,
      words: RegExp,
    ][] = [
      [() => ({ clean: ["duplicate"] }), false, /the number of mappings: 3, and 4 was read/],
      [() => ({ clean: ["confidence"] }), false, /^what the mappings say: /],
      [() => ({ clean: ["confidence"] }), true, /^what the mappings say: /],
      [() => ({ clean: ["empty-name"] }), true, /the symbols and their order: /],
      [() => ({ marksOrigin: true }), false, /^origin files and notes|/],
      [({ inputs }) => ({ inputs: inputs.toReversed() }), true, /the symbols and their order/],
      [({ inputs }) => ({ inputs: inputs.slice(1) }), true, /the sum of the usage counts/],
      [() => ({ now: "2001-01-01T00:00:00Z" }), false, /its history does not end with this run/],
    ];
    await inFolder(async (folder) => {
      for (const [change, many, words] of broken) {
        const inputs = await put(join(folder, "in"), many ? [one, two] : [one]);
        const output = join(folder, "out.msgpack");
        assert.deepEqual((await migrated(inputs, output, {})).different, []);
        const { different } = await migrated(inputs, output, {}, change);
        assert.match(different.join("; "), words);
      }
      const [input = ""] = await put(join(folder, "in"), [one]);
      // A file's own word on an origin is not overwritten by the name of a later file that says none.
      const said = await put(join(folder, "in"), [
        one,
        { ...newer, mappings: [{ ...note, originFile: null, note: "m" }] },
      ]);
      const merged = join(folder, "merged.json");
      assert.deepEqual((await migrated(said, merged, {})).different, []);
      const { mappings } = await readAllMappings(await fileSource(merged));
      assert.deepEqual(
        mappings.map(({ originFile, note: own }) => [originFile, own]),
        [
          ["0.json", null],
          ["0.json", null],
          ["f", "m"],
        ],
      );
      const old = join(folder, "old.msgpack");
      await migrated([input], old, { schemaVersion: "1.0" });
      for (const schemaVersion of ["1.0", "1.1"] as const) {
        const forgets = ({ inputs }: MappingsJob) => ({
          inputs: inputs.map((each) => ({ ...each, restores: null })),
        });
        const { different } = await migrated([old], join(folder, "x.json"), { schemaVersion }, forgets);
        assert.match(different.join("; "), /origin files and notes: .*; the history: /);
      }
    });
  });
});

const base = {
  ...({ mapped: "Alpha", type: 0, context: null, confidence: 0.5, usageCount: 1, references: [] } as const),
  ...({ original: "a", originFile: null, note: null, extra: null, members: null, wire: null } as const),
  lastUpdated: { seconds: 0, nanos: 0 },
};
const newer: Collection = {
  mappings: [],
  header: {
    ...({ version: "1.1", patterns: [], statistics: null, extra: null, members: null, wire: null } as const),
    history: [{ at: { seconds: 1, nanos: 0 }, from: "", to: "", by: "somebody", mappings: 1 }],
  },
};

/** As a run does it: look, convert, read back. What differs, in words. */
async function migrated(
  inputs: readonly string[],
  output: string,
  choice: MigrateChoice,
  change: (job: MappingsJob) => Partial<MappingsJob> = () => ({}),
): Promise<{ readonly job: MappingsJob; readonly different: readonly string[] }> {
  const to = output.endsWith("json") ? "json" : "msgpack";
  const context = { emit: () => {}, ownThread: false, litter: [], now: new Date("2026-01-31T09:30:00Z") };
  const { intent } = await planMigration(
    { inputs, output, to },
    { force: true, backup: false, ...choice },
    context,
  );
  const { job } = intent;
  const aside = intent.places.aside === null ? null : asideOf(output);
  await writeFile(output, "");
  await rm(asideOf(output), { force: true });
  if (aside !== null) await writeFile(aside, "");
  const told = async () => {};
  const written = await mappingsWork.convert({ job: { ...job, ...change(job) }, file: output, aside }, told);
  const back = await mappingsWork["read-back"]({ job, file: output, aside }, told);
  assert.deepEqual(back.facts, written.facts, "what was written comes back");
  return { job, different: [...unpreserved(job.read, back.sums), ...back.faults] };
}

async function put(folder: string, all: readonly Collection[]): Promise<string[]> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return Promise.all(
    all.map(async (each, n) => {
      const format = n % 2 === 0 ? ("json" as const) : ("msgpack" as const);
      const file = join(folder, `${n}.${format}`);
      await writeFile(file, await write(each, { format }));
      return file;
    }),
  );
}

/** Without the newest entries of its history, which runs have added. */
async function contentOf(file: string, newest: number): Promise<unknown> {
  const { mappings, header } = await readAllMappings(await fileSource(file));
  const { history } = header;
  const older = history.slice(0, history.length - newest);
  // Where a file had no statistics, they are made, and then of the moment of the run.
  return sumsOf({ mappings, header: { ...header, history: older, statistics: null } });
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "godwit-preserved-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
