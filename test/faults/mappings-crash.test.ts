import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { type CliOptions, godwit } from "../support/cli.ts";
import { crashAt, type CrashPoint, crashPoints } from "../support/crash.ts";
import {
  keyedJson,
  lastDocument,
  mappingsProject,
  messagePack,
  samples,
  unpacked,
} from "../support/mappings.ts";
import { inParallel } from "./in-parallel.ts";
import { someOf } from "./seeded.ts";

/* Whatever a kill interrupts, there is the old file or the whole new one, and both ways out of it end well. */

const out = "decomp/mappings.msgpack";
const old = messagePack(samples(7));
/** Several batches, and a version that leaves something aside: all points are passed. */
const migrate = [
  "mappings",
  "migrate",
  "in.msgpack",
  "--out",
  out,
  "--force",
  "--batch",
  "40",
  "--schema-version",
  "1.0",
];
const sampled = 3;

interface Scene extends AsyncDisposable {
  readonly options: CliOptions;
  readonly folder: string;
}

/** An output that is there, and an input of version 1.1 that was made by the program itself. */
async function scene(): Promise<Scene> {
  const project = await mappingsProject({ "in.json": keyedJson(samples(100)) });
  await project.put(out, old);
  await writeFile(join(project.folder, "in.msgpack"), await upgraded);
  return { ...project, options: { cwd: project.folder }, folder: project.folder };
}

const upgraded = (async () => {
  await using project = await mappingsProject({ "in.json": keyedJson(samples(100)) });
  const made = await project.run("migrate", "in.json", "--schema-version", "1.1", "--out", "in.msgpack");
  assert.equal(made.code, 0, made.stderr);
  return project.bytes("in.msgpack");
})();

/** The old file, byte by byte, or the new one: nothing between. */
async function assertWhole({ folder }: Scene, where: string): Promise<void> {
  const bytes = await readFile(join(folder, out));
  if (bytes.equals(old)) return;
  assert.deepEqual(unpacked(bytes), samples(100), where);
}

async function names({ folder }: Scene): Promise<string[]> {
  return (await readdir(join(folder, "decomp"))).filter((name) => !/\.godwit\.db|^\.keep$/.test(name)).sort();
}

async function assertMigrated(scene: Scene, where: string): Promise<void> {
  const bytes = await readFile(join(scene.folder, out));
  assert.deepEqual(unpacked(bytes), samples(100), where);
  const found = await names(scene);
  const backups = found.filter((name) => name.includes(".backup."));
  assert.deepEqual(
    backups.map((name) => name.replace(/\d{8}-\d{6}/, "T")),
    ["mappings.msgpack.backup.T", "mappings.msgpack.backup.T.sha256"],
    where,
  );
  assert.ok(!found.some((name) => name.endsWith(".partial")), where);
  assert.ok(found.includes("mappings.msgpack.aside.jsonl"), where);
}

async function assertRolledBack(scene: Scene, where: string): Promise<void> {
  assert.ok((await readFile(join(scene.folder, out))).equals(old), where);
  const found = await names(scene);
  assert.deepEqual(
    found.filter((name) => !name.includes(".backup.")),
    ["mappings.msgpack"],
    where,
  );
}

async function passes(args: readonly string[], { options }: Scene, where: string): Promise<string> {
  const result = await godwit(args, options);
  assert.equal(result.code, 0, `${where}: ${result.stdout}${result.stderr}`);
  return result.stderr;
}

const rollback = ["mappings", "rollback", out];
const audited = ["audit", "verify", "--url", `sqlite:${out}.godwit.db`];

suite("mappings killed at every point", { timeout: 900_000 }, () => {
  test("the same command ends it, and so does a rollback", async () => {
    await using calm = await scene();
    const points = await crashPoints(migrate, calm.options);
    await assertMigrated(calm, "undisturbed");
    for (const name of ["mappings:copied", "mappings:batch", "mappings:set-aside", "mappings:named"])
      assert.ok(
        points.some((point) => point.name === name),
        `${name} was not passed`,
      );
    const some = someOf(points, sampled);
    // The moment in which a file has its name, and no record says so.
    const chosen = points.filter(
      (point) => ["mappings:named", "file:linked"].includes(point.name) || some.includes(point),
    );
    await inParallel(chosen, 2, async (point) => {
      const where = label(point);
      await using own = await scene();
      await crashAt(point, migrate, own.options);
      await assertWhole(own, where);
      const ended = await godwit([...migrate, "--json"], own.options);
      // A run that was closed is done, and the same command is another one.
      assert.equal(ended.code, 0, `${where}: ${ended.stdout}${ended.stderr}`);
      if (point.name !== "run:closed") await assertMigrated(own, where);
      assert.equal((lastDocument(ended)["files"] as unknown[]).length, 1);
      await passes(audited, own, where);
    });
    await inParallel(chosen, 2, async (point) => {
      const where = `${label(point)}, rolled back`;
      await using own = await scene();
      await crashAt(point, migrate, own.options);
      const undone = await godwit(rollback, own.options);
      // Before the run had a row there is nothing to undo, and nothing was done.
      if (undone.code !== 0) assert.match(undone.stderr, /GW2611/, where);
      await assertRolledBack(own, where);
    });
  });

  test("a rollback that is killed goes on", async () => {
    await using calm = await scene();
    await passes(migrate, calm, "migrate");
    const points = await crashPoints(rollback, calm.options);
    await assertRolledBack(calm, "undisturbed");
    assert.ok(points.some(({ name }) => name === "mappings:before-restore"));
    // Once it is closed, the same command would undo what was before.
    const inside = points.filter(({ name }) => name !== "run:closed");
    await inParallel(someOf(inside, sampled), 2, async (point) => {
      const where = label(point);
      await using own = await scene();
      await passes(migrate, own, where);
      await crashAt(point, rollback, own.options);
      await assertWhole(own, where);
      await passes(rollback, own, where);
      await assertRolledBack(own, where);
      await passes(audited, own, where);
    });
  });

  test("where there was no file, a kill leaves none or a whole one", async () => {
    const command = ["mappings", "migrate", "in.json", "--out", out];
    for (const name of ["mappings:written", "mappings:before-name", "file:linked", "mappings:named"]) {
      await using own = await scene();
      await rm(join(own.folder, out));
      await crashAt({ name, nth: 1 }, command, own.options);
      const isThere = name === "file:linked" || name === "mappings:named";
      assert.equal((await names(own)).includes("mappings.msgpack"), isThere, name);
      if (name === "file:linked") {
        await passes(command, own, name);
        assert.deepEqual(await names(own), ["mappings.msgpack"], name);
      }
      await passes(rollback, own, name);
      assert.deepEqual(await names(own), [], name);
    }
  });
});

function label({ name, nth }: CrashPoint): string {
  return `killed at ${name}:${nth}`;
}
