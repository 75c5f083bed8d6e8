/** A thread that works on one database and ends. */
import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import { GodwitError } from "../../core/error.ts";
import { type CarriedError, type FromThread, toldOf } from "./own-thread.ts";
import { type MappingsWork, mappingsWork, type Reached } from "./work.ts";

const port = parentPort;
if (port === null) throw new GodwitError("GW9001", { message: "this file is started as a thread" });
const say = (what: FromThread) => port.postMessage(what);

const { what, given } = workerData as { what: keyof MappingsWork; given: never };
try {
  const result = await mappingsWork[what](given, async (reached: Reached) => {
    const answer = once(port, "message");
    say({ is: "reached", reached });
    await answer;
  });
  say({ is: "done", result });
} catch (error) {
  say({ is: "failed", error: carried(toldOf(error, given)) });
} finally {
  port.close();
}

function carried(error: unknown): CarriedError {
  const { code, message, hint, details, outcome } =
    error instanceof GodwitError
      ? error
      : new GodwitError("GW9001", { message: String((error as Error).message), outcome: "unknown" });
  return { code, message, hint, details, outcome };
}
