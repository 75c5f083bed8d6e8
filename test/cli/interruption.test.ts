import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { root, startGodwit } from "../support/cli.ts";
import { documents, type SqliteProject, slowTable, sqliteProject } from "./sqlite-project.ts";

/** A migration that waits for its signal, so that the run can be met in its middle. */
const waiting = `export async function up(db) {
  db.progress(1, 2);
  await new Promise((done) => {
    const timer = setTimeout(done, 30_000);
    db.signal.addEventListener("abort", () => { clearTimeout(timer); done(); });
  });
  db.signal.throwIfAborted();
}`;
/** The same, deaf. */
const deaf = `export async function up(db) {
  db.progress(1, 2);
  await new Promise((done) => setTimeout(done, 30_000));
}`;

function start(project: SqliteProject, ...args: string[]) {
  return startGodwit(args, { cwd: project.folder, env: { GODWIT_URL: "sqlite:app.db" } });
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  test(`${signal} stops a run in order, and the next one continues it`, async () => {
    await using project = await sqliteProject({
      "20260101000001_a.up.sql": "CREATE TABLE a (id integer);",
      "20260101000002_b.ts": waiting,
    });
    await using run = start(project, "apply");
    await run.saw(/1 of 2 rows|1\/2 rows/);
    run.kill(signal);
    const result = await run.result;
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, /^stopping: cancelling the running statement/m);
    assert.match(result.stderr, /^error GW4006: interrupted/m);
    await project.write({ "migrations/20260101000002_b.ts": "export async function up() {}" });
    const resumed = await project.run(["apply"]);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.match(resumed.stderr, /^continuing run /);
  });
}

test("a second signal ends the process at once, and the run can be resumed", async () => {
  await using project = await sqliteProject({ "20260101000002_b.ts": deaf });
  await using run = start(project, "apply");
  await run.saw(/1\/2 rows/);
  run.kill("SIGINT");
  await run.saw(/stopping/);
  run.kill("SIGTERM");
  assert.equal((await run.result).code, 143);
  await project.write({ "migrations/20260101000002_b.ts": "export async function up() {}" });
  assert.equal((await project.run(["apply"])).code, 0);
});

/** Runs `godwit ARGS` with a reader that goes away after the first output; the exit code. */
async function afterHangup(
  project: SqliteProject,
  args: readonly string[],
): Promise<[number | null, string]> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [join(root, "bin/godwit"), ...args], {
    cwd: project.folder,
    env: { PATH, HOME, GODWIT_URL: "sqlite:app.db" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [code] = (await once(child, "close")) as [number | null];
  return [code, stderr];
}

test("a run whose reader goes away stops in order", async () => {
  await using project = await sqliteProject({
    "20260101000001_a.ts": `export async function up(db) {
      for (let i = 0; i < 2_000 && !db.signal.aborted; i++) {
        db.progress(i, 2_000);
        await new Promise((done) => setTimeout(done, 5));
      }
      db.signal.throwIfAborted();
    }`,
    "20260101000002_b.up.sql": slowTable("b"),
  });
  const [code, stderr] = await afterHangup(project, ["apply", "--json"]);
  assert.deepEqual([code, stderr], [130, ""]);
  const status = documents((await project.run(["status", "--json"])).stdout)[0] as {
    run: { state: string };
    counts: { pending: number };
  };
  assert.deepEqual([status.run.state, status.counts.pending], ["resumable", 2]);
});

test("a reader of results may go away without a word", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [
      `2026010100${1000 + i}_a_migration_with_a_long_name.up.sql`,
      slowTable(`t${i}`),
    ]),
  );
  await using project = await sqliteProject(files);
  for (const args of [["--help"], ["plan"], ["plan", "--json"], ["status"]]) {
    assert.deepEqual(await afterHangup(project, args), [0, ""], args.join(" "));
  }
});
