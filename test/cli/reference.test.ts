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
