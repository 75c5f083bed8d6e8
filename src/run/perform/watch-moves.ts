import type { Activity, Session } from "../../engines/engine.ts";
import type { Side } from "../crew.ts";
import { openSession } from "../open-session.ts";
import { within } from "../within.ts";
import type { RunSettings } from "./context.ts";

const tickMs = 2_000;
/** So many looks in a row must say that nothing will come. */
const looks = 2;

/** A step's context, or what there is of it outside of any run. */
export interface Watcher {
  readonly settings: Pick<RunSettings, "connectTimeoutMs">;
  /** Is not closed: others look after it. */
  readonly session?: Session;
}

interface Judging<T> {
  /** Whether it waits for us, by what a server says of a session; null where it says nothing. */
  readonly waits?: (found: Activity | null) => boolean;
  readonly closing?: (one: T) => void;
}

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
  { settings, session: own }: Watcher,
  all: readonly T[],
  endsOf: (one: T) => readonly (readonly [Side, Session])[],
  { waits = waitsForClient, closing }: Judging<T> = {},
): { stop(): void } {
  const silentMs = silenceMs(settings);
  const bad = new Map<T, number>();
  let isLooking = false;
  const look = async () => {
    const now = performance.now();
    const silent = all.filter(({ movedAt }) => movedAt !== null && now - movedAt > silentMs);
    for (const one of bad.keys()) if (!silent.includes(one)) bad.delete(one);
    for (const one of silent) {
      const { movedAt } = one;
      const ends = endsOf(one);
      const found = await Promise.all(ends.map(([side, { id }]) => activityOf(settings, side, id)));
      const isAtWork = !found.every(waits);
      if (one.movedAt !== movedAt || isAtWork) bad.delete(one);
      else bad.set(one, (bad.get(one) ?? 0) + 1);
      if ((bad.get(one) ?? 0) < looks) continue;
      bad.delete(one);
      closing?.(one);
      await Promise.all(ends.map(([, session]) => (session === own ? null : session.close())));
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

/**
 * The same for sessions that each wait for the answer to a question, told by the bytes on their connections. `silent`
 * is called with each one before it is closed. A server that nobody reaches proves nothing: it may let no more
 * sessions in, and where it is gone, the system ends the connection.
 */
export function watchAnswers(
  settings: Watcher["settings"],
  silent: (side: Side, forMs: number) => void,
): AnswersWatch {
  const all: Answering[] = [];
  const { stop } = watchMoves({ settings }, all, ({ side, session }) => [[side, session]], {
    waits: (found) => found !== null && waitsForClient(found),
    closing: ({ side, movedAt }) => silent(side, performance.now() - (movedAt ?? 0)),
  });
  return { add: (side, session) => void all.push(new Answering(side, session)), stop };
}

export interface AnswersWatch {
  add(side: Side, session: Session): void;
  stop(): void;
}

class Answering implements Moving {
  readonly side: Side;
  readonly session: Session;
  #bytes: number | null = null;
  #movedAt = 0;

  constructor(side: Side, session: Session) {
    [this.side, this.session] = [side, session];
  }

  /** When it was last asked with another number. */
  get movedAt(): number | null {
    const bytes = this.session.bytesWhileAsked?.() ?? null;
    if (bytes !== this.#bytes) [this.#bytes, this.#movedAt] = [bytes, performance.now()];
    return bytes === null ? null : this.#movedAt;
  }
}

/** So long nothing need move before the servers are asked. */
function silenceMs({ connectTimeoutMs }: Watcher["settings"]): number {
  return connectTimeoutMs || 10_000;
}

/** PostgreSQL: "Client: ClientRead"; MySQL: "Reading from net", "Writing to net", "Sending to client". */
function waitsForClient(found: Activity | null): boolean {
  return found === null || found.idle || /^Client: |\bnet\b|to client/i.test(found.phase);
}

/** Null where the session is gone, or nobody answers. */
async function activityOf(
  settings: Watcher["settings"],
  { engine, target }: Side,
  id: string,
): Promise<Activity | null> {
  const { activity } = engine.probe;
  if (activity === undefined) return null;
  const connectTimeoutMs = silenceMs(settings);
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
