import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { oneLine, onlyColours, visible, visibleJson } from "./visible-text.ts";

test("control characters and direction marks are written out; line ends and tabs stay", () => {
  assert.equal(visible("a\u001b[2Jb\u0007\u009b\u007f"), String.raw`a\x1b[2Jb\x07\x9b\x7f`);
  assert.equal(visible("user\u202egnp.exe"), String.raw`user\u202egnp.exe`);
  assert.equal(visible("a\r\nb\tc\rd"), String.raw`a` + "\nb\tc" + String.raw`\x0dd`);
});

test("one line runs white space together and is cut", () => {
  assert.equal(oneLine("  a\n\t b  "), "a b");
  assert.equal(oneLine("abcdef", 4), "abc…");
});

test("the last gate lets colours pass only where they are wanted", () => {
  const text = "\u001b[31mred\u001b[39m \u001b[2J";
  assert.equal(onlyColours(text, true), "\u001b[31mred\u001b[39m \\x1b[2J");
  assert.equal(onlyColours(text, false), String.raw`\x1b[31mred\x1b[39m \x1b[2J`);
});

test("no text gets a control character through", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.doesNotMatch(visible(text), /[^\P{Cc}\n\t]|\p{Bidi_Control}/u);
      assert.doesNotMatch(onlyColours(text, false), /[^\P{Cc}\n\t]|\p{Bidi_Control}/u);
    }),
  );
});

test("JSON stays the same document", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const json = visibleJson(JSON.stringify({ text }));
      assert.doesNotMatch(json, /\p{Cc}|\p{Bidi_Control}/u);
      assert.deepEqual(JSON.parse(json), { text });
    }),
  );
});
