/**
 * Times in the ledger are the server's: read once, then carried forward by the monotonic clock, so that neither
 * skew nor a jump of this machine's clock can reorder the history.
 */
export interface Clock {
  /** Now, by the server, ISO 8601 in UTC with milliseconds. */
  now(): string;
}

export function serverClock(serverNow: string): Clock {
  const server = Date.parse(serverNow);
  const start = performance.now();
  return { now: () => new Date(server + performance.now() - start).toISOString() };
}
