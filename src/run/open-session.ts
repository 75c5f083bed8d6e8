import type { Target } from "../core/target.ts";
import type { Engine, Session, SessionOptions } from "../engines/engine.ts";
import { within } from "./within.ts";

/** Opens a session, its set-up included, within the bound: a server that accepts and then says nothing must not hang us. */
export async function openSession(engine: Engine, target: Target, options: SessionOptions): Promise<Session> {
  const opening = engine.connect.open(target, options);
  try {
    // The driver's own bound covers the connection; twice of it leaves room for the set-up.
    return await within(2 * options.connectTimeoutMs, `connecting to ${target.display}`, opening);
  } catch (error) {
    void opening.then((late) => late.close()).catch(() => {});
    throw error;
  }
}
