import assert from "node:assert/strict";
import test from "node:test";
import { type Document, heading, list, paragraph, sql, table } from "./document.ts";
import { toHtml } from "./html.ts";
import { toMarkdown } from "./markdown.ts";

const hostile = "<script>alert(1)</script> [x](javascript:1) `t` | a\u001b[2J\n# no heading";

const document: Document = {
  title: hostile,
  blocks: [
    heading(2, hostile),
    paragraph(hostile),
    table(["a", hostile], [[hostile, "1"]]),
    table(["left out"], []),
    list("boxes", [hostile]),
    sql(`SELECT '<b>';\n\`\`\`\nSELECT '</code></pre>';`),
  ],
};

test("what a database says cannot become markup of a page", () => {
  const html = toHtml(document);
  assert.doesNotMatch(html, /<script|<b>|<a |javascript:1"|\p{Cc}(?<!\n)/u);
  assert.equal(html.match(/<\/code>/g)?.length, 1);
  assert.match(html, /default-src 'none'/);
  assert.doesNotMatch(html, /\s(src|href)=|url\(/i);
  assert.ok(!html.includes("left out"));
});

test("nor of Markdown", () => {
  const markdown = toMarkdown(document);
  assert.doesNotMatch(markdown, /<script|\p{Cc}(?<!\n)|[^\\]\[x\]/u);
  assert.equal(markdown.match(/^# /gm)?.length, 1);
  assert.match(markdown, /^````sql\n[^]*^````$/m);
  for (const line of markdown.split("\n").filter((each) => each.startsWith("| "))) {
    assert.equal(line.replaceAll(/\\\|/g, "").match(/\|/g)?.length, 3, line);
  }
});
