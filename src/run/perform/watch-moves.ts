import type { Session } from "../../engines/engine.ts";
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
 */
export function watchMoves<T extends Moving>(
  context: StepContext,
  all: readonly T[],
  endsOf: (one: T) => readonly (readonly [Side, Session])[],
): { stop(): void } {
  const silentMs = context.settings.connectTimeoutMs || 10_000;
  const bad = new Map<T, number>();
  let isLooking = false;
  const look = async () => {
    const now = performance.now();
    const silent = all.filter(({ movedAt }) => movedAt !== null && now - movedAt > silentMs);
    for (const one of silent) {
      const { movedAt } = one;
      const ends = endsOf(one);
      const waits = await Promise.all(ends.map(([side, { id }]) => isWaiting(context, side, id)));
      if (one.movedAt !== movedAt || waits.includes(false)) bad.delete(one);
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

/** Whether the session waits for its client, or nobody answers. A server that is this process does neither. */
async function isWaiting({ settings }: StepContext, side: Side, id: string): Promise<boolean> {
  const { engine, target } = side;
  const { activity } = engine.probe;
  if (activity === undefined) return true;
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
      const found = await within(connectTimeoutMs, "the monitor's session", activity(session, id));
      // PostgreSQL: "Client: ClientRead"; MySQL: "Reading from net", "Writing to net", "Sending to client".
      return found === null || found.idle || /^Client: |\bnet\b|to client/i.test(found.phase);
    } finally {
      await session.close();
    }
  } catch {
    return true;
  }
}
