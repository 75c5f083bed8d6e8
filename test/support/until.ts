import { setTimeout as delay } from "node:timers/promises";

export interface UntilOptions {
  /** Default 30,000: a machine may be busy with other tests. */
  readonly timeoutMs?: number;
  /** Pause between two looks; default 20. */
  readonly everyMs?: number;
  /** What is awaited, for the error's message. */
  readonly what?: string;
}

/**
 * Looks again and again until `look` gives something other than false, null or undefined, and returns it.
 * Throws when the time is over. A rejection of `look` passes through.
 */
export async function until<T>(
  look: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const { timeoutMs = 30_000, everyMs = 20, what = String(look) } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== false && found !== null && found !== undefined) {
      return found as Exclude<T, false | null | undefined>;
    }
    if (performance.now() >= deadline) throw new Error(`not so within ${timeoutMs} ms: ${what}`);
    await delay(everyMs);
  }
}
