import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Item, ItemKind } from "./dump-item.ts";
import { inOrder } from "./dump-order.ts";

const item = (kind: ItemKind, name: string, extra: Partial<Item> = {}): Item => ({
  kind,
  schema: "public",
  name,
  keys: [name],
  text: name,
  ...extra,
});
const needs = (object: string, on: string, type = "n") => ({ object, on, type });
const names = (items: readonly Item[]) => items.map((one) => one.name);

describe("order of a dump", () => {
  it("goes by kind, then by name, where nothing depends on anything", () => {
    const items = [item("view", "a"), item("table", "c"), item("table", "b"), item("type", "z")];
    assert.deepEqual(names(inOrder(items, [])), ["z", "b", "c", "a"]);
  });

  it("follows dependencies through parts: a row type belongs to its table", () => {
    const items = [item("routine", "f"), item("table", "t")];
    assert.deepEqual(names(inOrder(items, [needs("f", "row"), needs("row", "t", "i")])), ["t", "f"]);
  });

  it("puts a sequence before the table that owns it and uses it", () => {
    const items = [item("sequence", "s"), item("table", "t")];
    assert.deepEqual(names(inOrder(items, [needs("s", "t", "a"), needs("t", "s")])), ["s", "t"]);
  });

  it("splits what can be split when dependencies go in a circle", () => {
    const table = item("table", "t", {
      keys: ["t", "default"],
      split: () => [item("table", "t"), item("default", "default", { after: ["t"] })],
    });
    const items = [table, item("routine", "f")];
    const circle = [needs("f", "t"), needs("default", "f")];
    assert.deepEqual(names(inOrder(items, circle)), ["t", "f", "default"]);
  });

  it("loses nothing in a circle that cannot be split", () => {
    const items = [item("view", "b"), item("view", "a")];
    assert.deepEqual(names(inOrder(items, [needs("a", "b"), needs("b", "a")])), ["a", "b"]);
  });

  it("meets every dependency and does not depend on the order of its input", () => {
    const kinds: readonly ItemKind[] = ["routine", "table", "view"];
    const edges = fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 30 });
    // Edges from higher to lower numbers only, so that there is no circle.
    const property = fc.property(
      edges,
      fc.array(fc.nat(2), { minLength: 12, maxLength: 12 }),
      (pairs, picks) => {
        const items = picks.map((pick, at) =>
          item(kinds[pick] ?? "view", `${(at * 7) % 12}`, { keys: [`${at}`] }),
        );
        const dependencies = pairs.filter(([a, b]) => a > b).map(([a, b]) => needs(`${a}`, `${b}`));
        const sorted = inOrder(items, dependencies);
        const place = new Map(sorted.map((one, at) => [one.keys[0], at]));
        for (const { object, on } of dependencies) {
          assert.ok((place.get(object) ?? 0) > (place.get(on) ?? 0), `${object} after ${on}`);
        }
        assert.deepEqual(names(inOrder(items.toReversed(), dependencies.toReversed())), names(sorted));
      },
    );
    // Says seed and path when it fails.
    fc.assert(property, { numRuns: 200 });
  });
});
