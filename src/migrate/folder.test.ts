import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { GodwitError } from "../core/error.ts";
import { readFolder } from "./folder.ts";

function folderOf(t: TestContext, ...names: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "godwit-folder-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of names) writeFileSync(join(folder, name), "");
  return folder;
}

function codeOf(work: () => unknown): [string, string] {
  try {
    work();
  } catch (error) {
    if (error instanceof GodwitError) return [error.code, error.message];
    throw error;
  }
  return ["", ""];
}

test("versions in their order whatever the form of their names, then the repeatable ones", (t) => {
  const folder = folderOf(
    t,
    ".gitkeep",
    "R__b.sql",
    "R__a.sql",
    "V1.10__d.sql",
    "V1.9__c.sql",
    "U1.9__other.sql",
    "20260101000000_e.up.sql",
    "20260101000000_e.down.sql",
    "20260102000000_f.ts",
    "V1__b.sql",
  );
  const migrations = readFolder(folder);
  assert.deepEqual(
    migrations.map(({ name }) => name),
    ["V1__b", "V1.9__c", "V1.10__d", "20260101000000_e", "20260102000000_f", "R__a", "R__b"],
  );
  assert.deepEqual(
    migrations.map(({ down, script }) => (script ? "script" : down === null ? "none" : "down")),
    ["none", "down", "none", "down", "script", "none", "none"],
  );
});

test("every entry that is no migration is named at once", (t) => {
  const folder = folderOf(t, "a.txt", "20260101000000_e.up.sql", "b.sql");
  const [code, message] = codeOf(() => readFolder(folder));
  assert.equal(code, "GW2001");
  assert.match(message, /"a\.txt", "b\.sql"$/);
});

test("doubles", (t) => {
  const doubles = [
    ["V1__a.sql", "V1.0__b.sql"],
    ["V1__a.sql", "00000001_b.up.sql"],
    ["20260101000000_e.up.sql", "20260101000000_f.up.sql"],
    ["20260101000000_e.up.sql", "20260101000000_e.ts"],
    ["20260101000000_e.ts", "20260101000000_e.down.sql"],
    ["20260101000000_e.up.sql", "20260101000000_f.down.sql"],
    ["U1__a.sql", "U1.0__b.sql", "V1__a.sql"],
    ["R__a.sql", "R__A.sql"],
  ];
  for (const names of doubles) {
    assert.equal(codeOf(() => readFolder(folderOf(t, ...names)))[0], "GW2002", names.join());
  }
});

test("a way back from nothing, and no folder", (t) => {
  assert.equal(codeOf(() => readFolder(folderOf(t, "U1__a.sql")))[0], "GW2001");
  assert.equal(codeOf(() => readFolder(join(folderOf(t), "no")))[0], "GW1006");
  assert.deepEqual(readFolder(folderOf(t)), []);
});
