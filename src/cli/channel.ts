import { redact } from "../core/secret.ts";
import { makePaint, type Paint } from "./paint.ts";
import { onlyColours } from "./visible-text.ts";

/** How long written text may wait for more: short enough to be watched, long enough that a quick run writes seldom. */
const bufferMs = 50;
const bufferChars = 16_384;

/** One of the two output streams. Whatever passes is redacted, and control characters are written out. */
export interface Channel {
  readonly terminal: boolean;
  readonly paint: Paint;
  readonly columns: () => number;
  /** Writes at once. */
  write(text: string): void;
  /** Writes soon, together with what follows. */
  writeSoon(text: string): void;
  /** Writes cursor movements, which `write` would not let pass. */
  control(text: string): void;
  flush(): void;
  /** What is drawn below the text and must go before more is written: the function gives the sequence for it. */
  setOverlay(erase: (() => string) | null): void;
}

type Stream = Pick<NodeJS.WriteStream, "write" | "on"> & {
  readonly isTTY?: boolean;
  readonly columns?: number;
};

/** `onBroken` is called once, when the reader has gone (EPIPE) or the stream fails; what follows is dropped. */
export function openChannel(
  stream: Stream,
  options: { readonly colour: boolean; readonly onBroken: () => void },
): Channel {
  const terminal = stream.isTTY === true;
  const paint = makePaint(options.colour);
  let broken = false;
  let pending = "";
  let lastFlush = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | null = null;
  let overlay: (() => string) | null = null;
  stream.on("error", () => {
    if (broken) return;
    broken = true;
    options.onBroken();
  });
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    lastFlush = performance.now();
    const text = pending;
    pending = "";
    if (text !== "" && !broken) stream.write((overlay?.() ?? "") + text);
  };
  const add = (text: string): void => {
    if (!broken) pending += onlyColours(redact(text), paint.enabled);
  };
  return {
    terminal,
    paint,
    // A terminal that was given no size says 0.
    columns: () => stream.columns || 80,
    write(text) {
      add(text);
      flush();
    },
    writeSoon(text) {
      add(text);
      // The clock is asked as well as the timer, which has no turn while a synchronous driver works.
      if (pending.length > bufferChars || performance.now() - lastFlush > bufferMs) flush();
      else timer ??= setTimeout(flush, bufferMs).unref();
    },
    control(text) {
      flush();
      if (!broken) stream.write(text);
    },
    flush,
    setOverlay(erase) {
      overlay = erase;
    },
  };
}
