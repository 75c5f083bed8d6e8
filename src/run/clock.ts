/**
 * Times in the ledger are the server's: read once, then carried forward by the monotonic clock, so that neither
 * skew nor a jump of this machine's clock can reorder the history.
 */
export interface Clock {
  /** Now, by the server, ISO 8601 in UTC with milliseconds. */
  now(): string;
  /** The same of a moment of `performance.now()`. */
  at(ms: number): string;
}

export function serverClock(serverNow: string): Clock {
  const server = Date.parse(serverNow);
  const start = performance.now();
  const at = (ms: number) => new Date(server + ms - start).toISOString();
  return { now: () => at(performance.now()), at };
}
