import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../support/cli.ts";
import { keyedJson, mappingsProject, samples } from "../support/mappings.ts";
import { type SqliteProject, slowTable, sqliteProject } from "./sqlite-project.ts";

const available = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux");
const skip = available ? false : "script of util-linux is not installed";

const { PATH, HOME } = process.env;
const environment = { PATH, HOME, TERM: "xterm", SHELL: "/bin/sh", GODWIT_URL: "sqlite:app.db" };

/** Runs `godwit ARGS` on a pseudo-terminal, with what is typed, and returns what the terminal received. */
function onTerminal(
  project: Pick<SqliteProject, "folder">,
  args: string,
  options: { readonly input?: string; readonly columns?: number } = {},
): { output: string; code: number | null } {
  const command = `stty cols ${options.columns ?? 80} rows 24; ${process.execPath} ${join(root, "bin/godwit")} ${args}`;
  const child = spawnSync("script", ["-qec", command, "/dev/null"], {
    cwd: project.folder,
    env: environment,
    input: options.input ?? "",
    encoding: "utf8",
    timeout: 60_000,
  });
  return { output: child.stdout, code: child.status };
}

const files = {
  "20260101000001_a.up.sql": slowTable("a"),
  "20260101000001_a.down.sql": "DROP TABLE a;",
  "20260101000002_b.up.sql": slowTable("b"),
  "20260101000002_b.down.sql": "DROP TABLE b;",
  "20260101000003_c.up.sql": slowTable("c"),
};

test("a run on a terminal draws its progress and leaves the cursor as it was", { skip }, async () => {
  await using project = await sqliteProject(files);
  const { output, code } = onTerminal(project, "apply");
  assert.equal(code, 0, output);
  assert.match(output, /applying {2}[█░]+ {2}\d\/3 {2}/);
  assert.match(output, /2026010100000\d_. {2}line 1: CREATE TABLE/);
  assert.equal(output.split("\u001b[?25l").length, output.split("\u001b[?25h").length);
  assert.ok(output.lastIndexOf("\u001b[?25h") > output.lastIndexOf("\u001b[?25l"), "the cursor stays hidden");
  assert.ok(output.includes("\u001b[32mapplied\u001b[39m 3 migrations"), "no colour");
});

test("lines are never wider than a narrow terminal", { skip }, async () => {
  await using project = await sqliteProject(files);
  const { output } = onTerminal(project, "apply", { columns: 30 });
  const drawn = output.slice(output.indexOf("\u001b[?25l"), output.lastIndexOf("\u001b[?25h"));
  const escape = String.fromCodePoint(27);
  const lines = drawn
    .replaceAll(new RegExp(String.raw`${escape}\[[?0-9;]*[A-Za-z]`, "g"), "")
    .split(/[\r\n]+/);
  assert.ok(lines.length > 2);
  for (const line of lines) assert.ok(line.length < 30, JSON.stringify(line));
});

test("with --json, or a dumb terminal, nothing is drawn", { skip }, async () => {
  await using project = await sqliteProject(files);
  const { output } = onTerminal(project, "apply --json");
  for (const line of output.trim().split("\r\n")) JSON.parse(line);
});

test("a rollback asks first, and goes on only after yes", { skip }, async () => {
  await using project = await sqliteProject(files);
  await project.run(["apply", "--to", "20260101000002"]);
  const refused = onTerminal(project, "rollback", { input: "n\n" });
  assert.equal(refused.code, 130, refused.output);
  assert.match(refused.output, /This undoes 1 migration:\r\n {2}20260101000002_b\r\n/);
  assert.match(refused.output, /warning.*: down files may drop tables/);
  assert.match(refused.output, /not confirmed: nothing was started/);
  const ended = onTerminal(project, "rollback --steps 2", { input: "\u0004" });
  assert.equal(ended.code, 130, ended.output);
  assert.match(ended.output, / {2}20260101000002_b\r\n {2}20260101000001_a\r\n/);
  assert.match((await project.run(["status"])).stdout, /2 applied, 1 pending/);
  const agreed = onTerminal(project, "rollback", { input: "y\n" });
  assert.equal(agreed.code, 0, agreed.output);
  assert.match((await project.run(["status"])).stdout, /1 applied, 2 pending/);
});

test("a rollback of mappings says which migration it undoes, and asks", { skip }, async () => {
  await using project = await mappingsProject({ "decomp/mappings.json": keyedJson(samples(3)) });
  assert.equal((await project.run("migrate")).code, 0);
  const refused = onTerminal(project, "mappings rollback", { input: "n\n" });
  assert.equal(refused.code, 130, refused.output);
  assert.match(
    refused.output,
    /This undoes the migration of .*, run [0-9a-f]{8}.*is removed: there was none before/s,
  );
  assert.match(refused.output, /Go on\? \[y\/N\].*not confirmed: nothing was started/s);
  assert.deepEqual(await project.names(), ["mappings.json", "mappings.msgpack"]);
  const agreed = onTerminal(project, "mappings rollback", { input: "y\n" });
  assert.equal(agreed.code, 0, agreed.output);
  assert.deepEqual(await project.names(), ["mappings.json"]);
  assert.equal((await project.run("migrate")).code, 0);
  const unasked = onTerminal(project, "mappings rollback --yes");
  assert.equal(unasked.code, 0, unasked.output);
  assert.match(unasked.output, /This undoes the migration /);
  assert.doesNotMatch(unasked.output, /Go on/);
});

test("a production database's name is typed, and --yes does not stand for it", { skip }, async () => {
  const quick = {
    "20260101000001_a.up.sql": "CREATE TABLE a (id int);",
    "20260101000002_b.up.sql": "CREATE TABLE b (id int);",
  };
  await using project = await sqliteProject(quick);
  const gates = {
    ticket: false,
    approvals: 0,
    impact: false,
    backup: false,
    staging: false,
    rollback: false,
  };
  await project.write({ "godwit.config.json": JSON.stringify({ environment: "production", gates }) });
  const wrong = onTerminal(project, "apply --to 20260101000001 --yes", { input: "app\n" });
  assert.equal(wrong.code, 130, wrong.output);
  assert.match(wrong.output, /or pass --confirm app\.db/);
  assert.match(wrong.output, /This changes .*app\.db, SQLite .*Type app\.db to go on/s);
  assert.match((await project.run(["status"])).stdout, /0 applied, 2 pending/);
  const typed = onTerminal(project, "apply --to 20260101000001", { input: "app.db\n" });
  assert.equal(typed.code, 0, typed.output);
  assert.equal((await project.run(["apply", "--yes"])).code, 1);
  assert.equal((await project.run(["apply", "--confirm", "app.db"])).code, 0);
});

test("Ctrl-C at the question starts nothing", { skip }, async () => {
  await using project = await sqliteProject(files);
  await project.run(["apply", "--to", "20260101000001"]);
  const child = spawn(
    "script",
    ["-qec", `${process.execPath} ${join(root, "bin/godwit")} rollback`, "/dev/null"],
    {
      cwd: project.folder,
      env: environment,
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  let output = "";
  // A key typed before the question would reach the shell instead.
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (text.includes("Go on?")) child.stdin.write("\u0003");
  });
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(code, 130, output);
  assert.match((await project.run(["status"])).stdout, /1 applied, 2 pending/);
});

test(
  "a rollback with nothing to undo asks nothing, and an unknown version is told before the question",
  { skip },
  async () => {
    await using project = await sqliteProject(files);
    const nothing = onTerminal(project, "rollback");
    assert.deepEqual([nothing.code, /Go on|down files/.test(nothing.output)], [0, false], nothing.output);
    assert.match(nothing.output, /nothing to do/);
    const unknown = onTerminal(project, "rollback --to 7");
    assert.deepEqual([unknown.code, /Go on|down files/.test(unknown.output)], [64, false], unknown.output);
  },
);

test("a baseline names the files that will be skipped, and asks", { skip }, async () => {
  await using project = await sqliteProject(files);
  const refused = onTerminal(project, "baseline 20260101000002", { input: "n\n" });
  assert.equal(refused.code, 130, refused.output);
  assert.match(
    refused.output,
    /2 migrations will count as applied.*\r\n {2}20260101000001_a\r\n {2}20260101000002_b\r\n/,
  );
  assert.match((await project.run(["status"])).stdout, /0 applied, 3 pending/);
  assert.equal(onTerminal(project, "baseline 20260101000002", { input: "y\n" }).code, 0);
  assert.match((await project.run(["status"])).stdout, /2 applied, 1 pending/);
});

test("to forget a half-applied migration its version has to be typed", { skip }, async () => {
  await using project = await sqliteProject({
    "20260101000001_a.up.sql": "-- godwit: no-transaction\nCREATE TABLE a (i int);\nSELECT * FROM nope;\n",
  });
  await project.run(["apply"]);
  const forget = "repair --forget 20260101000001";
  const yes = onTerminal(project, forget, { input: "y\n" });
  assert.equal(yes.code, 130, yes.output);
  assert.match(yes.output, /recorded as done.*Type 20260101000001 to go on: /s);
  assert.match((await project.run(["status"])).stdout, /half-applied/);
  const named = onTerminal(project, forget, { input: "20260101000001\n" });
  assert.equal(named.code, 0, named.output);
  assert.match((await project.run(["status"])).stdout, /pending/);
});
