import assert from "node:assert/strict";
import { test } from "node:test";
import { GodwitError } from "../core/error.ts";
import { initialProgress, type ProgressSnapshot } from "../core/progress.ts";
import { aftermathText } from "./aftermath.ts";

const failed = new GodwitError("GW6001", { message: "m" });
const running: ProgressSnapshot = {
  ...initialProgress,
  kind: "apply",
  unitsTotal: 1,
  unit: { name: "1", title: "1_a", startedMs: 0 },
};
const at = (key: string, transaction: boolean, effects = 0): ProgressSnapshot => ({
  ...running,
  step: { key, transaction, effects },
});

test("before the run began nothing was changed", () => {
  assert.equal(aftermathText(failed, initialProgress), "nothing was changed");
});

test("a transaction at the start of a migration leaves nothing of it", () => {
  assert.equal(
    aftermathText(failed, at("1/up/1", true)),
    "the transaction was rolled back; nothing of 1_a was applied",
  );
});

test("of a backup nothing is left, and a restore goes on where it stopped", () => {
  const differs = new GodwitError("GW8207", { message: "m", outcome: "changed" });
  assert.equal(aftermathText(failed, { ...running, kind: "backup" }), "no backup was made");
  assert.match(aftermathText(failed, { ...running, kind: "restore" }) ?? "", /same command goes on/);
  assert.equal(aftermathText(differs, { ...running, kind: "restore" }), "all stays as it was restored");
});

test("the statements before a later step have taken effect", () => {
  assert.equal(
    aftermathText(failed, at("1/up/4", false, 3)),
    "nothing was changed by this statement; 1_a is half applied: 3 statements before this one took effect",
  );
});

test("what only set the session before is not counted", () => {
  assert.match(aftermathText(failed, at("1/up/2", false)) ?? "", /nothing of 1_a was applied$/);
});

test("a script without a transaction may be half done, where a statement of it took effect", () => {
  assert.match(aftermathText(failed, at("1/up", false, 1)) ?? "", /1_a may be half applied$/);
  assert.match(aftermathText(failed, at("1/up", false)) ?? "", /nothing of 1_a was applied$/);
  assert.match(aftermathText(failed, at("1/up", true)) ?? "", /nothing of 1_a was applied$/);
});

test("of several migrations it says how many are complete", () => {
  const snapshot = { ...at("2/down/1", true), kind: "rollback" as const, unitsTotal: 3, unitsDone: 1 };
  assert.match(aftermathText(failed, snapshot) ?? "", /was rolled back; 1 of 3 migrations was completed$/);
});

test("an unknown outcome is said, and nothing is claimed beside it", () => {
  const unknown = new GodwitError("GW4004", { message: "m", outcome: "unknown" });
  assert.equal(
    aftermathText(unknown, at("1/up/2", false)),
    "whether the last statement took effect is not known",
  );
});

test("a refused statement that changed something all the same is not said to have changed nothing", () => {
  const partial = new GodwitError("GW6001", { message: "m", outcome: "changed" });
  assert.equal(aftermathText(partial, at("1/up/1", false)), "1_a is half applied");
});

test("a runner that was replaced claims nothing", () => {
  assert.equal(aftermathText(new GodwitError("GW4003", { message: "m" }), at("1/up/2", false)), null);
});
