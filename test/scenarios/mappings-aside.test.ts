import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
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

async function done(run: Promise<CliResult>): Promise<CliResult> {
  const result = await run;
  assert.equal(result.code, 0, result.stderr);
  return result;
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

  test("is not given to what another tool wrote, nor to a merge, and both are told", async () => {
    await using project = await mappingsProject({ "new.json": newer, "in.json": keyedJson(samples(1)) });
    await done(project.run("migrate", "new.json", "--out", "x.msgpack", ...to("1.0")));
    const merged = await done(
      project.run("migrate", "x.msgpack", "in.json", "--out", "m.json", ...to("1.1")),
    );
    assert.match(merged.stderr, leftOut);
    await done(project.run("migrate", "in.json", "--out", "other.msgpack"));
    await writeFile(join(project.folder, "x.msgpack"), await project.bytes("other.msgpack"));
    const plan = await done(
      project.run("migrate", "x.msgpack", "--out", "y.json", ...to("1.1"), "--dry-run"),
    );
    assert.match(plan.stdout, /x\.msgpack\.aside\.jsonl is left out: it was kept of another content/);
    const other = await done(project.run("migrate", "x.msgpack", "--out", "y.json", ...to("1.1")));
    assert.match(other.stderr, leftOut);
    assert.equal((await read(project, "y.json")).Mappings[0]?.Note ?? null, null);
    assert.ok((await project.names(".")).includes("x.msgpack.aside.jsonl"), "it stays");
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
