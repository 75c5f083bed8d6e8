import assert from "node:assert/strict";
import { test } from "node:test";
import { GodwitError } from "../core/error.ts";
import { makePaint } from "./paint.ts";
import { errorText } from "./render-error.ts";

const options = { paint: makePaint(false), columns: 80, cwd: "/project" };

test("code, message, what was changed, what to do next", () => {
  const error = new GodwitError("GW6001", {
    message: "/project/migrations/1_a.up.sql:3:8: ALTER TABLE failed",
  });
  assert.equal(
    errorText(error, { ...options, aftermath: "1_a is half applied" }),
    [
      "error GW6001: migrations/1_a.up.sql:3:8: ALTER TABLE failed",
      "  1_a is half applied",
      "  next: Correct the statement and run `godwit apply` again.",
      "  more: godwit explain GW6001",
      "",
    ].join("\n"),
  );
});

test("a server's message can forge no line and no colour", () => {
  const message = "no such table\nerror GW9001: forged\u001b[2J";
  const text = errorText(new GodwitError("GW6001", { message }), options);
  assert.match(text, /^error GW6001: no such table\n {4}error GW9001: forged\\x1b\[2J\n/);
});

test("an edited file's difference is shown", () => {
  const diff = "===================\n--- a (applied)\n+++ a (file)\n@@ -1,1 +1,1 @@\n-old\n+new\n";
  const edits = [
    { version: "1", name: "1_a", diff },
    { version: "2", name: "2_b", diff: null },
  ];
  const text = errorText(new GodwitError("GW5001", { message: "edited", details: { edits } }), options);
  assert.match(
    text,
    / {2}--- a \(applied\)\n {2}\+\+\+ a \(file\)\n {2}@@ -1,1 \+1,1 @@\n {2}-old\n {2}\+new\n/,
  );
  assert.match(text, / {2}2_b: the text that was applied was not kept/);
  assert.doesNotMatch(text, /===/);
});

test("several problems stand under each other", () => {
  const errors = [
    { code: "GW5001", message: "1_a was edited" },
    { code: "GW5002", message: "2_b is gone" },
  ];
  const text = errorText(new GodwitError("GW5001", { message: "…", details: { errors } }), options);
  assert.match(text, /^error GW5001: 2 problems\n {2}GW5001 1_a was edited\n {2}GW5002 2_b is gone\n/);
});

test("blockers are named with what they execute", () => {
  const blockers = [{ sessionId: "4711", application: "psql", statement: "lock\n table a" }];
  const text = errorText(new GodwitError("GW6002", { message: "m", details: { blockers } }), options);
  assert.match(text, / {2}blocked by session 4711\n {4}program psql\n {4}executes lock table a\n/);
});
