import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import type { GuardSettings } from "../core/guard-settings.ts";
import { forgetSecrets, redact } from "../core/secret.ts";
import { loadConfig } from "./load.ts";
import type { ResolvedConfig } from "./resolve.ts";

afterEach(forgetSecrets);

async function loaded(text: string, env: Record<string, string> = {}): Promise<ResolvedConfig> {
  const folder = mkdtempSync(join(tmpdir(), "godwit-guard-"));
  try {
    writeFileSync(join(folder, "godwit.config.yaml"), text);
    const config = await loadConfig({ cwd: folder, env });
    const { stopFile } = config.guard;
    const relative = stopFile === null ? null : stopFile.slice(folder.length + 1);
    return { ...config, guard: { ...config.guard, stopFile: relative } };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const none = { pause: null, abort: null };

test("the limits of a run that nobody configured are those that were required", async () => {
  const expected: GuardSettings = {
    intervalMs: 1_000,
    stopFile: ".godwit/stop",
    limits: {
      lag: { pause: 10_000, abort: 30_000 },
      "lock-waiters": { pause: 5, abort: null },
      "active-queries": none,
      "oldest-transaction": none,
      latency: { pause: 0.2, abort: 0.25 },
      "log-rate": none,
      "archive-queue": { pause: 100, abort: null },
      disk: { pause: 0.85, abort: 0.9 },
      errors: { pause: null, abort: 0.01 },
    },
    demanded: [],
    failedBatches: 3,
    resumeBelow: 0.8,
    resumeSamples: 3,
    abortSamples: 3,
    headroom: 0.5,
    longestPauseMs: 3_600_000,
    onAbort: "rollback",
    onCopyAbort: "stop",
    queries: [],
    heartbeat: null,
    replicas: [],
  };
  assert.deepEqual((await loaded("{}")).guard, expected);
});

test("each setting of a profile wins over the file's, and null switches a limit off", async () => {
  const config = await loaded(
    `guard:
  lagPause: 2s
  lagAbort: null
  stopFile: null
  latencyPause: 12.5%
  logRatePause: 50MB
  queries: [{ name: pay, like: "FROM payment" }, { name: ping, probe: SELECT 1 }]
  heartbeat: { table: ops.beat, column: at }
profile: prod
profiles:
  prod:
    guard:
      lagPause: \${LAG}
      lockWaitersPause: null
      onAbort: stop
      replicas: ['mysql://u:\${PW}@replica/shop', mysql://u@other/shop]
`,
    { LAG: "3s", PW: "kept@secret" },
  );
  const { limits, stopFile, queries, heartbeat, replicas, onAbort } = config.guard;
  assert.deepEqual(limits.lag, { pause: 3_000, abort: null });
  assert.deepEqual(config.guard.demanded, ["lag", "lock-waiters", "latency", "log-rate"]);
  assert.deepEqual([limits["lock-waiters"], limits.latency.pause], [none, 0.125]);
  assert.deepEqual([limits["log-rate"].pause, stopFile, onAbort], [50 * 2 ** 20, null, "stop"]);
  assert.deepEqual(queries, [
    { name: "pay", like: "FROM payment" },
    { name: "ping", probe: "SELECT 1" },
  ]);
  assert.deepEqual(heartbeat, { table: "ops.beat", column: "at" });
  assert.deepEqual(
    replicas.map(({ host, database }) => `${host}/${database}`),
    ["replica/shop", "other/shop"],
  );
  assert.equal(redact("kept@secret").includes("kept@secret"), false, "the replica's password is no secret");
  assert.equal(config.sources["guard.lagPause"], "profile prod");
  assert.match(config.sources["guard.lagAbort"], /^file /);
});

for (const [text, message] of [
  ["guard: { lagpause: 2s }", /lagpause/],
  ["guard: { lagPause: 2 }", /lagPause/],
  ["guard: { lagPause: 0s }", /guard.lagPause|lagPause/],
  ["guard: { latencyPause: 20 }", /latencyPause/],
  ["guard: { diskAbort: 101% }", /diskAbort/],
  ["guard: { lockWaitersPause: 0 }", /lockWaitersPause/],
  ["guard: { failedBatches: 1e9 }", /failedBatches/],
  ["guard: { interval: null }", /interval/],
  ["guard: { onAbort: panic }", /onAbort/],
  ["guard: { queries: [{ name: a, like: b, probe: c }] }", /queries/],
  ["guard: { heartbeat: { table: t } }", /heartbeat/],
] as const) {
  test(`${text} is refused`, async () => {
    await assert.rejects(loaded(text), (error: Error & { code?: string }) => {
      assert.equal(error.code, "GW1004", error.message);
      assert.match(error.message, message);
      return true;
    });
  });
}
