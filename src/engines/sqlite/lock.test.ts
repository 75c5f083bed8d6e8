import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lock, lockFile } from "./lock.ts";
import { child, openAt, openFor, scratch } from "./scratch.fixture.ts";

test("one session holds the lock, and others see who", async (t) => {
  const path = join(scratch(t), "a.db");
  const first = await openFor(t, path);
  const second = await openFor(t, path);
  assert.equal(await lock.holder(second), null);
  assert.equal(await lock.tryAcquire(first), true);
  assert.equal(await lock.tryAcquire(first), true);
  assert.equal(await lock.tryAcquire(second), false);
  assert.equal(await lock.verify(first), true);
  assert.equal(await lock.verify(second), false);
  const holder = await lock.holder(second);
  assert.equal(holder?.sessionId, first.id);
  assert.equal(holder?.application, "godwit test");
  await lock.release(first);
  assert.equal(await lock.verify(first), false);
  assert.equal(await lock.holder(second), null);
  assert.equal(await lock.tryAcquire(second), true);
});

test("the lock ends with its session and is kept over a reset", async (t) => {
  const path = join(scratch(t), "a.db");
  const other = await openFor(t, path);
  const holding = await openAt(path);
  assert.equal(await lock.tryAcquire(holding), true);
  await holding.execute("CREATE TABLE t (a)");
  await holding.reset();
  assert.equal(await lock.verify(holding), true);
  assert.equal(await lock.tryAcquire(other), false);
  await holding.close();
  assert.equal(await lock.tryAcquire(other), true);
});

test("all names of a file have one lock", async (t) => {
  const folder = scratch(t);
  mkdirSync(join(folder, "real"));
  symlinkSync(join(folder, "real"), join(folder, "link"));
  // The link's target does not exist yet.
  symlinkSync(join("real", "a.db"), join(folder, "b.db"));
  const sessions = [];
  for (const name of ["real/a.db", "link/a.db", "b.db"]) sessions.push(await openFor(t, join(folder, name)));
  const got = [];
  for (const session of sessions) got.push(await lock.tryAcquire(session));
  assert.deepEqual(got, [true, false, false]);
  await sessions[0]?.execute("CREATE TABLE t (a)");
  const late = await openFor(t, join(folder, "b.db"));
  assert.equal(await lock.tryAcquire(late), false);
});

test("a deleted lock file is noticed", async (t) => {
  const path = join(scratch(t), "a.db");
  const first = await openFor(t, path);
  assert.equal(await lock.tryAcquire(first), true);
  rmSync(lockFile(path));
  assert.equal(await lock.verify(first), false);
  const second = await openFor(t, path);
  assert.equal(await lock.tryAcquire(second), true);
  assert.equal(await lock.verify(first), false);
});

test("an in-memory database needs no file", async (t) => {
  const session = await openFor(t, ":memory:");
  assert.equal(await lock.tryAcquire(session), true);
  assert.equal(await lock.verify(session), true);
  assert.equal(await lock.holder(session), null);
});

test("a killed process leaves neither lock nor transaction", async (t) => {
  const path = join(scratch(t), "a.db");
  const session = await openFor(t, path, 200);
  await session.execute("CREATE TABLE t (a)");
  const other = child(
    t,
    path,
    `await lock.tryAcquire(session); await session.begin(); await session.execute("INSERT INTO t VALUES (1)");
     await say(session.id); await hear();`,
  );
  const id = await other.line();
  assert.equal(await lock.tryAcquire(session), false);
  assert.equal((await lock.holder(session))?.sessionId, id);
  await assert.rejects(session.begin(), { errcode: 5 });
  await other.kill();
  assert.equal(await lock.tryAcquire(session), true);
  assert.equal(await lock.verify(session), true);
  assert.deepEqual(await session.query("SELECT count(*) AS n FROM t"), [{ n: 0n }]);
  await session.begin();
  await session.rollback();
});
