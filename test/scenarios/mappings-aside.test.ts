import assert from "node:assert/strict";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { mappingsMigrate } from "../../src/index.ts";
import type { CliResult } from "../support/cli.ts";
import { crashAt } from "../support/crash.ts";
import { keyedJson, type MappingsProject, mappingsProject, samples } from "../support/mappings.ts";

/* What version 1.0 has no place for is kept aside, for the one content that it belongs to. */

const newer = JSON.stringify({
  Version: "1.1",
  Mappings: [
    { Original: "a.b0", Mapped: "One", LastUpdated: "2026-01-02T03:04:05Z", OriginFile: "o.json", Note: "n" },
  ],
  Patterns: [],
  Statistics: null,
  History: [
    { At: "2026-01-01T00:00:00Z", From: "json 1.0", To: "json 1.1", By: "somebody 1.0", Mappings: 1 },
  ],
});

interface Read {
  readonly Mappings: readonly { readonly OriginFile: string | null; readonly Note: string | null }[];
  readonly History: readonly { readonly By: string }[];
}

async function read(project: MappingsProject, file: string): Promise<Read> {
  return JSON.parse((await project.bytes(file)).toString()) as Read;
}

async function parsed(project: MappingsProject, file: string): Promise<Record<string, unknown>> {
  return JSON.parse((await project.bytes(file)).toString()) as Record<string, unknown>;
}

async function done(run: Promise<CliResult>): Promise<CliResult> {
  const result = await run;
  assert.equal(result.code, 0, result.stderr);
  return result;
}

/** By the library, which starts no process; what is warned of and contradicts, as lines. */
async function migrated(
  project: MappingsProject,
  inputs: readonly string[],
  out: string,
  schemaVersion?: string,
): Promise<{ readonly told: string; readonly aside: string | null }> {
  const lines: string[] = [];
  const { files } = await mappingsMigrate({
    cwd: project.folder,
    env: {},
    inputs,
    out,
    schemaVersion,
    force: true,
    onEvent: (event) => {
      if (event.type === "warning:raised") lines.push(`${event.code} ${event.message}`);
      if (event.type === "mapping:conflicted") lines.push(event.words);
    },
  });
  return { told: lines.join("\n"), aside: files[0]?.aside ?? null };
}

const to = (version: string): string[] => ["--schema-version", version, "--force"];
const leftOut = /GW2615.*x\.msgpack\.aside\.jsonl is left out: /;

suite("what is kept aside", { concurrency: 2 }, () => {
  test("goes with the content that it belongs to, and comes back with a rollback", async () => {
    await using project = await mappingsProject({ "new.json": newer, "in.json": keyedJson(samples(1)) });
    await done(project.run("migrate", "new.json", "--out", "x.msgpack", ...to("1.0")));
    const kept = await project.bytes("x.msgpack.aside.jsonl");
    // Another database takes the place of the one that it is of.
    await done(project.run("migrate", "in.json", "--out", "x.msgpack", "--force", "--no-backup"));
    const names = await project.names(".");
    assert.ok(!names.includes("x.msgpack.aside.jsonl"));
    const backup = names.find((name) => /aside\.jsonl\.backup\.[-\d]+$/.test(name)) ?? "";
    assert.deepEqual(await project.bytes(backup), kept, "it is nowhere else, so there is a copy");
    await done(project.run("migrate", "x.msgpack", "--out", "y.json", ...to("1.1")));
    const { Mappings, History } = await read(project, "y.json");
    assert.deepEqual([Mappings[0]?.Note ?? null, History.length], [null, 1]);

    await done(project.run("migrate", "new.json", "--out", "z.json", ...to("1.0")));
    // Killed when it is gone, and no record says so.
    const replacing = ["mappings", "migrate", "in.json", "--out", "z.json", "--force"];
    await crashAt({ name: "mappings:taken-away", nth: 1 }, replacing, { cwd: project.folder });
    await done(project.run("rollback", "z.json"));
    await done(project.run("migrate", "z.json", "--out", "y.json", ...to("1.1")));
    assert.equal((await read(project, "y.json")).Mappings[0]?.Note, "n");
  });

  test("of a killed run is not left beside the old database", async () => {
    await using project = await mappingsProject({ "new.json": newer, "in.json": keyedJson(samples(1, 5)) });
    await migrated(project, ["new.json"], "x.msgpack", "1.0");
    const [old, kept] = [await project.bytes("x.msgpack"), await project.bytes("x.msgpack.aside.jsonl")];
    const merging = ["migrate", "x.msgpack", "in.json", "--out", "x.msgpack", "--force"];
    // Its sidecar is in its place then, and the database is not.
    const point = { name: "mappings:before-name", nth: 2 };
    await crashAt(point, ["mappings", ...merging], { cwd: project.folder });
    assert.deepEqual(await project.bytes("x.msgpack"), old);
    await project.put("in.json", keyedJson(samples(1, 6)));
    const again = await project.run(...merging);
    assert.equal(again.code, 1, again.stderr);
    assert.match(
      again.stderr,
      /GW2612.*in\.json was changed since .* in the place of .*x\.msgpack\.aside\.jsonl/,
    );
    await done(project.run("rollback", "x.msgpack"));
    assert.deepEqual(await project.bytes("x.msgpack.aside.jsonl"), kept);
    await done(project.run(...merging));
    await migrated(project, ["x.msgpack"], "y.json", "1.1");
    const { Mappings } = await read(project, "y.json");
    assert.deepEqual([Mappings.length, Mappings[0]?.Note], [2, "n"]);
  });

  test("has a copy where a rollback removes it and its database is gone", async () => {
    await using project = await mappingsProject({ "new.json": newer });
    await migrated(project, ["new.json"], "x.msgpack", "1.0");
    const kept = await project.bytes("x.msgpack.aside.jsonl");
    await rm(join(project.folder, "new.json"));
    await done(project.run("rollback", "x.msgpack"));
    const names = await project.names(".");
    assert.ok(!names.includes("x.msgpack.aside.jsonl"));
    const copy = names.find((name) => /aside\.jsonl\.backup\.[-\d]+$/.test(name)) ?? "";
    assert.deepEqual(await project.bytes(copy), kept);
  });

  test("is not given to what another tool wrote, and that is told", async () => {
    await using project = await mappingsProject({ "new.json": newer, "in.json": keyedJson(samples(2)) });
    await migrated(project, ["new.json"], "x.msgpack", "1.0");
    await migrated(project, ["new.json"], "y.msgpack", "1.0");
    await migrated(project, ["in.json"], "other.msgpack");
    await writeFile(join(project.folder, "x.msgpack"), await project.bytes("other.msgpack"));
    const plan = await done(
      project.run("migrate", "x.msgpack", "--out", "y.json", ...to("1.1"), "--dry-run"),
    );
    assert.match(plan.stdout, /x\.msgpack\.aside\.jsonl is left out: it was kept of another content/);
    const other = await migrated(project, ["x.msgpack"], "y.json", "1.1");
    assert.match(other.told, leftOut);
    assert.equal((await read(project, "y.json")).Mappings[0]?.Note ?? null, null);
    assert.ok((await project.names(".")).includes("x.msgpack.aside.jsonl"), "it stays");

    // Of several files it is left out of that one alone.
    const both = await migrated(project, ["x.msgpack", "y.msgpack"], "m.json", "1.1");
    assert.match(both.told, leftOut);
    assert.doesNotMatch(both.told, /y\.msgpack\.aside/);
    const { Mappings } = await read(project, "m.json");
    assert.deepEqual(
      Mappings.map(({ OriginFile, Note }) => [OriginFile, Note ?? null]),
      [
        ["o.json", "n"],
        ["x.msgpack", null],
      ],
    );
  });

  test("comes back in a merge, to the mappings of its own file, before they are joined", async () => {
    const second = newer
      .replace('"Note":"n"', '"Note":"m"')
      .replace('"Original":"a.b0"', '"Original":"a.b1"');
    const third = newer.replace('"Note":"n"', '"Note":"o"');
    await using project = await mappingsProject({ "1.json": newer, "2.json": second, "3.json": third });
    for (const n of [1, 2, 3]) await migrated(project, [`${n}.json`], `${n}.msgpack`, "1.0");
    const inputs = [1, 2, 3].map((n) => `${n}.msgpack`);
    const notes = ({ Mappings }: Read) => Mappings.map(({ Note }) => Note);
    const bys = ({ History }: Read) => History.map(({ By }) => By.split(" ")[0]);

    const up = await migrated(project, inputs, "up.json", "1.1");
    assert.doesNotMatch(up.told, /GW2615/);
    assert.match(up.told, /a\.b0 \(global\): note "n" in 1\.msgpack, "o" in 3\.msgpack, now "o"/);
    assert.deepEqual(notes(await read(project, "up.json")), ["o", "m"]);
    assert.deepEqual(bys(await read(project, "up.json")), ["somebody", "godwit"], "no entry is there twice");

    // Without a version that has a place for it, it is kept on beside the output.
    const kept = await migrated(project, inputs, "kept.msgpack");
    assert.match(kept.aside ?? "", /kept\.msgpack\.aside\.jsonl$/);
    assert.doesNotMatch(kept.told, /GW2615/);
    await migrated(project, ["kept.msgpack"], "later.json", "1.1");
    assert.deepEqual(notes(await read(project, "later.json")), ["o", "m"]);
    assert.deepEqual(bys(await read(project, "later.json")), ["somebody", "godwit"]);
    await writeFile(join(project.folder, "2.msgpack.aside.jsonl"), "{");
    await assert.rejects(migrated(project, inputs, "no.json", "1.1"), {
      code: "GW2601",
      message: /2\.msgpack\.aside\.jsonl is malformed/,
    });
  });

  test("names that mean something in 1.1 alone are marked by an upgrade, and have their own in 1.0 again", async () => {
    const mapping = { Original: "a", Mapped: "A", LastUpdated: "2026-01-02T03:04:05Z", Note: 5 };
    const other = { ...mapping, Original: "b", OriginFile: { of: [1] }, "$1.0:Note": null };
    const old = { Version: "1.0", History: "none", Mappings: [mapping, other] };
    await using project = await mappingsProject({
      "old.json": JSON.stringify(old),
      "new.json": newer,
    });
    await migrated(project, ["old.json"], "same.json");
    await migrated(project, ["old.json"], "up.msgpack", "1.1");
    await migrated(project, ["up.msgpack"], "up.json");
    await migrated(project, ["up.json"], "down.json", "1.0");
    // The upgrade made statistics, and its mappings' origin is kept aside.
    assert.deepEqual(
      { ...(await parsed(project, "down.json")), Statistics: null },
      await parsed(project, "same.json"),
    );
    const up = await parsed(project, "up.json");
    assert.equal(up["$1.0:History"], "none");
    assert.deepEqual(
      (up["Mappings"] as Record<string, unknown>[]).map((one) => [
        one["OriginFile"],
        one["$1.0:OriginFile"],
        one["$1.0:Note"],
        one["$1.0:$1.0:Note"],
      ]),
      [
        ["old.json", undefined, 5, undefined],
        ["old.json", { of: [1] }, 5, null],
      ],
    );
    // So it is where files of both versions are merged.
    await migrated(project, ["old.json", "new.json"], "both.json");
    const both = await parsed(project, "both.json");
    assert.deepEqual([both["$1.0:History"], (both["History"] as unknown[]).length], ["none", 2]);
    await migrated(project, ["old.json", "new.json"], "both.json", "1.0");
    assert.equal((await parsed(project, "both.json"))["History"], "none");
  });

  test("is kept of a file that names version 1.0 and holds more", async () => {
    const more = newer.replace('"1.1"', '"1.0"').replace('"History":', '"Unknown":');
    await using project = await mappingsProject({ "more.json": more, "in.json": keyedJson(samples(2)) });
    for (const inputs of [["more.json"], ["more.json", "in.json"]]) {
      const result = await done(project.run("migrate", ...inputs, "--out", "x.msgpack", "--force"));
      assert.match(result.stdout, /kept aside what version 1\.0 has no place for: x\.msgpack\.aside\.jsonl/);
      await done(project.run("migrate", "x.msgpack", "--out", "y.json", ...to("1.1")));
      const { Mappings } = await read(project, "y.json");
      assert.deepEqual([Mappings[0]?.Note, Mappings[0]?.OriginFile], ["n", "o.json"]);
    }
  });

  test("is used up by an upgrade in place, and is found through a link", async () => {
    await using project = await mappingsProject({ "z.json": newer });
    const inPlace = ["migrate", "z.json", "--out", "z.json"];
    await done(project.run(...inPlace, ...to("1.0")));
    await mkdir(join(project.folder, "links"));
    await symlink("../z.json", join(project.folder, "links/link.json"));
    await done(project.run("migrate", "links/link.json", "--out", "up.json", ...to("1.1")));
    const up = await read(project, "up.json");
    assert.deepEqual([up.Mappings[0]?.Note, up.Mappings[0]?.OriginFile], ["n", "o.json"]);

    await done(project.run(...inPlace, ...to("1.1")));
    assert.ok(!(await project.names(".")).includes("z.json.aside.jsonl"));
    const again = await done(project.run("migrate", "z.json", "--out", "zz.json"));
    assert.doesNotMatch(again.stderr, /GW2615/);
    const { History } = await read(project, "zz.json");
    assert.equal(History.filter(({ By }) => By === "somebody 1.0").length, 1);
  });
});
