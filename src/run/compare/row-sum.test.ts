import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RowSum } from "./row-sum.ts";

const rowsOf = fc.array(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => bytes.filter((byte) => byte !== 10)),
  {
    maxLength: 12,
  },
);

function textOf(rows: readonly Uint8Array[]): Buffer {
  return Buffer.concat(rows.flatMap((row) => [row, Buffer.from("\n")]));
}

function sumOf(...pieces: readonly Uint8Array[]): string {
  const sum = new RowSum();
  for (const piece of pieces) sum.add(piece);
  return `${sum.rows} ${sum.sum}`;
}

test("neither where pieces end nor the order of rows matters", () => {
  fc.assert(
    fc.property(rowsOf, fc.array(fc.nat(500)), (rows, cuts) => {
      const text = textOf(rows);
      const ends = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].toSorted((a, b) => a - b);
      const pieces = ends.slice(1).map((end, n) => text.subarray(ends[n], end));
      const whole = sumOf(text);
      assert.equal(sumOf(...pieces), whole);
      assert.equal(sumOf(textOf(rows.toReversed())), whole);
      // A view that does not begin where its memory does.
      assert.equal(sumOf(Buffer.concat([Buffer.from("xyz"), text]).subarray(3)), whole);
    }),
    { verbose: 1 },
  );
});

test("a changed, moved, doubled or missing byte shows", () => {
  fc.assert(
    fc.property(rowsOf, fc.nat(), fc.integer({ min: 1, max: 255 }), (rows, place, change) => {
      const text = textOf(rows);
      if (text.length === 0) return;
      const whole = sumOf(text);
      const at = place % text.length;
      const changed = Buffer.from(text);
      changed[at]! ^= change;
      assert.notEqual(sumOf(changed), whole, "changed");
      assert.notEqual(sumOf(text.subarray(0, at), text.subarray(at + 1)), whole, "missing");
      assert.notEqual(sumOf(text.subarray(0, at + 1), text.subarray(at)), whole, "doubled");
      assert.notEqual(sumOf(text, text), whole, "each row twice");
    }),
    { verbose: 1 },
  );
});

test("two changes do not undo one another", () => {
  // Bits that a multiplication alone would leave where they are.
  const text = Buffer.alloc(64, 97);
  const sums = new Set<string>();
  for (let one = 0; one < 16; one++) {
    for (let other = one + 1; other < 16; other++) {
      const changed = Buffer.from(text);
      changed[one * 4 + 3]! ^= 0x80;
      changed[other * 4 + 3]! ^= 0x80;
      sums.add(sumOf(changed, Buffer.from("\n")));
    }
  }
  assert.equal(sums.size, 120);
  assert.equal(sums.has(sumOf(text, Buffer.from("\n"))), false);
});

test("sums of parts add up, and a row that is not over does not count", () => {
  const [one, other] = [new RowSum(), new RowSum()];
  one.add(Buffer.from("a\tb\nc\n"));
  other.add(Buffer.from("\\N\n\nrest"));
  const both = new RowSum();
  both.add(Buffer.from("\\N\nc\n\na\tb\n"));
  assert.equal(one.rows + other.rows, both.rows);
  assert.equal(one.sum + other.sum, both.sum);
});
