import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import { loadEngine } from "../../src/engines/registry.ts";
import { acquireLock } from "../../src/run/lock.ts";
import { pgbouncerSkip, startPgbouncer } from "../support/pgbouncer.ts";
import { makeProject } from "../support/project.ts";
import { target, withDatabase } from "../support/servers.ts";
import { asker, evidence } from "./evidence.ts";
import { fixtures } from "./fixtures.ts";
import { withOwnDatabase } from "./own-database.ts";
import { applyArgs, run, runWell } from "./program.ts";

const skip = target("postgres").skip || pgbouncerSkip();

for (const [mode, size] of [
  ["transaction", 1],
  ["transaction", 5],
  ["statement", 5],
] as const) {
  test(`pgbouncer in ${mode} mode with ${size} connections is refused`, { skip }, async () => {
    await using project = await makeProject(fixtures.postgres);
    await withOwnDatabase("postgres", async (url) => {
      await using pooler = await startPgbouncer(url, { pool_mode: mode, default_pool_size: String(size) });
      const ended = await run(applyArgs, { url: pooler.url, project });
      assert.equal(ended.error, "GW3008", ended.stdout);
      const schemas = await asker(
        "postgres",
        url,
      )("SELECT nspname FROM pg_namespace WHERE nspname IN ('godwit', 'app')");
      assert.deepEqual(schemas, [], "something was changed");
    });
  });
}

test("a lock that is not on the session for which it was taken is none", () =>
  withDatabase("sqlite", async (url) => {
    const engine = await loadEngine("sqlite");
    const open = () =>
      engine.connect.open(parseConnectionUrl(url, "/"), {
        tag: "godwit test",
        connectTimeoutMs: 10_000,
        lockTimeoutMs: 2_000,
        statementTimeoutMs: 10_000,
      });
    const [session, other] = [await open(), await open()];
    try {
      // As behind a pooler: what one session asks for is done on another one.
      const lent = { ...engine, lock: { ...engine.lock, tryAcquire: () => engine.lock.tryAcquire(other) } };
      const taken = acquireLock({
        engine: lent,
        session,
        waitMs: 0,
        ownLostSessions: new Set(),
        runId: "r",
        limits: { workers: null, schemas: null },
        emit: () => {},
        signal: undefined,
      });
      await assert.rejects(taken, { code: "GW3008" });
    } finally {
      await session.close();
      await other.close();
    }
  }));

test("a refused run leaves no lock on a session that the pooler keeps", { skip }, async () => {
  await using project = await makeProject(fixtures.postgres);
  await withOwnDatabase("postgres", async (url) => {
    await using pooler = await startPgbouncer(url);
    await run(applyArgs, { url: pooler.url, project });
    await runWell(applyArgs, { url, project });
  });
});

test("pgbouncer in session mode serves", { skip }, async () => {
  await using project = await makeProject(fixtures.postgres);
  const expected = await withOwnDatabase("postgres", async (url) => {
    await runWell(applyArgs, { url, project });
    return evidence("postgres", url);
  });
  await withOwnDatabase("postgres", async (url) => {
    await using pooler = await startPgbouncer(url, { pool_mode: "session" });
    await runWell(applyArgs, { url: pooler.url, project });
    assert.deepEqual(await evidence("postgres", url), expected);
  });
});
