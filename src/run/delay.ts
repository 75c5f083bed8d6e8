import { setTimeout as sleep } from "node:timers/promises";

/** Waits, or returns early when the signal is aborted. */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
}

/**
 * Exponential with full jitter, so that runners that failed together do not come back together
 * (Brooker, "Exponential Backoff and Jitter", AWS 2015). Attempts count from 1.
 */
export function backoffMs(attempt: number, baseMs: number, capMs: number): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 20));
  return Math.round(ceiling / 2 + Math.random() * (ceiling / 2));
}
