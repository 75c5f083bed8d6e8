import assert from "node:assert/strict";
import { cp, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { godwit } from "../support/cli.ts";
import { crashAt } from "../support/crash.ts";
import {
  keyedJson,
  type MappingsProject,
  mappingsProject,
  messagePack,
  samples,
  unpacked,
} from "../support/mappings.ts";

/* A journal goes where its folder goes. It works on the files beside it, and on nobody else's. */

const old = messagePack(samples(3));
const command = ["migrate", "in.json", "--out", "one/x.msgpack", "--force"];
const out = "one/x.msgpack";

async function scene(): Promise<MappingsProject> {
  const project = await mappingsProject({ "in.json": keyedJson(samples(20)), "one/.keep": "" });
  await project.put(out, old);
  return project;
}

function inTwo({ folder }: MappingsProject, ...args: string[]) {
  return godwit(["mappings", ...args], { cwd: join(folder, "two") });
}

suite("a folder of mappings that was moved or copied", { concurrency: 2 }, () => {
  test("its copy is rolled back by itself, and what was moved has its backups", async () => {
    await using project = await scene();
    assert.equal((await project.run(...command)).code, 0);
    const migrated = await project.bytes(out);
    await cp(join(project.folder, "one"), join(project.folder, "two"), { recursive: true });
    const back = await inTwo(project, "rollback", "x.msgpack");
    assert.equal(back.code, 0, back.stderr);
    assert.deepEqual(await project.bytes("two/x.msgpack"), Buffer.from(old));
    assert.deepEqual(await project.bytes(out), migrated, "the other folder's file is as it was");

    await rename(join(project.folder, "one"), join(project.folder, "three"));
    const moved = await project.run("rollback", "three/x.msgpack");
    assert.equal(moved.code, 0, moved.stderr);
    assert.deepEqual(await project.bytes("three/x.msgpack"), Buffer.from(old));
  });

  test("a run that was interrupted is not gone on with in the folder that it came from", async () => {
    for (const point of ["mappings:checked", "mappings:named"]) {
      await using project = await scene();
      await crashAt({ name: point, nth: 1 }, ["mappings", ...command], { cwd: project.folder });
      const left = await project.bytes(out);
      const beside = await project.names("one");
      await cp(join(project.folder, "one"), join(project.folder, "two"), { recursive: true });
      const again = ["migrate", "../in.json", "--out", "x.msgpack", "--force"];
      const resumed = await inTwo(project, ...again, "--resume");
      assert.notEqual(resumed.code, 0, point);
      assert.match(resumed.stderr, /GW26(11|12): .*one\/x\.msgpack/, point);
      if (point === "mappings:checked") {
        const anew = await inTwo(project, ...again);
        assert.equal(anew.code, 0, anew.stderr);
        assert.equal(unpacked(await project.bytes("two/x.msgpack")).length, 20);
      } else assert.equal((await inTwo(project, ...again)).code, 1, point);
      const back = await inTwo(project, "rollback", "x.msgpack");
      assert.equal(back.code, 0, back.stderr);
      assert.deepEqual(await project.bytes("two/x.msgpack"), Buffer.from(old), point);
      assert.ok(!(await project.names("two")).some((name) => name.endsWith(".partial")), point);
      assert.deepEqual(await project.bytes(out), left, point);
      assert.deepEqual(await project.names("one"), beside, point);
      const own = await project.run(...command);
      assert.equal(own.code, 0, own.stderr);
    }
  });

  test("so is a rollback that was interrupted", async () => {
    await using project = await scene();
    assert.equal((await project.run(...command)).code, 0);
    const point = { name: "mappings:before-restore", nth: 1 };
    await crashAt(point, ["mappings", "rollback", out], { cwd: project.folder });
    const left = await project.bytes(out);
    await rename(join(project.folder, "one/x.msgpack.partial"), join(project.folder, "one/kept"));
    await cp(join(project.folder, "one"), join(project.folder, "two"), { recursive: true });
    const back = await inTwo(project, "rollback", "x.msgpack");
    assert.equal(back.code, 0, back.stderr);
    assert.deepEqual(await project.bytes("two/x.msgpack"), Buffer.from(old));
    assert.deepEqual(await project.bytes(out), left);
  });

  test("a journal that was copied beside another output says nothing of it", async () => {
    await using project = await scene();
    assert.equal((await project.run(...command)).code, 0);
    const migrated = await project.bytes(out);
    await project.put("one/y.msgpack", migrated);
    await project.put("one/y.msgpack.godwit.db", await readFile(join(project.folder, `${out}.godwit.db`)));
    const back = await project.run("rollback", "one/y.msgpack", "--force");
    assert.match(back.stderr, /GW2611: .*tells of x\.msgpack, and not of y\.msgpack/);
    for (const file of [out, "one/y.msgpack"]) assert.deepEqual(await project.bytes(file), migrated, file);
  });
});
