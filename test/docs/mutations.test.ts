import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { mutations } from "../mutations/list.ts";
import type { Mutation } from "../mutations/mutation.ts";
import { root } from "../support/cli.ts";

/* script/mutations takes minutes. That its list is not out of date is checked here. */
const texts = new Map<string, string>();

test("each check of the list stands in the sources as the list says, and its test is there", () => {
  assert.deepEqual(mutations.flatMap(faultsOf), []);
  assert.equal(new Set(mutations.map(({ name }) => name)).size, mutations.length, "two have one name");
  const [first] = mutations;
  assert.ok(first !== undefined);
  assert.equal(faultsOf({ ...first, text: "nowhere in it", title: "no such test" }).length, 2);
  assert.equal(faultsOf({ ...first, text: "const " }).length, 1);
  assert.equal(faultsOf({ ...first, file: "src/nowhere.ts", test: "test/nowhere.ts" }).length, 2);
});

function faultsOf({ name, file, text, becomes, test, title }: Mutation): string[] {
  const found = textOf(file).split(text).length - 1;
  // Titles stand in quotes of three kinds, and a part of one is enough.
  const isTitle = (line: string) => line.includes(title) && /^\s*(?:await )?(?:[\w.]+\()?["`']/.test(line);
  return [
    ...(found === 1 ? [] : [`${name}: its text is ${found} times in ${file}`]),
    ...(text === becomes ? [`${name}: nothing is changed`] : []),
    ...(textOf(test).split("\n").some(isTitle) ? [] : [`${name}: no test of ${test} has the title ${title}`]),
  ];
}

function textOf(file: string): string {
  const known = texts.get(file);
  if (known !== undefined) return known;
  let text = "";
  try {
    text = readFileSync(join(root, file), "utf8");
  } catch {
    // Told as a file without the text.
  }
  texts.set(file, text);
  return text;
}
