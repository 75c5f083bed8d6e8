import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { mappingsMigrate, mappingsRollback } from "../../src/index.ts";
import { root } from "../support/cli.ts";
import { keyedJson, mappingsProject, messagePack, samples, unpacked } from "../support/mappings.ts";

/* Two containers that share a folder: in both the program is process 1. */

const out = "decomp/mappings.msgpack";

test("a run of another host is not taken for our own because its process has our number", async () => {
  await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(20)) });
  await project.put(out, messagePack(samples(3)));
  const place = { cwd: project.folder, env: {} };
  /** A run that is killed here, with the number of this process, between our look at the journal and our lock. */
  const killedElsewhere = () => {
    const killed = spawnSync(process.execPath, [join(root, "bin/godwit"), "mappings", "migrate", "--force"], {
      cwd: project.folder,
      env: { PATH: process.env["PATH"], GODWIT_CRASH_AT: "mappings:checked:1" },
    });
    assert.equal(killed.signal, "SIGKILL", String(killed.stderr));
    using journal = new DatabaseSync(join(project.folder, `${out}.godwit.db`));
    const { changes } = journal
      .prepare("UPDATE godwit_run SET pid = ?, host = 'another' WHERE state = 'running'")
      .run(process.pid);
    assert.equal(changes, 1);
  };
  let isLooking = false;
  await assert.rejects(
    mappingsMigrate({
      ...place,
      force: true,
      onEvent: ({ type }) => {
        if (isLooking || type !== "table:started") return;
        isLooking = true;
        killedElsewhere();
      },
    }),
    { code: "GW2606", message: /another run worked on .*mappings\.msgpack meanwhile/ },
  );
  assert.ok(isLooking);
  assert.deepEqual(await project.bytes(out), Buffer.from(messagePack(samples(3))), "nothing was changed");
  // It is the other's, and goes on as such.
  const { runId } = (await mappingsMigrate({ ...place, resume: true })).files[0]!;
  using journal = new DatabaseSync(join(project.folder, `${out}.godwit.db`), { readOnly: true });
  const rows = journal.prepare("SELECT id || ' ' || state AS run FROM godwit_run").all();
  assert.deepEqual(
    rows.map(({ run }) => run),
    [`${runId} done`],
  );
  assert.equal(unpacked(await project.bytes(out)).length, 20);
  await mappingsRollback({ ...place, file: out });
  assert.deepEqual(await project.bytes(out), Buffer.from(messagePack(samples(3))));
});
