import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { IdentitySet } from "./identity-set.ts";
import { identityOf } from "./model.ts";
import { TextSet } from "./text-set.ts";

/** Of the lengths at which a text is kept in another way, and with beginnings that are the same. */
const text = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.constantFrom("", "\u0000", "é", "a".repeat(16), "é".repeat(16), "é".repeat(17), "\ud800"),
  fc.integer({ min: 28, max: 36 }).map((length) => "a".repeat(length)),
  fc.string({ minLength: 1, maxLength: 2 }).map((end) => `${"a".repeat(40)}${end}`),
);

test("holds the texts that were added and no other one, and numbers them", () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 60 }), fc.array(text, { maxLength: 20 }), (texts, others) => {
      const set = new TextSet();
      const known = new Map<string, number>();
      for (const each of texts) {
        const isNew = !known.has(each);
        if (isNew) known.set(each, known.size);
        assert.equal(set.add(each), isNew);
      }
      assert.equal(set.size, known.size);
      for (const each of [...texts, ...others]) {
        assert.equal(set.find(each), known.get(each) ?? -1);
        assert.equal(set.has(each), known.has(each));
      }
    }),
  );
});

test("tells texts of the same hash apart", () => {
  // Of so many texts some 18 pairs have the same 32 bits, whatever the seed.
  const count = 400_000;
  const set = new TextSet();
  for (let index = 0; index < count; index++) assert.ok(set.add(`a.b${index}`), String(index));
  for (let index = 0; index < count; index++) assert.equal(set.find(`a.b${index}`), index);
  for (let index = 0; index < count; index++) assert.ok(!set.has(`a.c${index}`), String(index));
});

test("knows identities as the original tool tells them apart", () => {
  const mapping = fc.record({
    original: text,
    context: fc.oneof(fc.constant(null), fc.constant("global"), text),
  });
  fc.assert(
    fc.property(fc.array(mapping, { maxLength: 60 }), text, (mappings, other) => {
      const set = new IdentitySet();
      const known = new Set<string>();
      for (const each of mappings) {
        const identity = identityOf(each);
        assert.equal(set.add(each), !known.has(identity));
        known.add(identity);
      }
      assert.equal(
        set.hasOriginal(other),
        mappings.some(({ original }) => original === other),
      );
    }),
  );
  const set = new IdentitySet();
  const [originals, contexts] = [200, 100];
  for (const isNew of [true, false]) {
    for (let at = 0; at < originals * contexts; at++) {
      const one = { original: `a${at % originals}`, context: `c${Math.floor(at / originals)}` };
      assert.equal(set.add(one), isNew);
    }
  }
});
