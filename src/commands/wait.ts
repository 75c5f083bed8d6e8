import { setTimeout as sleep } from "node:timers/promises";
import { GodwitError } from "../core/error.ts";
import type { ServerFacts } from "../engines/engine.ts";
import { reading } from "../migrate/index.ts";
import { checkOptions } from "./check-options.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface WaitOptions extends ProjectOptions {
  /** How long to try, in milliseconds; default one minute. */
  readonly timeoutMs?: number | undefined;
}

/** What passes while a server starts; a wrong password or a missing database does not, and fails at once. */
const passing: ReadonlySet<string> = new Set(["GW3001", "GW3005", "GW3010"]);

/** Waits until the server accepts a session; resolves with its facts. Throws GW4008, or what will not pass. */
export async function wait(options: WaitOptions = {}): Promise<ServerFacts> {
  checkOptions("wait", options);
  const project = await openProject(options);
  const timeoutMs = options.timeoutMs ?? 60_000;
  const start = performance.now();
  for (let attempt = 1; ; attempt++) {
    try {
      return await reading(project, (session) => project.engine.connect.facts(session));
    } catch (error) {
      if (!(error instanceof GodwitError) || !passing.has(error.code)) throw error;
      const waitedMs = Math.round(performance.now() - start);
      if (options.signal?.aborted === true)
        throw new GodwitError("GW4006", { message: "interrupted while waiting" });
      if (waitedMs >= timeoutMs) {
        const message = `no session after ${Math.round(waitedMs / 1000)} s: ${error.message}`;
        throw new GodwitError("GW4008", { message, details: error.details, cause: error });
      }
      const pauseMs = Math.min(100 * attempt, 1_000, timeoutMs - waitedMs);
      await sleep(pauseMs, undefined, options.signal === undefined ? {} : { signal: options.signal }).catch(
        () => {},
      );
    }
  }
}
