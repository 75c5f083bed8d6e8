import assert from "node:assert/strict";
import { appendFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { type Cli, godwit } from "../support/cli.ts";
import { crashAt } from "../support/crash.ts";
import {
  keyedJson,
  type MappingsProject,
  mappingsProject,
  messagePack,
  samples,
  unpacked,
} from "../support/mappings.ts";

/* What others do to the files, or to the program, while it works. A process that is stopped waits where it is. */

const out = "decomp/mappings.msgpack";
const old = messagePack(samples(3));
const count = 20_000;
const large = keyedJson(samples(count));

async function scene(): Promise<MappingsProject> {
  const project = await mappingsProject({ "decomp/mappings.json": large });
  await project.put(out, old);
  return project;
}

/** One mapping at a time: a step takes long enough to be met in its middle. */
const command = ["migrate", "--force", "--json", "--batch", "1"];

/** Stops the program when it has said that it begins with a step. */
async function stoppedAt(cli: Cli, words: RegExp): Promise<void> {
  await cli.saw(words);
  cli.kill("SIGSTOP");
}

suite("what happens meanwhile", { concurrency: 2, timeout: 300_000 }, () => {
  test("two runs on one output: the second is told who works", async () => {
    await using project = await scene();
    await using first = project.start(command);
    await stoppedAt(first, /"step:started","key":"mappings\/write"/);
    const second = await project.run("migrate", "--force");
    assert.equal(second.code, 4, second.stderr);
    assert.match(second.stderr, /GW4001/);
    assert.equal((await project.run("rollback")).code, 4);
    first.kill("SIGCONT");
    assert.equal((await first.result).code, 0);
    assert.equal(unpacked(await project.bytes(out)).length, count);
  });

  test("Ctrl-C leaves the old file and nothing beside it, and the same command goes on", async () => {
    await using project = await scene();
    await using cli = project.start(command);
    await cli.saw(/"step:started","key":"mappings\/write"/);
    cli.kill("SIGINT");
    const stopped = await cli.result;
    assert.equal(stopped.code, 130, stopped.stdout);
    assert.deepEqual(await project.bytes(out), Buffer.from(old));
    assert.ok(!(await project.names()).some((name) => name.endsWith(".partial")));
    const other = await project.run(
      "migrate",
      "decomp/mappings.json",
      "--out",
      out,
      "--schema-version",
      "1.1",
      "--resume",
    );
    assert.equal(other.code, 0, other.stderr);
    assert.match(other.stdout, /msgpack 1\.0/, "with what it was asked for, whatever is said now");
    assert.equal((await project.run("migrate", "--resume")).code, 1, "there is nothing more to go on with");
  });

  test("the stop file ends it before the next batch", async () => {
    await using project = await scene();
    await using cli = project.start(command);
    await stoppedAt(cli, /"step:started","key":"mappings\/write"/);
    await mkdir(join(project.folder, ".godwit"));
    await writeFile(join(project.folder, ".godwit/stop"), "");
    cli.kill("SIGCONT");
    const stopped = await cli.result;
    assert.match(stopped.stdout, /GW8001/);
    assert.notEqual(stopped.code, 0);
    assert.deepEqual(await project.bytes(out), Buffer.from(old));
  });

  test("an input that is written to while it is read is refused", async () => {
    for (const at of [/"table:started","key":"look"/, /"step:started","key":"mappings\/write"/]) {
      await using project = await scene();
      await using cli = project.start(command);
      await stoppedAt(cli, at);
      await appendFile(join(project.folder, "decomp/mappings.json"), " ");
      cli.kill("SIGCONT");
      const refused = await cli.result;
      assert.equal(refused.code, 1, String(at));
      assert.match(refused.stdout, /GW2606.*mappings\.json was changed while it was read/, String(at));
      assert.deepEqual(await project.bytes(out), Buffer.from(old));
      // The run cannot go on with what is no longer there: the same command begins anew.
      const again = await project.run("migrate", "--force");
      assert.equal(again.code, 0, again.stderr);
    }
  });

  test("an input that is another one after an interruption is read anew", async () => {
    const own = ["migrate", "--force"];
    for (const name of ["mappings:checked", "mappings:named"]) {
      await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(20)) });
      await crashAt({ name, nth: 1 }, ["mappings", ...own], { cwd: project.folder });
      await project.put("decomp/mappings.json", keyedJson(samples(20)).replaceAll("Player", "Renamed"));
      const again = await project.run(...own);
      if (name === "mappings:named") {
        assert.match(again.stderr, /GW2612: decomp\/mappings\.json was changed since the run/);
        assert.match(again.stderr, /--resume --out .*mappings rollback /);
        assert.equal((await project.run("migrate", "--resume")).code, 0, "what is in its place is recorded");
      } else assert.equal(again.code, 0, again.stderr);
      const expected = name === "mappings:named" ? "Player.Method0" : "Renamed.Method0";
      assert.equal(unpacked(await project.bytes(out))[0]?.mapped, expected, name);
    }
  });

  test("a run that was begun with less care is not gone on with", async () => {
    await using project = await mappingsProject({
      "decomp/mappings.json": keyedJson(samples(20)),
      "decomp/learned-mappings.json": keyedJson(samples(1)).replace("Player", "Other"),
    });
    await project.put(out, old);
    const careless = ["mappings", "migrate", "--force", "--no-backup"];
    await crashAt({ name: "mappings:checked", nth: 1 }, careless, { cwd: project.folder });
    assert.match((await project.run("migrate")).stderr, /GW2605/);
    assert.match((await project.run("migrate", "--force", "--strict")).stderr, /GW2608/);
    assert.deepEqual(await project.bytes(out), Buffer.from(old));
    const done = await project.run("migrate", "--force");
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stderr, /begins anew: it was begun with --no-backup/);
    assert.ok((await project.names()).some((name) => name.includes(".backup.")));
  });

  test("an output that somebody else writes meanwhile is theirs", async () => {
    await using project = await scene();
    await using cli = project.start(command);
    await stoppedAt(cli, /"step:started","key":"mappings\/check"/);
    const theirs = messagePack(samples(5));
    await project.put(out, theirs);
    cli.kill("SIGCONT");
    const refused = await cli.result;
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /GW2606/);
    assert.deepEqual(await project.bytes(out), Buffer.from(theirs));
    assert.equal((await project.run("migrate")).code, 1, "it is there, and --force was not given");
    assert.equal((await project.run("migrate", "--force")).code, 0);
    assert.equal((await project.run("rollback")).code, 0);
    assert.deepEqual(await project.bytes(out), Buffer.from(theirs));
  });

  test("a file that appears where none was is not overwritten", async () => {
    await using project = await mappingsProject({ "decomp/mappings.json": large });
    await using cli = project.start(["migrate", "--json", "--batch", "1"]);
    await stoppedAt(cli, /"step:started","key":"mappings\/check"/);
    await project.put(out, old);
    cli.kill("SIGCONT");
    assert.match((await cli.result).stdout, /GW2606.*is there now, and was not/);
    assert.deepEqual(await project.bytes(out), Buffer.from(old));
  });

  test("a file that is not what was written takes no place, and the same command writes it anew", async () => {
    for (const wrong of [messagePack(samples(5)), Buffer.from("nothing of the kind")]) {
      await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(20)) });
      await project.put(out, old);
      // The record of the backup is the first one, that of the writing the second.
      const point = { name: "transaction:after-commit", nth: 2 };
      await crashAt(point, ["mappings", ...command], { cwd: project.folder });
      await project.put(`${out}.partial`, wrong);
      const refused = await project.run(...command);
      assert.equal(refused.code, 5, refused.stdout);
      assert.match(refused.stdout, /GW2607/);
      assert.deepEqual(await project.bytes(out), Buffer.from(old));
      assert.equal((await project.run(...command)).code, 0);
      assert.equal(unpacked(await project.bytes(out)).length, 20);
    }
  });

  test("a file that is what was written, but not what was read, takes no place", async () => {
    await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(20)) });
    await using other = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(20, 1)) });
    // Killed when the file is written and recorded; then it gets the file and the record of another conversion.
    const point = { name: "transaction:after-commit", nth: 1 };
    for (const { folder } of [project, other])
      await crashAt(point, ["mappings", "migrate", "--json"], { cwd: folder });
    const where = "WHERE step_key = 'mappings/write'";
    const [from, into] = [other, project].map(
      ({ folder }) => new DatabaseSync(join(folder, `${out}.godwit.db`)),
    ) as [DatabaseSync, DatabaseSync];
    const row = from.prepare(`SELECT captured FROM godwit_step ${where}`).get();
    assert.match(String(row?.["captured"]), /"mappings":20/);
    into.prepare(`UPDATE godwit_step SET captured = ? ${where}`).run(row?.["captured"] ?? null);
    for (const journal of [from, into]) journal.close();
    await project.put(`${out}.partial`, await other.bytes(`${out}.partial`));
    const refused = await project.run("migrate", "--json");
    assert.equal(refused.code, 5, refused.stdout);
    assert.match(refused.stdout, /GW2607.*what the mappings say: \w+, and \w+ was read/);
    assert.deepEqual(await project.names(), ["mappings.json"]);
  });

  test("an input that is another one when it is read again is refused", async () => {
    await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(20)) });
    const options = { cwd: project.folder };
    const ctl = (word: string) => godwit(["ctl", word, "--url", `sqlite:${out}.godwit.db`], options);
    const own = ["migrate", "--json"];
    await crashAt({ name: "run:opened", nth: 1 }, ["mappings", ...own], options);
    assert.equal((await ctl("pause")).code, 0);
    await using cli = project.start(own);
    await cli.saw(/"type":"guard:paused"/);
    await project.put("decomp/mappings.json", keyedJson(samples(21)));
    assert.equal((await ctl("resume")).code, 0);
    assert.match((await cli.result).stdout, /GW2606.*mappings\.json was changed while it was read/);
    assert.deepEqual(await project.names(), ["mappings.json"]);
  });

  test("a process that was taken for dead comes back, and is refused", async () => {
    await using project = await scene();
    await using stale = project.start(command);
    await stoppedAt(stale, /"step:started","key":"mappings\/check"/);
    // The lock ends with its process only; without its file nobody is kept out any more.
    await rm(join(project.folder, `${out}.godwit.db-godwit-lock`));
    const next = await project.run("migrate", "--force");
    assert.equal(next.code, 0, next.stderr);
    const theirs = await project.bytes(out);
    stale.kill("SIGCONT");
    const refused = await stale.result;
    assert.notEqual(refused.code, 0);
    assert.deepEqual(await project.bytes(out), theirs);
    assert.equal((await project.run("rollback")).code, 0);
    assert.deepEqual(await project.bytes(out), Buffer.from(old));
  });

  test("a run that was asked for something else stands in the way only when its file is in place", async () => {
    await using project = await mappingsProject({
      "decomp/mappings.json": keyedJson(samples(20)),
      "decomp/b.json": keyedJson(samples(10)),
    });
    const options = { cwd: project.folder };
    const other = ["migrate", "decomp/b.json", "--out", out];
    await crashAt({ name: "mappings:written", nth: 1 }, ["mappings", "migrate"], options);
    const begun = await project.run(...other);
    assert.equal(begun.code, 0, begun.stderr);
    assert.ok(!(await project.names()).some((name) => name.endsWith(".partial")));
    assert.equal((await project.run("rollback")).code, 0);

    await crashAt({ name: "mappings:named", nth: 1 }, ["mappings", "migrate"], options);
    const refused = await project.run(...other, "--force");
    assert.match(refused.stderr, /GW2612/);
    assert.equal((await project.run("migrate", "--resume")).code, 0);
    assert.equal(unpacked(await project.bytes(out)).length, 20);
  });
});
