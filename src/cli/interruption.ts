/** What ends the program early: a signal, or a reader of its output that has gone. */
export type Cause = "SIGINT" | "SIGTERM" | "SIGHUP" | "pipe";

/** 128 + the signal's number, as shells have it; a closed pipe counts as the user's wish to stop. */
const exitCodes: Readonly<Record<Cause, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, pipe: 130 };

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
  /** The exit code that the cause asks for; null when nothing was interrupted. */
  readonly exitCode: number | null;
  /**
   * Does work that stops in order when `signal` is aborted. Outside of it an interruption ends the process at
   * once, which is safe for what only reads or asks.
   */
  whileStoppable<T>(work: () => Promise<T>): Promise<T>;
  /** A stream's reader has gone. */
  pipeClosed(): void;
  /** Stops as the signal would; for Ctrl-C at a prompt, which the terminal hands over as a key. */
  interrupt(cause: Cause): void;
}

/** Receives the process's signals until it is disposed of. `exit` must not return. */
export function openInterruption(options: {
  readonly say: (text: string) => void;
  readonly exit: (code: number) => void;
}): Interruption {
  const controller = new AbortController();
  let cause: Cause | null = null;
  let stoppable = false;
  const interrupt = (next: Cause): void => {
    // A second signal is impatience; a second closed pipe is only the other stream.
    if (cause !== null && next === "pipe") return;
    const again = cause !== null;
    cause ??= next;
    if (again || !stoppable) {
      options.exit(exitCodes[next]);
      return;
    }
    if (next !== "pipe") {
      options.say("stopping: cancelling the running statement; press Ctrl-C again to quit at once\n");
    }
    controller.abort();
  };
  const listeners = signals.map((name) => [name, () => interrupt(name)] as const);
  for (const [name, listener] of listeners) process.on(name, listener);
  return {
    signal: controller.signal,
    get exitCode() {
      return cause === null ? null : exitCodes[cause];
    },
    async whileStoppable(work) {
      stoppable = true;
      try {
        return await work();
      } finally {
        stoppable = false;
      }
    },
    pipeClosed() {
      if (stoppable) interrupt("pipe");
    },
    interrupt,
    [Symbol.dispose]() {
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}
