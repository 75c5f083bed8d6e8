import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { catalog } from "../../src/core/error-catalog.ts";
import { version } from "../../src/core/version.ts";
import { godwit } from "../support/cli.ts";
import { makeProject } from "../support/project.ts";
import { assertQuiet, documents, sqliteProject } from "./sqlite-project.ts";

test("a project from nothing to applied and back, with results on stdout alone", async () => {
  await using project = await makeProject();
  const run = (...args: string[]) =>
    godwit(args, { cwd: project.folder, env: { GODWIT_URL: "sqlite:app.db" } });

  const init = await run("init");
  assert.deepEqual([init.code, init.stderr], [0, ""]);
  assert.match(init.stdout, /^wrote godwit\.config\.yaml\n/);
  const made = await run("new", "add orders");
  assert.match(
    made.stdout,
    /^migrations\/\d{14}_add_orders\.up\.sql\nmigrations\/\d{14}_add_orders\.down\.sql\n$/,
  );
  const [up = "", down = ""] = made.stdout.split("\n");
  await project.write({
    [up]: "CREATE TABLE orders (id integer);\nINSERT INTO orders VALUES (1);\n",
    [down]: "DROP TABLE orders;\n",
  });

  const pending = await run("status", "--exit-code");
  assert.equal(pending.code, 2);
  assert.match(pending.stdout, /0 applied, 1 pending\nnext: godwit apply\n$/);
  const plan = await run("plan");
  assert.match(
    plan.stdout,
    / {2}BEGIN\n.*CREATE TABLE orders \(id integer\);\n.*INSERT INTO.*;\n {2}COMMIT\n/s,
  );
  const dry = await run("apply", "--dry-run");
  assert.equal(dry.stdout, plan.stdout);

  const applied = await run("apply");
  assert.equal(applied.code, 0);
  assert.match(
    applied.stdout,
    /^applied 1 migration in .*\n\n {2}\d{14}_add_orders {2}2 statements .*\n\nwrote schema\.sql\n$/,
  );
  assert.match(applied.stderr, /^applied \d{14}_add_orders \(\d+ ms\)\n$/);
  const again = await run("apply");
  assert.deepEqual(
    [again.code, again.stdout, again.stderr],
    [0, "nothing to do: no migration is pending\n", ""],
  );
  assert.equal((await run("status", "--exit-code")).code, 0);
  assert.match((await run("validate")).stdout, /^valid: 1 migration and 1 history row checked\n$/);
  assert.match((await run("doctor")).stdout, /\nhealthy\n$/);
  assert.match((await run("wait")).stdout, /^SQLite \S+ is ready\n$/);

  const redone = await run("redo", "--yes");
  assert.match(redone.stdout, /^rolled back 1 migration.*\napplied 1 migration/s);
  const back = await run("rollback", "--yes");
  assert.match(back.stdout, /^rolled back 1 migration/);
  assert.match(back.stderr, /^warning: down files may drop tables/);
  const nothing = await run("rollback", "--yes");
  assert.deepEqual([nothing.stdout.slice(0, 13), nothing.stderr], ["nothing to do", ""]);
  assert.equal((await run("redo", "--yes")).stderr, "");
});

test("wrong usage exits with 64, names the nearest word, and touches nothing", async () => {
  await using project = await sqliteProject({ "20260101000001_a.up.sql": "CREATE TABLE a (id integer);" });
  const cases: [string[], RegExp][] = [
    [["aplly"], /^error GW1001: there is no command "aplly"; did you mean "apply"\?\n/],
    [["apply", "--tto", "1"], /^error GW1001: godwit apply has no option --tto; did you mean "--to"\?\n/],
    [["apply", "--wait", "5"], /^error GW1001: --wait is "5"/],
    [["apply", "--password", "x"], /^error GW1001: --password is refused: every user/],
    [["rollback"], /^error GW1001: rollback .* it needs --yes\n/],
    [["redo"], /it needs --yes\n/],
    [["repair", "--forget", "20260101000001"], /it needs --yes\n/],
    [["repair", "--reseal"], /it needs --yes\n/],
    [["repair"], /^error GW1001: nothing to repair was named/],
    [["apply", "--to", "7"], /^error GW2013: there is no migration/],
    [["completion", "bsh"], /did you mean "bash"/],
    [["help", "aplly"], /^error GW1001: there is no command "aplly"; did you mean "apply"\?\n/],
    [["rollback", "--steps", "0", "--yes"], /^error GW1001: --steps is "0": expected a whole number from 1/],
    [["baseline", "7"], /^error GW2013: .*; nearest to it: 20260101000001\n.*--without-file/s],
    [[], /^Usage: godwit COMMAND/],
  ];
  await Promise.all(
    cases.map(async ([args, pattern]) => {
      const result = await project.run(args);
      assert.equal(result.code, 64, args.join(" "));
      assert.equal(result.stdout, "", args.join(" "));
      assert.match(result.stderr, pattern);
    }),
  );
  assert.ok(!existsSync(join(project.folder, "app.db")), "the database was made");
});

test("--json prints one document for what reads, events and a result for what runs", async () => {
  await using project = await sqliteProject({
    "20260101000001_a.up.sql": "CREATE TABLE a (id integer);",
    "20260101000001_a.down.sql": "DROP TABLE a;",
  });
  for (const command of ["plan", "status", "validate", "doctor", "wait"]) {
    const result = await project.run([command, "--json"]);
    assertQuiet(result.stderr);
    const [document, ...more] = documents(result.stdout);
    assert.deepEqual([document?.godwit, document?.type, document?.command], [1, "result", command]);
    assert.equal(more.length, 0);
  }
  const applied = documents((await project.run(["--json", "apply"])).stdout);
  assert.ok(applied.some(({ type }) => type === "run:started"));
  assert.ok(applied.every(({ godwit }) => godwit === 1));
  const result = applied.at(-1);
  assert.deepEqual([result?.type, result?.command, result?.state], ["result", "apply", "done"]);
  assert.deepEqual(
    (result as { migrations: { version: string }[] }).migrations.map(({ version }) => version),
    ["20260101000001"],
  );
  const back = documents((await project.run(["rollback", "--yes", "--json"])).stdout).at(-1);
  assert.deepEqual([back?.command, back?.versions], ["rollback", ["20260101000001"]]);
});

test("an error with --json is a document on stdout, with the exit code", async () => {
  await using project = await sqliteProject({ "20260101000001_a.up.sql": "INSERT INTO nowhere VALUES (1);" });
  const failed = await project.run(["apply", "--json"]);
  assert.equal(failed.code, 1);
  assertQuiet(failed.stderr);
  const error = documents(failed.stdout).at(-1);
  assert.deepEqual([error?.type, error?.code, error?.outcome], ["error", "GW6001", "unchanged"]);
  const usage = await project.run(["aply", "--json"]);
  assert.deepEqual([usage.code, documents(usage.stdout)[0]?.code], [64, "GW1001"]);
});

test("a failing statement is shown in its file, with what it left behind", async () => {
  await using project = await sqliteProject({
    "20260101000001_a.up.sql": "CREATE TABLE a (id integer);",
    "20260101000002_b.up.sql": "CREATE TABLE b (id integer);\nINSERT INTO nowhere VALUES (1);\n",
  });
  const { code, stdout, stderr } = await project.run(["apply"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(
    stderr.replace(/^applied .*\n/, ""),
    [
      "error GW6001: migrations/20260101000002_b.up.sql:2:1: INSERT failed: no such table: nowhere",
      "  1 │ CREATE TABLE b (id integer);",
      "  2 │ INSERT INTO nowhere VALUES (1);",
      "    │ ^",
      "  the transaction was rolled back; nothing of 20260101000002_b was applied; 1 of 2 migrations was completed",
      "  next: Correct the statement and run `godwit apply` again.",
      "  more: godwit explain GW6001",
      "",
    ].join("\n"),
  );
});

test("an edited migration is shown as a difference", async () => {
  await using project = await sqliteProject({ "20260101000001_a.up.sql": "CREATE TABLE a (id integer);\n" });
  await project.run(["apply"]);
  await project.write({ "migrations/20260101000001_a.up.sql": "CREATE TABLE a (id text);\n" });
  const validated = await project.run(["validate"]);
  assert.equal(validated.code, 1);
  assert.match(validated.stdout, / {2}-CREATE TABLE a \(id integer\);\n {2}\+CREATE TABLE a \(id text\);\n/);
  assert.equal((await project.run(["apply"])).code, 1);
  assert.match(
    (await project.run(["status"])).stdout,
    /edited .*\n\n1 applied, 0 pending, 1 problem\nproblem GW5001/s,
  );
  assert.equal(
    (await project.run(["repair", "--accept", "20260101000001"])).stdout,
    "accepted 20260101000001_a\n",
  );
  assert.equal((await project.run(["apply"])).code, 0);
});

test("every error code can be explained, in any spelling", async () => {
  const explained = await godwit(["explain", "5001"]);
  assert.match(explained.stdout, /^GW5001: Applied migration was edited\n/);
  const json = documents((await godwit(["explain", "gw4001", "--json"])).stdout);
  assert.deepEqual([json[0]?.code, json[0]?.exitCode], ["GW4001", catalog.GW4001.exit]);
  assert.equal((await godwit(["explain", "GW0000"])).code, 64);
});

test("help, version and the configuration's schema are results", async () => {
  const help = await godwit(["--help"]);
  assert.deepEqual([help.code, help.stderr], [0, ""]);
  for (const heading of ["Migrations:", "Examples:", "Environment:", "Exit codes:"]) {
    assert.ok(help.stdout.includes(`\n${heading}\n`), heading);
  }
  assert.equal((await godwit(["--version"])).stdout, `${version}\n`);
  assert.equal((await godwit(["apply", "--version"])).stdout, `${version}\n`);
  const schema = await godwit(["init", "--print-schema"]);
  assert.equal((JSON.parse(schema.stdout) as { title: string }).title, "Godwit configuration");
});

test("no run leaves colours or cursor movements outside a terminal", async () => {
  await using project = await sqliteProject({
    "20260101000001_a.up.sql": "CREATE TABLE a (id integer);",
    "20260101000002_b.up.sql": "nonsense;",
  });
  for (const args of [["status"], ["plan"], ["apply"], ["validate"], ["--help"], ["aply"]]) {
    const { stdout, stderr } = await project.run(args, { NO_COLOR: undefined });
    assert.ok(!`${stdout}${stderr}`.includes("\u001b"), args.join(" "));
  }
  const forced = await project.run(["status"], { NO_COLOR: undefined, FORCE_COLOR: "1" });
  assert.ok(forced.stdout.includes("\u001b["));
  const refused = await project.run(["status", "--no-color"], { FORCE_COLOR: "1" });
  assert.ok(!refused.stdout.includes("\u001b"));
});

test("a baseline says which files count as applied by it", async () => {
  const files = { "20260101000001_a.up.sql": "SELECT 1;", "20260101000002_b.up.sql": "SELECT 2;" };
  await using project = await sqliteProject({ ...files, "20260101000003_c.up.sql": "SELECT 3;" });
  const text = await project.run(["baseline", "20260101000002"]);
  assert.equal(
    text.stdout,
    "recorded: 20260101000002 and all older migrations count as applied\n  20260101000001_a\n  20260101000002_b\n",
  );
  const json = documents((await project.run(["baseline", "20260101000001", "--json"])).stdout).at(-1);
  assert.deepEqual([json?.command, json?.baseline], ["baseline", ["20260101000001_a"]]);
  const between = await project.run(["baseline", "20260101000002.1", "--without-file", "--yes"]);
  assert.deepEqual([between.code, between.stdout.split("\n").length], [0, 4]);
});

const journaled = (body: string) =>
  `export const transaction = false;\nexport async function up(db) {\n${body}\n}\n`;

test("a script without a transaction is half applied only where a statement of it took effect", async () => {
  await using project = await sqliteProject({});
  const first = "20260101000001_a.ts";
  for (const [body, left] of [
    [`await db.sql\`INSERT INTO nope VALUES (1)\`;`, "nothing of 20260101000001_a was applied"],
    [`throw new Error("before anything");`, "nothing of 20260101000001_a was applied"],
    [
      `await db.execute("SELECT 1"); await db.execute("CREATE TABLE a (i int)"); throw new Error("after");`,
      "20260101000001_a may be half applied",
    ],
    // Resumed, what is done counts although it is not sent again.
    [
      `await db.execute("SELECT 1"); await db.execute("CREATE TABLE a (i int)"); throw new Error("again");`,
      "20260101000001_a may be half applied",
    ],
  ] as const) {
    await project.write({ [`migrations/${first}`]: journaled(body) });
    const { code, stderr } = await project.run(["apply"]);
    assert.equal(code, 1);
    assert.ok(stderr.includes(`\n  ${left}\n`), `${body}\n${stderr}`);
    assert.ok(!stderr.includes("nothing was changed by this statement"), stderr);
  }
});

test("what is forgotten of a half-applied migration is named, and then the file can go", async () => {
  await using project = await sqliteProject({
    "20260101000001_a.up.sql": "-- godwit: no-transaction\nCREATE TABLE a (i int);\nSELECT * FROM nope;\n",
  });
  assert.equal((await project.run(["apply"])).code, 1);
  await rm(join(project.folder, "migrations/20260101000001_a.up.sql"));
  const { stdout } = await project.run(["status"]);
  assert.match(stdout, /half-applied, file missing, 1 statement\b/);
  assert.match(stdout, /problem GW5007: .*\n {2}next: .*godwit repair --forget 20260101000001/);
  assert.match((await project.run(["doctor"])).stdout, /error .*GW5007/);
  const forgot = await project.run(["repair", "--forget", "20260101000001", "--yes"]);
  assert.equal(forgot.stdout, "forgot 20260101000001\n");
  assert.match(
    forgot.stderr,
    /^warning GW5009: .*20260101000001\/up\/1 \(recorded as done\) will count as not done.*undone by hand/,
  );
  assert.equal((await project.run(["apply"])).code, 0);
  assert.equal((await project.run(["status", "--exit-code"])).code, 0);
});

test("an operator's word on a step is told as such", async () => {
  await using project = await sqliteProject({
    "20260101000001_a.up.sql":
      "-- godwit: no-transaction\nCREATE TABLE a (i int);\nINSERT INTO nope VALUES (1);\n",
  });
  await project.run(["apply"]);
  const { code, stderr } = await project.run(["repair", "--done", "20260101000001/up/2"]);
  assert.equal(code, 0);
  assert.match(stderr, /^20260101000001\/up\/2: recorded as done, on your word$/m);
  assert.doesNotMatch(stderr, /the database says/);
});

test("before kept rows are dropped the command line asks", async () => {
  await using project = await sqliteProject({
    "20260101000001_a.up.sql": "CREATE TABLE a (id int PRIMARY KEY, n int);\nINSERT INTO a VALUES (1, 1);\n",
    "20260101000002_b.up.sql": "-- godwit: snapshot\nUPDATE a SET n = 2;\n",
  });
  assert.equal((await project.run(["apply"])).code, 0);
  const list = async () => (await project.run(["snapshots"])).stdout;
  const before = await list();
  assert.match(before, / kept +1 row /);
  const asked = await project.run(["snapshots", "--drop", "all"]);
  assert.equal(asked.code, 64, asked.stderr);
  assert.match(asked.stderr, /drops tables of rows that a rollback would put back.*needs --yes/);
  assert.equal(await list(), before);
  assert.match((await project.run(["snapshots", "--drop", "all", "--yes"])).stdout, /dropped 1 snapshot/);
});

test("the hazard of a rollback is not said where a usage error ends it", async () => {
  await using project = await sqliteProject({ "20260101000001_a.up.sql": "SELECT 1;" });
  const { code, stderr } = await project.run(["rollback", "--to", "7", "--yes"]);
  assert.equal(code, 64);
  assert.match(stderr, /^error GW2013: there is no migration/);
});
