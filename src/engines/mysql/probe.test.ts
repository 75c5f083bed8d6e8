import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effect } from "../../core/plan.ts";
import type { Captured } from "./definition.ts";
import { fileName } from "./definition.ts";
import { answer, compare } from "./probe.ts";

const table = (hash: string | null, identity: string | null = null): Captured => ({
  kind: "table",
  hash,
  identity,
  unreadable: false,
});
const hidden: Captured = { kind: "view", hash: "", identity: null, unreadable: true };

test("a difference of definition or identity is an effect", () => {
  assert.equal(compare([table(null)], [table("a")]), "done");
  assert.equal(compare([table("a")], [table("b")]), "done");
  assert.equal(compare([table("a", "1")], [table("a", "2")]), "done");
  assert.equal(compare([table("a", "1")], [table("a", "1")]), "not-done");
  assert.equal(compare([table(null)], [table(null)]), "not-done");
});

test("tables that were dropped in part are unknown, a rename is not", () => {
  assert.equal(compare([table("a"), table("b")], [table(null), table("b")]), "unknown");
  assert.equal(compare([table("a"), table(null)], [table(null), table("a")]), "done");
  // DROP TABLE IF EXISTS with one that was not there.
  assert.equal(compare([table(null), table("b")], [table(null), table(null)]), "done");
});

test("what cannot be read cannot be compared", () => {
  assert.equal(compare([hidden], [hidden]), "unknown");
  assert.equal(compare([hidden], [{ ...hidden, hash: null, unreadable: false }]), "done");
  // Alike in definition, and without identity: an exchange leaves no trace.
  assert.equal(compare([table("a"), table("a")], [table("a"), table("a")]), "unknown");
  assert.equal(compare([table("a", "1"), table("a")], [table("a"), table("a")]), "unknown");
  const known = [table("a", "1"), table("a", "2")];
  assert.equal(compare(known, [table("a", "1"), table("a")]), "unknown");
  assert.equal(compare([table("a")], []), "unknown");
});

test("OR REPLACE removes first: gone now is not done", () => {
  const effect = (marks: object): Effect => ({ type: "definition", objects: [], ...marks });
  const replaced = effect({ replaces: true, byIdentity: true });
  assert.equal(answer(replaced, [table("a", "1")], [table(null)]), "unknown");
  assert.equal(answer(replaced, [table("a", "1")], [table("b", "2")]), "done");
  assert.equal(answer(replaced, [table("a")], [table("b")]), "done");
  assert.equal(answer(replaced, [table("a", "1")], [table("a", "2")]), "done");
  assert.equal(answer(replaced, [table("a", "1")], [table("a", "1")]), "not-done");
  // An identity answers only where it is known before and after.
  assert.equal(answer(replaced, [table("a", "1")], [table("a")]), "unknown");
  assert.equal(answer(replaced, [table("a")], [table("a")]), "unknown");
  assert.equal(answer(replaced, [table("a")], [table("a", "1")]), "unknown");
  assert.equal(answer(replaced, [table(null)], [table(null)]), "not-done");
  assert.equal(answer(replaced, [table(null)], [table("a")]), "done");
  const view = effect({ replaces: true });
  assert.equal(answer(view, [table("a")], [table("a")]), "not-done");
  assert.equal(answer(view, [table("a")], [table(null)]), "unknown");
  const emptied = effect({ byIdentity: true });
  assert.equal(answer(emptied, [table("a", "1")], [table("a", "1")]), "not-done");
  assert.equal(answer(emptied, [table("a", "1")], [table("a")]), "unknown");
});

test("where a repetition would lose rows, no difference is no answer", () => {
  const effect: Effect = { type: "definition", objects: [], repeatDestroys: true };
  assert.equal(answer(effect, [table("a", "1")], [table("a", "1")]), "unknown");
  assert.equal(answer(effect, [table("a", "1")], [table("a", "2")]), "done");
  assert.equal(answer(effect, [table("a", "1")], [table("b", "1")]), "done");
});

test("file names", () => {
  assert.equal(fileName("a_b1"), "a_b1");
  assert.equal(fileName("a-b$"), "a@002db@0024");
});
