import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import test from "node:test";
import { root } from "../support/cli.ts";
import { anchorsOf, linksOf, readPage, readPages } from "./markdown.ts";

const pages = readPages();
const byPath = new Map(pages.map((page) => [page.path, page]));

test("every relative link leads to a file, and its anchor to a heading", () => {
  const broken = pages.flatMap((page) =>
    linksOf(page)
      .filter((link) => !/^(?:https?|mailto):/.test(link))
      .filter((link) => !leadsSomewhere(page.path, link))
      .map((link) => `${page.path}: ${link}`),
  );
  assert.deepEqual(broken, []);
});

test("every page of docs/ is reached from its index", () => {
  const reached = new Set(["docs/README.md"]);
  for (const path of reached) {
    for (const link of linksOf(byPath.get(path) ?? readPage(path, ""))) {
      const target = normalize(join(dirname(path), link.replace(/#.*/, "")));
      if (byPath.has(target)) reached.add(target);
    }
  }
  const lost = pages
    .map(({ path }) => path)
    .filter((path) => /^docs\/(?!reference\/)/.test(path) && !reached.has(path));
  assert.deepEqual(lost, []);
});

test("a link to nothing is found", () => {
  assert.equal(leadsSomewhere("README.md", "docs/nothing.md"), false);
  assert.equal(leadsSomewhere("README.md", "ARCHITECTURE.md#no-such-heading"), false);
  assert.equal(leadsSomewhere("README.md", "ARCHITECTURE.md#layers"), true);
});

function leadsSomewhere(from: string, link: string): boolean {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? from : normalize(join(dirname(from), file));
  if (!existsSync(join(root, target))) return false;
  if (anchor === undefined) return true;
  const page = byPath.get(target);
  return page !== undefined && !statSync(join(root, target)).isDirectory() && anchorsOf(page).has(anchor);
}
