import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test from "node:test";
import { apply } from "../../src/index.ts";
import { browserSkip, openPage } from "../support/browser.ts";
import { godwit } from "../support/cli.ts";
import { type Scene, scene } from "../scenarios/scene.ts";

/** A table whose name would be a script if a page took it for one. */
const hostile = `x"><img src=x onerror="document.title='taken'">`;
const migrations = {
  "20260101000001_first.up.sql": `CREATE TABLE "${hostile.replaceAll('"', '""')}" (id int PRIMARY KEY);\n`,
  "20260101000002_second.up.sql": "CREATE TABLE orders (id int PRIMARY KEY, note text);\n",
};

async function written(own: Scene, ...args: string[]): Promise<string> {
  const ended = await godwit(args, { cwd: own.folder, env: { GODWIT_URL: own.url } });
  assert.equal(ended.code, 0, ended.stderr);
  return pathToFileURL(join(own.folder, "page.html")).href;
}

/** A page must be whole by itself, take nobody's text for markup, and be readable on a telephone too. */
async function assertSound(url: string, texts: readonly string[]): Promise<void> {
  for (const width of [1200, 390]) {
    await using opened = await openPage(url, { width, height: 900 });
    const { page, complaints } = opened;
    const body = await page.locator("body").innerText();
    for (const text of texts) assert.ok(body.includes(text), `${text} is on the page`);
    assert.notEqual(await page.title(), "taken");
    assert.equal(await page.locator("script, img, iframe, link").count(), 0);
    const overhang = await page.evaluate(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    assert.equal(overhang, 0, `the page is wider than ${width} pixels`);
    // A word that is broken because its column was given no room cannot be read.
    const broken = await page.evaluate(brokenCells);
    assert.deepEqual(broken, [], "cells whose words are broken");
    assert.deepEqual(complaints, []);
  }
}

/** Short cells of one word that take more than one line. */
const brokenCells = `[...document.querySelectorAll("th, td")]
  .filter((cell) => /^\\S{1,14}$/.test(cell.innerText.trim()))
  .filter((cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)));
    return lines.size > 1;
  })
  .map((cell) => cell.innerText)`;

test("the report of a run is a page that is whole, safe and readable", { skip: browserSkip }, () =>
  scene("sqlite", migrations, async (own) => {
    const third = (text: string) => own.write({ "20260101000003_third.up.sql": text });
    await third(`INSERT INTO ${"a_long_name_".repeat(9)} SELECT id FROM orders WHERE note = 'and so on';\n`);
    await assert.rejects(apply(own.options));
    await third("CREATE TABLE third (id int);\n");
    await apply(own.options);
    const url = await written(own, "report", "--format", "html", "-o", "page.html");
    await assertSound(url, ["20260101000002_second", "Status", "done"]);
  }),
);

test("a plan for review is a page that is whole, safe and readable", { skip: browserSkip }, () =>
  scene("sqlite", migrations, async (own) => {
    const url = await written(
      own,
      "plan",
      "--format",
      "html",
      "--with",
      "runbook,checklist",
      "-o",
      "page.html",
    );
    await assertSound(url, [hostile.replaceAll('"', '""'), "CREATE TABLE orders"]);
  }),
);
