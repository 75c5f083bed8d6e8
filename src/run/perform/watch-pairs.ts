import type { Side } from "../crew.ts";
import { openSession } from "../open-session.ts";
import { within } from "../within.ts";
import type { Pair } from "./copy-chunk.ts";
import type { StepContext } from "./context.ts";

const tickMs = 2_000;
/** So many looks in a row must say that nothing will come. */
const looks = 2;

/**
 * Ends the wait for bytes that will never come. Where nothing moves between a reader and a writer although both
 * servers say that they wait for us, or do not answer at all, one of the two connections carries nothing any more:
 * both are closed, and the attempt ends as with any lost connection. A server that is at work (a sort, a trigger, a
 * lock) is never disturbed.
 */
export function watchPairs(context: StepContext, pairs: readonly Pair[]): { stop(): void } {
  const silentMs = context.settings.connectTimeoutMs || 10_000;
  const bad = new Map<Pair, number>();
  let isLooking = false;
  const look = async () => {
    const now = performance.now();
    const silent = pairs.filter(({ movedAt }) => movedAt !== null && now - movedAt > silentMs);
    for (const pair of silent) {
      const { movedAt } = pair;
      const waits = await Promise.all([
        isWaiting(context, pair.source, pair.reader.id),
        isWaiting(context, { engine: context.engine, target: context.crew.target.target }, pair.writer.id),
      ]);
      if (pair.movedAt !== movedAt || waits.includes(false)) bad.delete(pair);
      else bad.set(pair, (bad.get(pair) ?? 0) + 1);
      if ((bad.get(pair) ?? 0) < looks) continue;
      bad.delete(pair);
      await Promise.all([pair.reader.close(), pair.writer === context.session ? null : pair.writer.close()]);
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
