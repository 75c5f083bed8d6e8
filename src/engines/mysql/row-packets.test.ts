import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { narrowRows } from "./narrow-rows.ts";
import { rowPackets } from "./row-packets.ts";

const eof = Buffer.from([0xfe, 0, 0, 2, 0]);

/** The frames of a payload: those of 16 MB go on in the next one. */
function frames(payload: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; ; at += 0xffffff) {
    const part = payload.subarray(at, at + 0xffffff);
    found.push(Buffer.from([part.length & 255, (part.length >> 8) & 255, part.length >> 16, 0]), part);
    if (part.length < 0xffffff) return found;
  }
}

function valueOf(text: Buffer): Buffer {
  const { length } = text;
  if (length < 0xfb) return Buffer.concat([Buffer.from([length]), text]);
  if (length < 0x10000) return Buffer.concat([Buffer.from([0xfc, length & 255, length >> 8]), text]);
  return Buffer.concat([Buffer.from([0xfd, length & 255, (length >> 8) & 255, length >> 16]), text]);
}

/** What comes out of a result set of one column, cut into chunks at the given places. */
function readInChunks(rows: readonly (Buffer | null)[], cuts: readonly number[]) {
  const payloads = [
    Buffer.from([1]),
    Buffer.from("a definition"),
    eof,
    ...rows.map((row) => (row === null ? Buffer.from([0xfb]) : valueOf(row))),
    eof,
  ];
  const stream = Buffer.concat(payloads.flatMap(frames));
  const ends = [0, ...cuts.map((cut) => cut % stream.length), stream.length].toSorted((a, b) => a - b);
  const pieces: Uint8Array[] = [];
  const control: string[] = [];
  const sink = narrowRows((piece) => pieces.push(Uint8Array.from(piece)));
  const packets = rowPackets(sink, (packet) => control.push(packet.toString("hex")));
  // Each chunk in memory of its own: it is overwritten.
  for (const [n, end] of ends.slice(1).entries()) packets.push(Buffer.from(stream.subarray(ends[n], end)));
  return { text: Buffer.concat(pieces).toString("latin1"), missing: sink.missing, control };
}

const row = fc.oneof(
  fc.constant(null),
  fc.nat(30).map((length) => Buffer.alloc(length, "ab\\n")),
  fc.constantFrom(250, 251, 70_000, 65_533, 65_536).map((length) => Buffer.alloc(length, "x")),
);

test("rows come out the same wherever a chunk ends", () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 12 }), (rows, cuts) => {
      const found = readInChunks(rows, cuts);
      const given = rows.filter((one) => one !== null);
      assert.equal(found.text, given.map((one) => `${one.toString("latin1")}\n`).join(""));
      assert.equal(found.missing, rows.length - given.length);
      assert.deepEqual(found.control, readInChunks(rows, []).control);
    }),
    { verbose: 1 },
  );
});

test("byte by byte, too", () => {
  const rows = [Buffer.from("one"), null, Buffer.alloc(300, "y"), Buffer.alloc(0)];
  const cuts = Array.from({ length: 400 }, (_, n) => n);
  assert.deepEqual(readInChunks(rows, cuts), readInChunks(rows, []));
});

test("a row of several frames is told in parts", () => {
  const rows = [Buffer.alloc(0xffffff - 4, "a"), Buffer.alloc(0xffffff, "b"), Buffer.from("c")];
  const whole = rows.map((one) => `${one.toString("latin1")}\n`).join("");
  for (const cuts of [[], [7, 0xffffff, 0xffffff + 30, 0x1fffff0]]) {
    assert.equal(readInChunks(rows, cuts).text === whole, true, String(cuts));
  }
});

test("many rows shorter than a frame's start, after one that was cut", () => {
  const rows = Array.from({ length: 50_000 }, (_, n) => Buffer.from(String(n % 10)));
  const { text } = readInChunks(rows, [50, 100_001]);
  assert.equal(text === rows.map((one) => `${one.toString()}\n`).join(""), true);
});
