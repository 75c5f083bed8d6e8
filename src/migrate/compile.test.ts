import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { EngineId } from "../core/target.ts";
import { loadEngine } from "../engines/registry.ts";
import { compileMigration } from "./compile.ts";
import { openContents } from "./content.ts";
import { readFolder } from "./folder.ts";

interface Compile {
  readonly engine?: EngineId;
  readonly direction?: "up" | "down";
  readonly records?: readonly { readonly key: string }[];
}

/** Compiles the one migration that the files are. */
async function compile(t: TestContext, files: Readonly<Record<string, string>>, options: Compile = {}) {
  const folder = mkdtempSync(join(tmpdir(), "godwit-compile-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const engine = await loadEngine(options.engine ?? "mysql");
  await engine.syntax.load();
  const contents = openContents({ engine, folder, maxFileBytes: 2_000_000 });
  const [migration] = readFolder(folder);
  assert.ok(migration !== undefined);
  return compileMigration(engine, contents, migration, options.direction ?? "up", options.records);
}

const up = (text: string) => ({ "V7__x.sql": text });
const create = "CREATE TABLE a (id int);";
const insert = (n: number) => `INSERT INTO a VALUES (${n});`;

/** "2T" is a step that begins at statement 2, in a transaction; "2" one outside of it. */
const shape = (steps: Awaited<ReturnType<typeof compile>>) =>
  steps.map((step) => {
    const inside = step.kind === "sql" && step.transaction ? "T" : "";
    return `${step.key.split("/")[2]}${inside}`;
  });

test("neighbours that can share a transaction do; a definition that commits by itself stands alone", async (t) => {
  const text = [create, insert(1), insert(2), create, create, insert(3)].join("\n");
  assert.deepEqual(shape(await compile(t, up(text))), ["1", "2T", "4", "5", "6T"]);
  assert.deepEqual(shape(await compile(t, up(text), { engine: "postgres" })), ["1T"]);
  assert.deepEqual(shape(await compile(t, up(text), { engine: "sqlite" })), ["1T"]);
  const concurrent = `${create} CREATE INDEX CONCURRENTLY i ON a (id); ${insert(1)}`;
  assert.deepEqual(shape(await compile(t, up(concurrent), { engine: "postgres" })), ["1T", "2", "3T"]);
});

test("only the last step writes the history", async (t) => {
  const steps = await compile(t, up([create, insert(1), create].join("\n")));
  assert.deepEqual(
    steps.map(({ history }) => history.map(({ action, version, name }) => `${action} ${version} ${name}`)),
    [[], [], ["apply 7 V7__x"]],
  );
  const down = { "V7__x.sql": create, "U7__x.sql": "DROP TABLE a;" };
  const [undo] = await compile(t, down, { direction: "down" });
  assert.deepEqual(
    [undo?.key, undo?.history[0]?.action, undo?.history[0]?.source],
    ["7/down/1", "rollback", null],
  );
});

test("no-transaction stands each statement alone, and the limits go to each step", async (t) => {
  const directives =
    "-- godwit: no-transaction\n-- godwit: lock-timeout 3s\n-- godwit: statement-timeout 1h\n";
  const steps = await compile(t, up(`${directives}${insert(1)}${insert(2)}`), { engine: "postgres" });
  assert.deepEqual(shape(steps), ["1T", "2T"]);
  for (const { limits } of steps)
    assert.deepEqual(limits, { lockTimeoutMs: 3_000, statementTimeoutMs: 3_600_000 });
  const mixed = `${insert(1)} CALL p(); REINDEX TABLE a; ${insert(2)}`;
  assert.deepEqual(shape(await compile(t, up(mixed), { engine: "postgres" })), ["1T"]);
  const alone = await compile(t, up(`-- godwit: no-transaction\n${mixed}`), { engine: "postgres" });
  assert.deepEqual(shape(alone), ["1T", "2", "3", "4T"]);
});

test("a step's identity is its statements: not the comments, the limits or what stands after them", async (t) => {
  const hashes = async (text: string) => (await compile(t, up(text))).map(({ hash }) => hash);
  const [first, second] = await hashes(`${create} ${insert(1)}`);
  assert.notEqual(first, second);
  for (const text of [
    `-- new\n${create}\n\n/* too */ ${insert(1)}`,
    `-- godwit: statement-timeout 1h\n${create} ${insert(1)}`,
    `${create} ${insert(1)} ${create}`,
  ]) {
    assert.deepEqual((await hashes(text)).slice(0, 2), [first, second], text);
  }
  assert.notEqual((await hashes("CREATE TABLE a (id bigint);"))[0], first);
  assert.notEqual((await hashes(`${create} ${insert(2)}`))[1], second);
});

test("where a step of an interrupted run began, one begins, so that an edit after it does not change it", async (t) => {
  const records = [{ key: "7/up/1" }, { key: "7/up/2" }, { key: "7/up/3" }, { key: "8/up/4" }];
  const [, ran] = await compile(t, up([create, insert(1), create].join("\n")));
  const text = up([create, insert(1), insert(2), insert(3)].join("\n"));
  const resumed = await compile(t, text, { records });
  assert.deepEqual(shape(resumed), ["1", "2T", "3T"]);
  assert.equal(resumed[1]?.hash, ran?.hash);
  assert.deepEqual(shape(await compile(t, text)), ["1", "2T"]);
});

test("settings of the session are kept for the steps after them", async (t) => {
  const text = `SET @x = 1; ${create} SET sql_mode = ''; ${create}`;
  const steps = await compile(t, up(text));
  assert.deepEqual(
    steps.map((step) => (step.kind === "sql" ? step.preamble.map((statement) => statement.text) : [])),
    [[], ["SET @x = 1"], ["SET @x = 1"], ["SET @x = 1", "SET sql_mode = ''"]],
  );
});

test("a way back that is missing is found when the plan is made", async (t) => {
  const script = "20260101000000_x.ts";
  const ends = [
    [{ "V7__x.sql": create }, /no U7__x\.sql/],
    [{ "20260101000000_x.up.sql": create }, /no 20260101000000_x\.down\.sql/],
    [{ [script]: "export async function up() {}" }, /`down` in 20260101000000_x\.ts/],
  ] as const;
  for (const [files, message] of ends) {
    await assert.rejects(compile(t, files, { direction: "down" }), { code: "GW2008", message });
  }
  await assert.rejects(compile(t, { [script]: "export const down = 1;" }), { code: "GW2009" });
});

test("a script is one step, in a transaction where definitions have them and it does not say otherwise", async (t) => {
  const text = "export async function up() {}";
  const transaction = async (engine: EngineId, more = "") => {
    const [step] = await compile(t, { "20260101000000_x.ts": text + more }, { engine });
    return step?.kind === "script" && step.transaction;
  };
  assert.equal(await transaction("postgres"), true);
  assert.equal(await transaction("mysql"), false);
  assert.equal(await transaction("postgres", "\nexport const transaction = false;"), false);
  assert.equal(await transaction("postgres", "\n// export const transaction = false;"), true);
});

test("a text too long to be kept is not kept, and its hashes are", async (t) => {
  const [kept] = await compile(t, up(`${create} -- ${"x".repeat(1_000)}`));
  const [left] = await compile(t, up(`${create} -- ${"x".repeat(1_048_576)}`));
  assert.notEqual(kept?.history[0]?.source, null);
  assert.equal(left?.history[0]?.source, null);
  assert.equal(left?.history[0]?.sqlHash, kept?.history[0]?.sqlHash);
});
