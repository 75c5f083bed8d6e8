import { setTimeout } from "node:timers/promises";
import type { Session } from "../engines/engine.ts";

/** What is cancelled is rolled back in milliseconds; a session that then still says nothing is closed. */
const graceMs = 1_000;

/**
 * Asks the servers to cancel what the busy sessions execute, and closes those that still are after the grace: a
 * connection on which nothing comes back any more would keep everybody waiting. Never rejects.
 */
export async function haltBusy(busy: () => readonly Session[]): Promise<void> {
  const cancelled = Promise.all(busy().map((session) => session.cancel()));
  await Promise.race([cancelled, setTimeout(graceMs, undefined, { ref: false })]);
  await setTimeout(graceMs, undefined, { ref: false });
  await Promise.all(busy().map((session) => session.close()));
}
