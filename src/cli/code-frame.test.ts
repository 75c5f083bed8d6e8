import assert from "node:assert/strict";
import { test } from "node:test";
import { codeFrame, fileFrame } from "./code-frame.ts";
import { makePaint } from "./paint.ts";

const paint = makePaint(false);
const at = (line: number, column: number, columns = 80) => ({ line, column, columns, paint });

test("a caret stands under the place, with the line before it", () => {
  assert.equal(
    codeFrame("one\ncreate table a;\nalter table a drop x;\nfour", at(3, 20)),
    ["  2 │ create table a;", "  3 │ alter table a drop x;", "    │                    ^", ""].join("\n"),
  );
});

test("tabs, wide characters, line ends of Windows and a byte order mark do not move it", () => {
  assert.equal(codeFrame("\ufeffa\r\n\t日x", at(2, 3)), "  1 │ a\n  2 │   日x\n    │     ^\n");
});

test("control characters of the file are written out", () => {
  assert.equal(codeFrame("a\u001b[2Jb", at(1, 6)), `  1 │ a\\x1b[2Jb\n    │ ${" ".repeat(8)}^\n`);
});

test("a place far to the right is brought into view", () => {
  const frame = codeFrame(`${"x".repeat(500)}HERE${"y".repeat(500)}`, at(1, 501, 60));
  assert.match(frame, /HERE/);
  for (const line of frame.split("\n")) assert.ok(line.length <= 60, line);
  const [source = "", caret = ""] = frame.split("\n");
  assert.equal(source.indexOf("HERE"), caret.indexOf("^"));
});

test("a line or a file that is not there gives no frame", () => {
  assert.equal(codeFrame("one", at(7, 1)), "");
  assert.equal(fileFrame("/nowhere/at/all.sql", at(1, 1)), "");
});

test("a line that is a whole database gives no frame, and neither does it before another", () => {
  const long = "x".repeat(30_000_000);
  assert.equal(codeFrame(long, at(1, 20_000_000)), "");
  assert.equal(codeFrame(`${long}\nhere`, at(2, 1)), "  2 │ here\n    │ ^\n");
});
