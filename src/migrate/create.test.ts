import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test, type TestContext } from "node:test";
import { createMigration } from "./create.ts";
import { parseFileName } from "./file-name.ts";
import { readFolder } from "./folder.ts";

const now = new Date("2026-01-31T09:30:00.123Z");

function made(
  t: TestContext,
  existing: readonly string[],
  choice: Partial<Parameters<typeof createMigration>[1]>,
) {
  const parent = mkdtempSync(join(tmpdir(), "godwit-create-"));
  t.after(() => rmSync(parent, { recursive: true }));
  for (const name of existing) writeFileSync(join(parent, name), "");
  const names = createMigration(parent, { name: "x", now, ...choice }).map((path) => basename(path));
  // Whatever was asked for, the folder can be read after it.
  assert.doesNotThrow(() => readFolder(parent));
  return names;
}

test("a pair, a script and a repeatable migration", (t) => {
  assert.deepEqual(made(t, [], { name: "Add users" }), [
    "20260131093000_add_users.up.sql",
    "20260131093000_add_users.down.sql",
  ]);
  assert.deepEqual(made(t, [], { script: true }), ["20260131093000_x.ts"]);
  assert.deepEqual(made(t, [], { repeatable: true }), ["R__x.sql"]);
});

test("in the form that the folder has, and after everything that is there", (t) => {
  assert.deepEqual(made(t, ["V1__a.sql", "V1.10__b.sql"], {}), ["V2__x.sql", "U2__x.sql"]);
  assert.deepEqual(made(t, ["20270101000000_later.up.sql"], {}), [
    "20270101000001_x.up.sql",
    "20270101000001_x.down.sql",
  ]);
  assert.deepEqual(made(t, ["20260131093000_same.up.sql"], { script: true }), ["20260131093001_x.ts"]);
});

test("whatever the words are, the name is one of a migration, or the words are refused", (t) => {
  for (const name of [
    "../../etc/passwd",
    "a\n;b",
    "Ünïcödé",
    "a".repeat(500),
    "x.up.sql",
    "$(rm)",
    "__proto__",
  ]) {
    const [file = ""] = made(t, [], { name });
    assert.notEqual(parseFileName(file), null, file);
  }
  for (const name of ["", "../..", "数据", "   "]) {
    assert.throws(() => made(t, [], { name }), { code: "GW1001" }, name);
  }
});

test("nothing is overwritten, and a folder that is not in order is not added to", (t) => {
  assert.throws(() => made(t, ["R__x.sql"], { repeatable: true }), { code: "GW2002" });
  const parent = mkdtempSync(join(tmpdir(), "godwit-create-"));
  t.after(() => rmSync(parent, { recursive: true }));
  writeFileSync(join(parent, "stray"), "");
  assert.throws(() => createMigration(parent, { name: "x", now }), { code: "GW2001" });
  assert.deepEqual(readdirSync(parent), ["stray"]);
});
