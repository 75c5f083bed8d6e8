import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "./load.ts";
import type { ResolvedConfig } from "./resolve.ts";

async function loaded(text: string, env: Readonly<Record<string, string>> = {}): Promise<ResolvedConfig> {
  const folder = mkdtempSync(join(tmpdir(), "godwit-limits-"));
  try {
    writeFileSync(join(folder, "godwit.config.yaml"), text);
    return await loadConfig({ cwd: folder, env });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("limits of a server are those of the profile, then of the file, and may be variables", async () => {
  const { workersPerHost, schemasPerHost } = await loaded(
    `limits: { workersPerHost: 4, schemasPerHost: 2 }
profile: prod
profiles: { prod: { limits: { schemasPerHost: "\${SCHEMAS}" } } }`,
    { SCHEMAS: "1" },
  );
  assert.deepEqual([workersPerHost, schemasPerHost], [4, 1]);
  const off = await loaded("limits: { workersPerHost: null }");
  assert.equal(off.workersPerHost, null);
});

test("in production one run a server and two that write are the most, unless something else is said", async () => {
  const both = async (text: string) => {
    const { workersPerHost, schemasPerHost } = await loaded(text);
    return [workersPerHost, schemasPerHost];
  };
  assert.deepEqual(await both("environment: staging"), [null, null]);
  assert.deepEqual(await both("environment: production"), [2, 1]);
  assert.deepEqual(
    await both("{ environment: production, limits: { workersPerHost: 8, schemasPerHost: null } }"),
    [8, null],
  );
});

test("in production every signal with a limit has to be seen", async () => {
  assert.deepEqual((await loaded("environment: staging")).guard.demanded, []);
  const { demanded } = (await loaded("environment: production")).guard;
  assert.ok(demanded.includes("lag") && demanded.includes("lock-waiters"), JSON.stringify(demanded));
});

for (const limits of [
  "workersPerHost: 0",
  "schemasPerHost: 65",
  "workersPerHost: 1.5",
  "workers: 2",
  'schemasPerHost: "1"',
]) {
  test(`limits: { ${limits} } is refused`, async () => {
    await assert.rejects(loaded(`limits: { ${limits} }`), { code: "GW1004" });
  });
}
