import assert from "node:assert/strict";
import { test } from "node:test";
import { makePaint, wantsColour } from "./paint.ts";

test("colour needs a terminal, unless it is forced or forbidden", () => {
  const wants = (env: Record<string, string>, terminal: boolean, noColour = false) =>
    wantsColour({ noColour, env, terminal });
  assert.equal(wants({}, true), true);
  assert.equal(wants({}, false), false);
  assert.equal(wants({ NO_COLOR: "1" }, true), false);
  assert.equal(wants({ NO_COLOR: "" }, true), true);
  assert.equal(wants({ TERM: "dumb" }, true), false);
  assert.equal(wants({ FORCE_COLOR: "1", NO_COLOR: "1" }, false), true);
  assert.equal(wants({ FORCE_COLOR: "0" }, true), false);
  assert.equal(wants({ FORCE_COLOR: "1" }, true, true), false);
});

test("paint leaves text alone where there is no colour", () => {
  assert.equal(makePaint(false).red("x"), "x");
  assert.equal(makePaint(true).red("x"), "\u001b[31mx\u001b[39m");
});
