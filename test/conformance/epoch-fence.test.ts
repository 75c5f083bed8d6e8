import assert from "node:assert/strict";
import test from "node:test";
import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import { loadEngine } from "../../src/engines/registry.ts";
import { serverClock } from "../../src/run/clock.ts";
import { EventLog } from "../../src/run/event-log.ts";
import { upgradeLedger } from "../../src/run/ledger.ts";
import { RunLedger } from "../../src/run/run-ledger.ts";
import { targets, withDatabase } from "../support/servers.ts";

/* The database itself refuses a runner that was replaced: each write names the epoch. */
const clock = serverClock("2026-01-31T09:00:00.000Z");
const runId = "0192ab34-0000-4000-8000-000000000000";
const plan = { hash: "p", contentHash: "c", author: "a", madeAt: null, body: null, approvals: [] };
const stepOf = (key: string) => ({ key, unit: "u", title: key, hash: "h" });

for (const { name, engine: id, skip } of targets) {
  test(`${name}: a process that was replaced writes nothing of its run`, { skip }, () =>
    withDatabase(name, async (url) => {
      const engine = await loadEngine(id);
      const session = await engine.connect.open(parseConnectionUrl(url, "/"), {
        tag: "godwit test",
        connectTimeoutMs: 10_000,
        lockTimeoutMs: 2_000,
        statementTimeoutMs: 10_000,
      });
      const events = new EventLog({ engine, emit: () => {} });
      const state = { history: [], steps: [], lastRecordedSeq: 0 };
      /** `rows`: keys of steps that the ledger has already. */
      const at = (epoch: number, ...rows: readonly string[]) =>
        new RunLedger({ engine, session, clock, runId, epoch, events, state, rows: new Set(rows) });
      const rows = async () => [
        await session.query(`SELECT state, epoch, heartbeat_at FROM ${engine.store.table("run")}`),
        await session.query(
          `SELECT step_key, state, epoch FROM ${engine.store.table("step")} ORDER BY step_key`,
        ),
        await session.query(`SELECT version FROM ${engine.store.table("migration")}`),
      ];
      try {
        await upgradeLedger(engine, session, clock);
        const [old, next] = [at(1), at(2, "u/1")];
        await old.open({ kind: "apply", plan, intent: null });
        await old.start(stepOf("u/1"), 0, null);
        assert.equal(await old.heartbeat(session), true);
        await next.open({ kind: "apply", plan, intent: null });
        const before = await rows();

        const took = { stepMs: 1, unitMs: 1 };
        const completed = async (key: string) => {
          await session.begin();
          await old.finishAndCommit({ step: stepOf(key), ordinal: 0, took, history: [] });
        };
        const late: Readonly<Record<string, () => Promise<unknown>>> = {
          "the intent of another step": () => old.start(stepOf("u/2"), 1, null),
          "a step that failed": () => old.fail(stepOf("u/1"), 0),
          "the end of a step that it began": () => completed("u/1"),
          "the end of another step": () => completed("u/2"),
          "the end of the run": () => old.close("done", null, null),
          // Somebody else was quicker.
          "a run that was taken over meanwhile": () => at(2).open({ kind: "apply", plan, intent: null }),
        };
        for (const [what, write] of Object.entries(late)) {
          await assert.rejects(write(), { code: "GW4003" }, what);
          assert.deepEqual(await rows(), before, what);
        }
        assert.equal(await old.heartbeat(session), false);
        assert.deepEqual(await rows(), before);
        await next.fail(stepOf("u/1"), 0);
        assert.notDeepEqual(await rows(), before);
      } finally {
        await session.close();
      }
    }),
  );
}
