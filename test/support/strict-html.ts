import assert from "node:assert/strict";

export interface StrictPage {
  /** Names of all elements, each as often as it is there. */
  readonly elements: readonly string[];
  readonly attributes: readonly { readonly element: string; readonly name: string; readonly value: string }[];
  /** What a reader sees, entities replaced; `style` left out. */
  readonly text: string;
}

const empty = new Set(["meta", "line", "rect", "polyline", "circle"]);
const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/**
 * Reads a page as strictly as XML: each element is closed, each attribute is quoted, and no character that means
 * something stands where text is. What passes means the same to every browser, with nothing that it had to repair.
 */
export function parseStrictly(html: string): StrictPage {
  const elements: string[] = [];
  const attributes: { element: string; name: string; value: string }[] = [];
  const open: string[] = [];
  let text = "";
  let rest = html.replace(/^<!doctype html>\n/, "");
  assert.notEqual(rest, html, "it has a document type");
  while (rest !== "") {
    const tag = /^<(\/?)([a-z][a-z0-9]*)((?:\s+[a-z][a-zA-Z0-9-]*="[^"<>]*")*)\s*(\/?)>/.exec(rest);
    if (tag === null) {
      const [words = ""] = /^[^<>]+/.exec(rest) ?? [];
      assert.notEqual(words, "", `this is no text and no tag: ${rest.slice(0, 120)}`);
      if (open.at(-1) !== "style") text += decoded(words);
      rest = rest.slice(words.length);
      continue;
    }
    const [whole, slash, element = "", given = "", selfClosing] = tag;
    rest = rest.slice(whole.length);
    if (slash === "/") {
      assert.equal(open.pop(), element, `${element} is closed where another one is open`);
      continue;
    }
    elements.push(element);
    for (const [, name = "", value = ""] of given.matchAll(/([a-z][a-zA-Z0-9-]*)="([^"]*)"/g)) {
      attributes.push({ element, name, value: decoded(value) });
    }
    if (selfClosing !== "/" && !empty.has(element)) open.push(element);
  }
  assert.deepEqual(open, [], "all elements are closed");
  return { elements, attributes, text };
}

function decoded(text: string): string {
  return text.replaceAll(/&(\w+|#\d+);|&/g, (found, name: string | undefined) => {
    const character = name === undefined ? undefined : entities[name];
    assert.ok(character !== undefined, `${found} is no entity of ours in ${text.slice(0, 80)}`);
    return character;
  });
}
