import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { type CliResult, godwit } from "../support/cli.ts";
import { crashAt, type CrashPoint, crashPoints } from "../support/crash.ts";
import { keyedJson, mappingsProject, samples, unpacked } from "../support/mappings.ts";
import { inParallel } from "./in-parallel.ts";

/* What is left out of mappings-crash.test.ts: an output that is its own input, and a rollback that keeps a copy. */

const file = "x.msgpack";
const aside = `${file}.aside.jsonl`;
const rollback = ["mappings", "rollback", file];

async function copyOf(folder: string) {
  const copy = await mkdtemp(join(tmpdir(), "godwit-sweep-"));
  await cp(folder, copy, { recursive: true });
  return {
    folder: copy,
    bytes: (name: string) => readFile(join(copy, name)),
    names: async () => (await readdir(copy)).filter((name) => !name.includes(".godwit.db")),
    run: (args: readonly string[]): Promise<CliResult> => godwit(args, { cwd: copy }),
    [Symbol.asyncDispose]: () => rm(copy, { recursive: true }),
  };
}

suite("mappings killed at every other point", { timeout: 1_200_000 }, () => {
  test("a database that is upgraded in its place, with what was kept aside of it", async () => {
    await using base = await mappingsProject({ "in.json": keyedJson(samples(100)) });
    for (const args of [
      ["in.json", "--schema-version", "1.1", "--out", "a.msgpack"],
      ["a.msgpack", "--schema-version", "1.0", "--out", file],
    ]) {
      const made = await base.run("migrate", ...args);
      assert.equal(made.code, 0, made.stderr);
    }
    const [old, kept] = [await base.bytes(file), await base.bytes(aside)];
    const upgrade = ["mappings", "migrate", file, "--schema-version", "1.1", "--out", file, "--force"];
    const command = [...upgrade, "--batch", "40"];
    await using calm = await copyOf(base.folder);
    const points = await crashPoints(command, { cwd: calm.folder });
    assert.ok(points.some(({ name }) => name === "mappings:taken-away"));
    await inParallel(points, 2, async (point) => {
      const where = label(point);
      await using own = await copyOf(base.folder);
      await crashAt(point, command, { cwd: own.folder });
      assert.deepEqual(unpacked(await own.bytes(file)), samples(100), where);
      await using other = await copyOf(own.folder);

      const again = await own.run(command);
      assert.equal(again.code, 0, `${where}: ${again.stderr}`);
      const shown = await own.run(["mappings", "show", file, "--json"]);
      assert.match(shown.stdout, /"originFile":"in\.json"/, `${where}: it came back`);
      assert.deepEqual((await own.names()).filter(isLeft), [], where);

      // Before the run had a row, what is undone is the migration before.
      const undone = await other.run(rollback);
      assert.equal(undone.code, 0, `${where}: ${undone.stderr}`);
      if (point.name === "run:locked" || point.name === "run:ledger-ready") return;
      assert.ok((await other.bytes(file)).equals(old), where);
      assert.ok((await other.bytes(aside)).equals(kept), where);
      assert.ok(!(await other.names()).some((name) => name.endsWith(".partial")), where);
    });
  });

  test("a rollback that keeps a copy of what could not be made again", async () => {
    await using base = await mappingsProject({ "in.json": keyedJson(samples(100)) });
    assert.equal((await base.run("migrate", "in.json", "--out", file)).code, 0);
    await rm(join(base.folder, "in.json"));
    const migrated = await base.bytes(file);
    await using calm = await copyOf(base.folder);
    const points = await crashPoints(rollback, { cwd: calm.folder });
    // Once it is closed, there is nothing more to undo.
    const inside = points.filter(({ name }) => name !== "run:closed");
    await inParallel(inside, 2, async (point) => {
      await using own = await copyOf(base.folder);
      await crashAt(point, rollback, { cwd: own.folder });
      const again = await own.run(rollback);
      assert.equal(again.code, 0, `${label(point)}: ${again.stderr}`);
      const [copy = "", ...others] = (await own.names()).filter((name) => name.startsWith(file));
      assert.deepEqual(others, [], label(point));
      assert.ok((await own.bytes(copy)).equals(migrated), label(point));
    });
  });
});

/** Of a whole migration neither is left. */
function isLeft(name: string): boolean {
  return name.endsWith(".partial") || name === aside;
}

function label({ name, nth }: CrashPoint): string {
  return `killed at ${name}:${nth}`;
}
