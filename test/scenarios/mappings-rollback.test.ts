import assert from "node:assert/strict";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { mappingsMigrate, mappingsRollback } from "../../src/index.ts";
import { crashAt } from "../support/crash.ts";
import { keyedJson, lastDocument, mappingsProject, messagePack, samples } from "../support/mappings.ts";

const out = "decomp/mappings.msgpack";

suite("a rollback of mappings", { concurrency: 2 }, () => {
  test("says which migration it undoes: one that was killed early has left no record", async () => {
    await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(5)) });
    const place = { cwd: project.folder, env: {} };
    const { files } = await mappingsMigrate(place);
    const runId = files[0]?.runId ?? "";
    const migrated = await project.bytes(out);
    const command = ["mappings", "migrate", "--force", "--schema-version", "1.1"];
    for (const name of ["run:locked", "run:ledger-ready"])
      await crashAt({ name, nth: 1 }, command, { cwd: project.folder });
    // A script that means another run than the newest that there is.
    const other = await project.run("rollback", "--run", "00000000");
    assert.equal(other.code, 1);
    assert.match(
      other.stderr,
      new RegExp(
        `GW2611: the migration of .*mappings\\.msgpack .* is ${runId.slice(0, 8)} of .*not "00000000"\n  nothing was changed\n`,
      ),
    );
    assert.deepEqual(await project.bytes(out), migrated);
    const would = await project.run("rollback", "--dry-run");
    assert.deepEqual(await project.bytes(out), migrated);
    const back = await project.run("rollback", "--run", runId.slice(0, 8));
    assert.equal(back.code, 0, back.stderr);
    assert.ok(back.stderr.startsWith(would.stdout), would.stdout + would.stderr);
    assert.match(
      would.stdout,
      new RegExp(
        `^This undoes the migration of \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d, run ${runId.slice(0, 8)}\n` +
          "  decomp/mappings\\.json to decomp/mappings\\.msgpack \\(msgpack 1\\.0\\), 5 mappings\n" +
          "  decomp/mappings\\.msgpack is removed: there was none before\n",
      ),
    );
    assert.deepEqual(await project.names(), ["mappings.json"]);
  });

  test("tells an interrupted one and the backup, on stderr or in the document", async () => {
    await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(5)) });
    await project.put(out, messagePack(samples(2)));
    const command = ["mappings", "migrate", "--force"];
    await crashAt({ name: "mappings:named", nth: 1 }, command, { cwd: project.folder });
    await crashAt({ name: "mappings:before-restore", nth: 1 }, ["mappings", "rollback"], {
      cwd: project.folder,
    });
    const back = await project.run("rollback");
    assert.match(
      back.stderr,
      /^This goes on with a rollback that was interrupted, of the interrupted migration of .*, run [0-9a-f]{8}\n.*\n {2}decomp\/mappings\.msgpack gets its old bytes back from decomp\/mappings\.msgpack\.backup\.\d{8}-\d{6}\n/,
    );
    assert.deepEqual(await project.bytes(out), Buffer.from(messagePack(samples(2))));
    await mappingsMigrate({ cwd: project.folder, env: {}, force: true });
    const { migration } = lastDocument(await project.run("rollback", "--json")) as {
      readonly migration: { readonly mappings: number; readonly isInterrupted: boolean };
    };
    assert.deepEqual([migration.mappings, migration.isInterrupted], [5, false]);
  });

  test("keeps a copy of what could not be made again", async () => {
    for (const became of ["gone", "changed", "unreadable"] as const) {
      await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(5)) });
      const place = { cwd: project.folder, env: {} };
      await mappingsMigrate(place);
      const migrated = await project.bytes(out);
      if (became !== "changed") await rm(join(project.folder, "decomp/mappings.json"));
      if (became === "unreadable") await mkdir(join(project.folder, "decomp/mappings.json"));
      if (became === "changed") await project.put("decomp/mappings.json", keyedJson(samples(6)));
      // Also where it is killed while the copy has two names.
      const rollback = ["mappings", "rollback"];
      await crashAt({ name: "file:linked", nth: 1 }, rollback, { cwd: project.folder });
      const { files } = await mappingsRollback(place);
      assert.equal(files[0]?.became, "removed");
      const [copy = "", ...others] = (await project.names()).filter((name) => name !== "mappings.json");
      assert.deepEqual(others, []);
      assert.match(copy, /^mappings\.msgpack\.backup\.\d{8}-\d{6}$/);
      assert.equal(files[0]?.kept, join(project.folder, "decomp", copy));
      assert.deepEqual(await project.bytes(`decomp/${copy}`), migrated, became);
    }
  });
});
