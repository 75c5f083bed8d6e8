import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { assertNoCanary, canary } from "../support/canary.ts";
import { documents, sqliteProject } from "./sqlite-project.ts";

test("a password is in no output, whatever goes wrong", async () => {
  await using project = await sqliteProject({ "20260101000001_a.up.sql": "CREATE TABLE a (id integer);" });
  // A server that hangs up at once: the failure's text comes from the driver.
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const password = encodeURIComponent(canary);
  try {
    for (const scheme of ["postgres", "mysql"]) {
      const url = `${scheme}://app:${password}@127.0.0.1:${port}/app`;
      for (const extra of [[], ["--json"]]) {
        const env = { GODWIT_URL: url, GODWIT_DEBUG: "1" };
        const fromEnv = await project.run(["status", ...extra], env);
        assert.notEqual(fromEnv.code, 0);
        const fromArgv = await project.run(["apply", "--url", url, ...extra], { GODWIT_DEBUG: "1" });
        assertNoCanary(fromEnv.stdout, fromEnv.stderr, fromArgv.stdout, fromArgv.stderr);
        assert.equal(fromArgv.stderr.match(/the URL on the command line holds a password/g)?.length, 1);
        assert.doesNotMatch(fromEnv.stderr, /command line holds/);
      }
    }
    for (const args of [
      ["apply", "--password", canary],
      [`--password=${canary}`, "status"],
      ["status", `--ulr=postgres://app:${password}@h/d`],
      ["status", "--url", `postgre://app:${password}@h/d`],
      ["status", "--url", `postgres://app:${canary}@h/d`],
    ]) {
      const { code, stdout, stderr } = await project.run(args, { GODWIT_DEBUG: "1" });
      assert.equal(code, 64, args[0]);
      assertNoCanary(stdout, stderr);
    }
  } finally {
    server.close();
  }
});

test("a file can send no control character to the terminal", async () => {
  const evil = "\u001b[2J\u009b31m\u202eevil";
  await using project = await sqliteProject({
    "20260101000001_a.up.sql": `INSERT INTO "${evil}" VALUES (1);`,
  });
  for (const args of [
    ["plan"],
    ["apply"],
    ["status"],
    ["validate"],
    ["apply", "--json"],
    ["plan", "--json"],
  ]) {
    const { stdout, stderr } = await project.run(args, { FORCE_COLOR: "1", NO_COLOR: undefined });
    const text = `${stdout}${stderr}`;
    assert.doesNotMatch(text, /[\u0080-\u009f\u202e]/, args.join(" "));
    assert.ok(!text.includes("\u001b[2J"), args.join(" "));
    // What is written out of JSON must leave it JSON, with the text as it is.
    if (args.includes("--json")) assert.ok(JSON.stringify(documents(stdout)).includes("\u009b31m"));
  }
  const { stderr } = await project.run(["apply"]);
  assert.ok(stderr.includes(String.raw`no such table: \x1b[2J\x9b31m\u202eevil`), stderr);
});

test("a fault tells its stack only when it is asked for", async () => {
  await using project = await sqliteProject({
    "20260101000001_a.ts": `export async function up() { void Promise.reject(new Error("forgotten")); await new Promise((done) => setTimeout(done, 50)); }`,
  });
  const quiet = await project.run(["apply"]);
  assert.equal(quiet.code, 1);
  assert.match(quiet.stderr, /^error GW9001: forgotten\n/);
  assert.doesNotMatch(quiet.stderr, / at /);
  const loud = await project.run(["apply"], { GODWIT_DEBUG: "1" });
  assert.match(loud.stderr, /Error: forgotten\n +at /);
});
