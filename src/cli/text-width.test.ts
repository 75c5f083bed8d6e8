import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fitText, padEnd, padStart, textWidth } from "./text-width.ts";

test("wide characters take two cells, combining ones and colours none", () => {
  assert.equal(textWidth("abc"), 3);
  assert.equal(textWidth("日本"), 4);
  assert.equal(textWidth("e\u0301"), 1);
  assert.equal(textWidth("👍"), 2);
  assert.equal(textWidth("█░"), 2);
  assert.equal(textWidth("\u001b[31mred\u001b[39m"), 3);
});

test("a text is cut at cells, not at characters", () => {
  assert.equal(fitText("abcdef", 6), "abcdef");
  assert.equal(fitText("abcdef", 4), "abc…");
  assert.equal(fitText("日本語", 4), "日…");
  assert.equal(fitText("abc", 0), "");
});

test("a text that was cut never takes more cells than it may", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat({ max: 30 }), (text, cells) => {
      assert.ok(textWidth(fitText(text.replaceAll(/\p{Cc}/gu, ""), cells)) <= cells);
    }),
  );
});

test("padding counts cells", () => {
  assert.equal(padEnd("日", 4), "日  ");
  assert.equal(padStart("ab", 4), "  ab");
});
