import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import { loadEngine } from "../../src/engines/registry.ts";
import { ChunkLedger } from "../../src/run/chunk-ledger.ts";
import { serverClock } from "../../src/run/clock.ts";
import { upgradeLedger } from "../../src/run/ledger.ts";
import { withPlaceholders } from "../../src/engines/placeholders.ts";
import { targets } from "../support/servers.ts";
import { withOwnDatabase } from "./own-database.ts";

const options = {
  tag: "godwit fence",
  connectTimeoutMs: 10_000,
  lockTimeoutMs: 10_000,
  statementTimeoutMs: 0,
};
const chunk = {
  table: "t",
  ordinal: 0,
  range: { by: "all" },
  snapshot: "s",
  state: "planned",
  rows: 0n,
  bytes: 0n,
  rowSum: null,
} as const;

for (const { name, engine: id, skip } of targets.filter(({ engine }) => engine !== "sqlite")) {
  test(`${name}: a chunk is committed by one epoch only`, { skip }, async () => {
    await withOwnDatabase(name, async (url) => {
      const engine = await loadEngine(id);
      const target = parseConnectionUrl(url);
      const [old, next] = [
        await engine.connect.open(target, options),
        await engine.connect.open(target, options),
      ];
      try {
        const clock = serverClock((await engine.connect.facts(old)).now);
        await upgradeLedger(engine, old, clock);
        const now = clock.now();
        await old.run(
          withPlaceholders(
            engine.traits,
            `INSERT INTO ${engine.store.table("run")} (id, kind, state, epoch, plan_hash, intent, host, pid, actor, session_id,
               tool, started_at, heartbeat_at) VALUES ('r', 'copy', 'running', 1, '', '{}', 'h', 1, 'a', '1', 't', ?, ?)`,
          ),
          [now, now],
        );
        const ledger = (epoch: number) => new ChunkLedger({ engine, clock, runId: "r", epoch, stepKey: "s" });
        await ledger(1).plan(old, "t", [{ by: "all" }, { by: "all" }], "s");
        const takeOver = (epoch: number) =>
          next.execute(`UPDATE ${engine.store.table("run")} SET epoch = ${epoch} WHERE id = 'r'`);

        // The old runner is between its chunk's record and its COMMIT: who takes over waits for it, and then sees it.
        await old.begin();
        await ledger(1).finish(old, chunk, 1);
        let isOver = false;
        const taken = takeOver(2).then(() => {
          isOver = true;
        });
        await pause(300);
        assert.equal(isOver, false, "the run was taken over under a chunk that is being committed");
        await old.commit();
        await taken;
        assert.equal((await ledger(2).read(next))[0]?.state, "done");

        // It comes back after that: the database refuses its next chunk, and the new one's is the only one.
        await old.begin();
        await assert.rejects(ledger(1).finish(old, { ...chunk, ordinal: 1 }, 1), { code: "GW4003" });
        await old.rollback();
        await next.begin();
        await ledger(2).finish(next, { ...chunk, ordinal: 1 }, 1);
        await next.commit();
        await next.begin();
        await assert.rejects(ledger(2).finish(next, { ...chunk, ordinal: 1 }, 1), { code: "GW4003" });
        await next.rollback();
      } finally {
        await old.close();
        await next.close();
      }
    });
  });
}
