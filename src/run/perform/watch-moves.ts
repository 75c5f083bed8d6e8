import type { Activity, Session } from "../../engines/engine.ts";
import type { Side } from "../crew.ts";
import { openSession } from "../open-session.ts";
import { within } from "../within.ts";
import type { StepContext } from "./context.ts";

const tickMs = 2_000;
/** So many looks in a row must say that nothing will come. */
const looks = 2;

/** Moves between us and the servers of some sessions. */
export interface Moving {
  /** When something last moved, by performance.now(); null while there is nothing to do. */
  readonly movedAt: number | null;
}

/**
 * Ends the wait for bytes that will never come. Where nothing moves although all servers that take part say that they
 * wait for us, or do not answer at all, one of the connections carries nothing any more: all of them are closed, and
 * the attempt ends as with any lost connection. A server that is at work (a sort, a trigger, a lock) is never disturbed.
 * `waits` tells that of what a server says, null where it says nothing.
 */
export function watchMoves<T extends Moving>(
  context: StepContext,
  all: readonly T[],
  endsOf: (one: T) => readonly (readonly [Side, Session])[],
  waits: (found: Activity | null) => boolean = waitsForClient,
): { stop(): void } {
  const silentMs = context.settings.connectTimeoutMs || 10_000;
  const bad = new Map<T, number>();
  let isLooking = false;
  const look = async () => {
    const now = performance.now();
    const silent = all.filter(({ movedAt }) => movedAt !== null && now - movedAt > silentMs);
    for (const one of bad.keys()) if (!silent.includes(one)) bad.delete(one);
    for (const one of silent) {
      const { movedAt } = one;
      const ends = endsOf(one);
      const found = await Promise.all(ends.map(([side, { id }]) => activityOf(context, side, id)));
      const isAtWork = !found.every(waits);
      if (one.movedAt !== movedAt || isAtWork) bad.delete(one);
      else bad.set(one, (bad.get(one) ?? 0) + 1);
      if ((bad.get(one) ?? 0) < looks) continue;
      bad.delete(one);
      await Promise.all(ends.map(([, session]) => (session === context.session ? null : session.close())));
    }
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
    });
  }, tickMs).unref();
  return { stop: () => clearInterval(timer) };
}

/** PostgreSQL: "Client: ClientRead"; MySQL: "Reading from net", "Writing to net", "Sending to client". */
function waitsForClient(found: Activity | null): boolean {
  return found === null || found.idle || /^Client: |\bnet\b|to client/i.test(found.phase);
}

/** Null where the session is gone, or nobody answers. */
async function activityOf({ settings }: StepContext, side: Side, id: string): Promise<Activity | null> {
  const { engine, target } = side;
  const { activity } = engine.probe;
  if (activity === undefined) return null;
  const connectTimeoutMs = settings.connectTimeoutMs || 10_000;
  const options = {
    tag: "godwit monitor",
    connectTimeoutMs,
    lockTimeoutMs: 1_000,
    statementTimeoutMs: 5_000,
  };
  try {
    const session = await openSession(engine, target, options);
    try {
      return await within(connectTimeoutMs, "the monitor's session", activity(session, id));
    } finally {
      await session.close();
    }
  } catch {
    return null;
  }
}
