import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { openFor, scratch } from "../../src/engines/sqlite/scratch.fixture.ts";
import { snapshot } from "../../src/engines/sqlite/snapshot.ts";
import { execute } from "./sqlite-roles.ts";

for (const mode of ["delete", "wal"]) {
  test(`sessions see one state, and the token tells what came after (${mode})`, async (t) => {
    const path = join(scratch(t), "a.db");
    execute(path, `PRAGMA journal_mode = ${mode}; CREATE TABLE t (a); INSERT INTO t VALUES (1)`);
    const sessions = [await openFor(t, path), await openFor(t, path), await openFor(t, path)];
    const taken = await snapshot.align(sessions);
    assert.equal(taken.weakness, null);
    assert.notEqual(taken.token, "");
    assert.equal(await snapshot.unchangedSince(sessions[0]!, taken.token), true);
    const writer = new DatabaseSync(path);
    t.after(() => writer.close());
    if (mode === "wal") {
      writer.exec("INSERT INTO t VALUES (2)");
      for (const session of sessions) assert.deepEqual(await session.query("SELECT a FROM t"), [{ a: 1n }]);
    } else {
      assert.throws(() => writer.exec("INSERT INTO t VALUES (2)"), /locked/);
      assert.equal(await snapshot.unchangedSince(sessions[0]!, taken.token), true);
      for (const session of sessions) await session.rollback();
      writer.exec("INSERT INTO t VALUES (2)");
    }
    assert.equal(await snapshot.unchangedSince(sessions[1]!, taken.token), false);
    for (const session of sessions) await session.rollback();
    const again = await snapshot.align(sessions);
    assert.notEqual(again.token, taken.token);
    assert.equal(await snapshot.unchangedSince(sessions[2]!, again.token), true);
    for (const session of sessions) assert.equal((await session.query("SELECT a FROM t")).length, 2);
    for (const session of sessions) await session.rollback();
    // One more commit into the log, of the same size or not.
    writer.exec("UPDATE t SET a = 3 WHERE a = 2");
    assert.equal(await snapshot.unchangedSince(sessions[2]!, again.token), false);
    const third = await snapshot.align(sessions);
    for (const session of sessions) await session.rollback();
    // The log is written over from its beginning after this, with the same size.
    writer.exec("PRAGMA wal_checkpoint(RESTART); UPDATE t SET a = 5 WHERE a = 1");
    assert.equal(await snapshot.unchangedSince(sessions[2]!, third.token), false);
  });
}

test("sessions on :memory: say that they differ, and never that nothing changed", async (t) => {
  const sessions = [await openFor(t, ":memory:"), await openFor(t, ":memory:")];
  const { weakness, token } = await snapshot.align(sessions);
  assert.match(weakness ?? "", /:memory:/);
  assert.equal(await snapshot.unchangedSince(sessions[0]!, token), false);
});

test("looking at the file's state keeps SQLite's locks", async (t) => {
  const path = join(scratch(t), "a.db");
  execute(path, "CREATE TABLE t (a)");
  const session = await openFor(t, path);
  const { token } = await snapshot.align([session]);
  await snapshot.unchangedSince(session, token);
  await new Promise((resolve) => setTimeout(resolve, 20));
  // Another process: locks of one are no obstacle to itself.
  const { execFileSync } = await import("node:child_process");
  const script = `const d = new (require("node:sqlite").DatabaseSync)(${JSON.stringify(path)});
    try { d.exec("INSERT INTO t VALUES (1)"); console.log("written") } catch (error) { console.log(error.message) }`;
  const answer = execFileSync(process.execPath, ["--no-warnings", "-e", script], { encoding: "utf8" });
  assert.match(answer, /locked/);
});
