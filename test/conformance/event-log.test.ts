import assert from "node:assert/strict";
import test from "node:test";
import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import type { GodwitEvent } from "../../src/core/event.ts";
import type { Engine, Session } from "../../src/engines/engine.ts";
import { loadEngine } from "../../src/engines/registry.ts";
import { serverClock } from "../../src/run/clock.ts";
import { EventLog } from "../../src/run/event-log.ts";
import { KeptEvents } from "../../src/run/kept-events.ts";
import { upgradeLedger } from "../../src/run/ledger.ts";
import { RunLedger } from "../../src/run/run-ledger.ts";
import { targets, withDatabase } from "../support/servers.ts";

const clock = serverClock("2026-01-31T09:00:00.000Z");
const runId = "0192ab34-0000-4000-8000-000000000000";

interface Own {
  readonly session: Session;
  readonly log: EventLog;
  readonly ledger: RunLedger;
  readonly seen: GodwitEvent[];
  rows(): Promise<string[]>;
}

/** A run that is open, with its log. */
async function opened(engine: Engine, session: Session): Promise<Own> {
  await upgradeLedger(engine, session, clock);
  const seen: GodwitEvent[] = [];
  const log = new EventLog({ engine, emit: (event) => void seen.push(event) });
  const state = { history: [], steps: [], lastRecordedSeq: 0 };
  const ledger = new RunLedger({ engine, session, clock, runId, epoch: 1, events: log, state });
  const plan = { hash: "p", contentHash: "c", author: "a", madeAt: null, body: null, approvals: [] };
  await ledger.open({ kind: "apply", plan, intent: null });
  log.bind({ runId, epoch: 1, clock });
  const rows = async () => {
    const found = await session.query(
      `SELECT seq, epoch, type FROM ${engine.store.table("event")} ORDER BY seq`,
    );
    return found.map((row) => `${Number(row.seq)} ${Number(row.epoch)} ${String(row.type)}`);
  };
  return { session, log, ledger, seen, rows };
}

const warning = (message: string): GodwitEvent => ({ type: "warning:raised", code: "GW1002", message });

for (const { name, engine: id, skip } of targets) {
  test(`${name}: a process that was replaced gets no event into the log`, { skip }, () =>
    withDatabase(name, async (url) => {
      const engine = await loadEngine(id);
      const session = await engine.connect.open(parseConnectionUrl(url, "/"), {
        tag: "godwit test",
        connectTimeoutMs: 10_000,
        lockTimeoutMs: 2_000,
        statementTimeoutMs: 10_000,
      });
      try {
        const { log, ledger, rows, seen } = await opened(engine, session);
        for (let n = 0; n < 130; n++) log.emit(warning(`number ${n}`));
        await log.writeDue(session, 0);
        const written = await rows();
        assert.equal(written.length, 130);
        assert.deepEqual([written[0], written[129]], ["1 1 warning:raised", "130 1 warning:raised"]);
        // Someone else goes on with the run.
        await session.execute(`UPDATE ${engine.store.table("run")} SET epoch = 2`);
        for (let n = 0; n < 12; n++) log.emit(warning("too late"));
        await log.settleClosed(session);
        assert.deepEqual(await rows(), written);
        log.emit(warning("later still"));
        await assert.rejects(
          ledger.close("done", null, {
            type: "run:finished",
            runId,
            state: "done",
            units: 0,
            durationMs: 0,
          }),
          { code: "GW4003" },
        );
        assert.deepEqual(await rows(), written);
        const [run] = await session.query(`SELECT state FROM ${engine.store.table("run")}`);
        assert.equal(run?.["state"], "running");
        log.tellUnwritten();
        // Whoever has the run now writes its log: there is nothing to warn of.
        assert.ok(!seen.some((event) => event.type === "warning:raised" && event.code === "GW5021"));
      } finally {
        await session.close();
      }
    }),
  );
}

test("a guard's samples are thinned, and the one before a pause is kept", () => {
  const kept = new KeptEvents();
  const start = performance.now();
  const sample = (lagMs: number): GodwitEvent => ({ type: "guard:sampled", lagMs, pace: 1 });
  let count = 0;
  // A day of samples, one each 200 ms.
  for (let n = 0; n < 432_000; n++) count += kept.after(sample(n), start + n * 200).length;
  assert.ok(count > 1_000 && count < 2_500, `${count} were kept`);
  assert.deepEqual(kept.after(sample(7), start + 432_000 * 200 + 1), []);
  const paused: GodwitEvent = {
    type: "guard:paused",
    key: "k",
    signal: "lag",
    reason: "",
    value: 7,
    limit: 5,
  };
  assert.deepEqual(
    kept.after(paused, start + 432_000 * 200 + 2).map(({ type }) => type),
    ["guard:sampled", "guard:paused"],
  );
  assert.deepEqual(
    kept.after({ type: "script:progressed", key: "k", done: 1, total: 2, unit: "rows" }, start),
    [],
  );
});
