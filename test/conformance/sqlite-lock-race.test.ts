import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { lock } from "../../src/engines/sqlite/lock.ts";
import { child, openFor, scratch } from "../../src/engines/sqlite/scratch.fixture.ts";

test("of twenty processes exactly one gets the lock, and its row stands", async (t) => {
  const path = join(scratch(t), "a.db");
  const session = await openFor(t, path);
  const racers = Array.from({ length: 20 }, () =>
    child(
      t,
      path,
      `await say("ready"); await hear(); await say((await lock.tryAcquire(session)) ? session.id : "no"); await hear();`,
    ),
  );
  for (const racer of racers) assert.equal(await racer.line(), "ready");
  for (const racer of racers) racer.tell("go");
  const winners = (await Promise.all(racers.map((racer) => racer.line()))).filter(
    (answer) => answer !== "no",
  );
  assert.equal(winners.length, 1);
  assert.equal((await lock.holder(session))?.sessionId, winners[0]);
});
