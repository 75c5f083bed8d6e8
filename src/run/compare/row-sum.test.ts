import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { BinaryRows } from "../../engines/postgres/binary-rows.ts";
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

// ── rows in a form of the engine's own ─────────────────────────────────────────────────────────────────────

const valuesOf = fc.array(fc.array(fc.option(fc.uint8Array({ maxLength: 40 })), { maxLength: 4 }), {
  maxLength: 12,
});

/** As PostgreSQL's manual has it. */
function binaryOf(rows: readonly (readonly (Uint8Array | null)[])[], extension = Buffer.alloc(0)): Buffer {
  const count = (number: number) => {
    const bytes = Buffer.alloc(2);
    bytes.writeInt16BE(number);
    return bytes;
  };
  const size = (number: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(number);
    return bytes;
  };
  return Buffer.concat([
    Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"),
    size(0),
    size(extension.length),
    extension,
    ...rows.flatMap((row) => [
      count(row.length),
      ...row.flatMap((value) => (value === null ? [size(-1)] : [size(value.length), value])),
    ]),
    count(-1),
  ]);
}

function binarySum(...pieces: readonly Uint8Array[]): string {
  const sum = new RowSum(new BinaryRows());
  for (const piece of pieces) sum.add(piece);
  return `${sum.rows} ${sum.sum}`;
}

test("a binary row that differs in a value, or in which of them are NULL, has another sum", () => {
  fc.assert(
    fc.property(valuesOf, valuesOf, (rows, others) => {
      const texts = (of: typeof rows) =>
        of
          .map(
            (row) =>
              row.map((value) => (value === null ? "-" : Buffer.from(value).toString("hex"))).join(",") +
              row.length,
          )
          .toSorted();
      const isSame = isDeepStrictEqual(texts(rows), texts(others));
      assert.equal(binarySum(binaryOf(rows)) === binarySum(binaryOf(others)), isSame);
    }),
    { verbose: 1 },
  );
});

test("binary rows: neither where pieces end, nor their order, nor the header matters", () => {
  fc.assert(
    fc.property(valuesOf, fc.array(fc.nat(900)), fc.uint8Array({ maxLength: 9 }), (rows, cuts, extension) => {
      const bytes = binaryOf(rows);
      const ends = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted(
        (a, b) => a - b,
      );
      const whole = binarySum(bytes);
      assert.equal(whole.split(" ")[0], String(rows.length));
      assert.equal(binarySum(...ends.slice(1).map((end, n) => bytes.subarray(ends[n], end))), whole);
      assert.equal(binarySum(...Array.from(bytes, (_, n) => bytes.subarray(n, n + 1))), whole);
      assert.equal(binarySum(binaryOf(rows.toReversed(), Buffer.from(extension))), whole);
      // Parts of a table, each with a header of its own.
      const parts = [rows.slice(0, 3), rows.slice(3)].map((part) => binarySum(binaryOf(part)).split(" ")[1]!);
      assert.equal(BigInt(parts[0]!) + BigInt(parts[1]!), BigInt(whole.split(" ")[1]!));
    }),
    { verbose: 1 },
  );
});
