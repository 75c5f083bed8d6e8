import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { root } from "../support/cli.ts";

test("the reference pages are what the code says", () => {
  const check = spawnSync(process.execPath, ["script/reference.ts", "--check"], {
    cwd: root,
    encoding: "utf8",
  });
  assert.deepEqual([check.status, check.stderr], [0, ""]);
});

test("the JSON schema of the rules is what the code says", () => {
  const check = spawnSync(process.execPath, ["script/rules-schema.ts", "--check"], {
    encoding: "utf8",
    cwd: root,
  });
  assert.equal(check.status, 0, check.stderr);
});
