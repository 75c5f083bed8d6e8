import { setTimeout } from "node:timers/promises";
import type { Reading } from "./engine.ts";

const looks = 3;
const pauseMs = 100;

/** What has just been written is on its way to a replica: only where it stays away is its lag not known. */
export async function lookedAtAgain(
  sinceMs: number,
  /** For how long it is known to be late at least. */
  atLeastMs: number,
  hasIt: () => Promise<boolean>,
): Promise<Reading<number>> {
  for (let look = 0; look < looks; look++) {
    await setTimeout(pauseMs);
    if (await hasIt()) return { value: Math.round(performance.now() - sinceMs) };
  }
  return {
    unknown: `it is late for more than ${((atLeastMs + looks * pauseMs) / 1000).toFixed(1)} s: since before it was first looked at`,
  };
}
