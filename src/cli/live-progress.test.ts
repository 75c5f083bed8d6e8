import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mock, test } from "node:test";
import type { GodwitEvent, StampedEvent } from "../core/event.ts";
import { openChannel } from "./channel.ts";
import { openLiveProgress } from "./live-progress.ts";
import { openRunRecord } from "./run-record.ts";

/** A terminal that keeps what was written to it. */
function terminal(columns: number) {
  const written: string[] = [];
  const stream = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns,
    // Escapes are made readable, here and in the patterns below.
    write: (text: string) => written.push(text.replaceAll("\u001b", "<")) > 0,
  });
  return { written, stream };
}

const statement = {
  type: "statement:started",
  key: "1/up/1",
  index: 0,
  count: 1,
  label: "X",
  line: 1,
} as const;
const opening: GodwitEvent[] = [
  { type: "run:started", runId: "r", kind: "apply", epoch: 1, steps: 1, units: 1 },
  { type: "unit:started", unit: "1", title: "1_a" },
  statement,
];

function play(columns: number) {
  const { written, stream } = terminal(columns);
  const channel = openChannel(stream as never, { colour: false, onBroken: () => {} });
  const display = openLiveProgress(channel);
  const record = openRunRecord();
  const send = (event: GodwitEvent) => {
    const stamped = { ...event, at: new Date().toISOString(), seq: 1 } as StampedEvent;
    record.receive(stamped);
    display.receive(stamped, () => record.progress);
  };
  return { written, stream, channel, display, send };
}

test("nothing is drawn for a run that is over at once", () => {
  const { written, display, send } = play(80);
  for (const event of opening) send(event);
  display[Symbol.dispose]();
  assert.deepEqual(written, []);
});

test("drawn in place, at most ten times a second, cleared before text and at the end", () => {
  let now = 1_000;
  const clock = mock.method(performance, "now", () => now);
  try {
    const { written, channel, display, send } = play(80);
    for (const event of opening) send(event);
    now += 200;
    send(statement);
    assert.equal(written.length, 1);
    assert.match(written[0] ?? "", /^<\[\?25lapplying[^\n]*<\[K\r\n {2}1_a[^\n]*<\[J$/);
    for (let i = 0; i < 99; i++) send(statement);
    assert.equal(written.length, 1, "the same moment is drawn once");
    now += 101;
    send(statement);
    assert.match(written[1] ?? "", /^\r<\[1Aapplying/);
    channel.write("a line\n");
    assert.equal(written[2], "\r<[1A<[J<[?25ha line\n");
    now += 101;
    send(statement);
    display[Symbol.dispose]();
    assert.equal(written.at(-1), "\r<[1A<[J<[?25h");
    channel.write("after\n");
    assert.equal(written.at(-1), "after\n");
  } finally {
    clock.mock.restore();
  }
});

test("a terminal made narrower is cleared by the rows that its lines take now", () => {
  let now = 1_000;
  const clock = mock.method(performance, "now", () => now);
  try {
    const { written, stream, channel, display, send } = play(80);
    for (const event of opening) send(event);
    now += 200;
    send(statement);
    const [head = ""] = (written[0] ?? "").replace("<[?25l", "").split("<[K");
    stream.columns = Math.ceil(head.length / 2);
    channel.write("x\n");
    assert.match(written.at(-1) ?? "", /^\r<\[2A/);
    display[Symbol.dispose]();
  } finally {
    clock.mock.restore();
  }
});
