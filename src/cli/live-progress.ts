import type { StampedEvent } from "../core/event.ts";
import type { ProgressSnapshot } from "../core/progress.ts";
import type { Channel } from "./channel.ts";
import { noteOf } from "./event-notes.ts";
import { progressLines } from "./progress-line.ts";
import { textWidth } from "./text-width.ts";

/** What shows a run's events while it runs. */
export interface ProgressDisplay extends Disposable {
  /** Called after the snapshot took the event in. */
  receive(event: StampedEvent, snapshot: () => ProgressSnapshot): void;
}

const redrawMs = 100;
const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";
const eraseLine = "\u001b[K";
const eraseBelow = "\u001b[J";
/** Nothing is drawn before: a run that is over by then would only flicker. */
const firstDrawMs = 150;

/** A few lines on a terminal, redrawn in place at most ten times a second and cleared before anything else is printed. */
export function openLiveProgress(channel: Channel): ProgressDisplay {
  const start = performance.now();
  let latest: (() => ProgressSnapshot) | null = null;
  let drawn: number[] = [];
  let lastDraw = start;
  let closed = false;

  /** To the first cell of what is drawn. */
  const home = (): string => {
    // A terminal that was made narrower has wrapped what was drawn.
    const columns = channel.columns();
    const rows = drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return rows > 1 ? `\r\u001b[${rows - 1}A` : "\r";
  };
  const erase = (): string => {
    if (drawn.length === 0) return "";
    const sequence = `${home()}${eraseBelow}${showCursor}`;
    drawn = [];
    return sequence;
  };
  const draw = (now: number): void => {
    if (closed || latest === null) return;
    lastDraw = now;
    const before = drawn.length === 0 ? hideCursor : home();
    // One cell less than there are: some terminals wrap when the last one is filled.
    const lines = progressLines(latest(), Date.now(), Math.max(1, channel.columns() - 1));
    drawn = lines.map(textWidth);
    // Written over what was there, which flickers less than to erase it first.
    channel.control(before + lines.join(`${eraseLine}\r\n`) + eraseBelow);
  };
  const clear = (): void => {
    if (drawn.length > 0) channel.control(erase());
  };
  const tick = (): void => {
    const now = performance.now();
    if (now - start >= firstDrawMs && now - lastDraw >= redrawMs) draw(now);
  };
  // Times go on while no event comes; events draw as well, because a synchronous driver leaves timers no turn.
  const timer = setInterval(tick, redrawMs).unref();
  process.on("exit", clear);
  channel.setOverlay(erase);
  return {
    receive(event, snapshot) {
      latest = snapshot;
      const note = noteOf(event, channel.paint);
      if (note !== null) channel.write(`${note}\n`);
      tick();
    },
    [Symbol.dispose]() {
      closed = true;
      clearInterval(timer);
      process.off("exit", clear);
      clear();
      channel.setOverlay(null);
    },
  };
}
