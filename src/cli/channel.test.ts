import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { forgetSecrets, registerSecret } from "../core/secret.ts";
import { openChannel } from "./channel.ts";

function open(options: { colour?: boolean; onBroken?: () => void } = {}) {
  const written: string[] = [];
  const stream = Object.assign(new EventEmitter(), { write: (text: string) => written.push(text) > 0 });
  const { colour = false, onBroken = () => {} } = options;
  return { written, stream, channel: openChannel(stream as never, { colour, onBroken }) };
}

test("many lines become few writes, in their order, and none is kept back", async () => {
  const { written, channel } = open();
  for (let i = 0; i < 2_000; i++) channel.writeSoon(`line ${i}\n`);
  assert.ok(written.length < 20, `${written.length} writes`);
  // The rest comes by itself.
  for (let i = 0; i < 100 && !written.join("").endsWith("line 1999\n"); i++) await sleep(5);
  assert.equal(written.join(""), Array.from({ length: 2_000 }, (_, i) => `line ${i}\n`).join(""));
  channel.writeSoon("soon ");
  channel.write("now\n");
  assert.ok(written.join("").endsWith("soon now\n"));
});

test("the first line is written at once", () => {
  const { written, channel } = open();
  channel.writeSoon("first\n");
  assert.deepEqual(written, ["first\n"]);
});

test("what passes is redacted, and control characters are written out", () => {
  registerSecret("geheimnis");
  try {
    const { written, channel } = open();
    channel.write("a geheimnis \u001b[2J\n");
    assert.deepEqual(written, ["a *** \\x1b[2J\n"]);
  } finally {
    forgetSecrets();
  }
});

test("a reader that goes away is told once, and nothing more is written", () => {
  let told = 0;
  const { written, stream, channel } = open({ onBroken: () => told++ });
  stream.emit("error", new Error("EPIPE"));
  stream.emit("error", new Error("EPIPE"));
  channel.write("x\n");
  channel.control("y");
  assert.deepEqual([told, written], [1, []]);
});
