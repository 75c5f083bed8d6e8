import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { GodwitError, type Outcome } from "../../core/error.ts";
import type { ErrorCode } from "../../core/error-catalog.ts";
import { fileRefused } from "../files/file-refused.ts";
import { isOfFileSystem } from "../files/write-beside.ts";
import { type MappingsWork, mappingsWork, type OnReached, type Reached } from "./work.ts";

/** What the thread says. */
export type FromThread =
  | { readonly is: "reached"; readonly reached: Reached }
  | { readonly is: "done"; readonly result: unknown }
  | { readonly is: "failed"; readonly error: CarriedError };

/** An error without its class, which does not pass between threads. */
export interface CarriedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly outcome: Outcome;
}

/** The build gives it the name of the file that it makes; in a checkout there is no such name. */
declare const MAPPINGS_WORKER: string;

/**
 * Does work on a database here, or in a thread of its own where several are worked on at the same time: reading and
 * writing takes a processor, and one thread has one.
 */
export async function doMappingsWork<K extends keyof MappingsWork>(
  what: K,
  given: MappingsWork[K]["given"],
  { ownThread, onReached }: { readonly ownThread: boolean; readonly onReached: OnReached },
): Promise<MappingsWork[K]["result"]> {
  if (!ownThread) {
    try {
      return await mappingsWork[what](given, onReached);
    } catch (error) {
      throw toldOf(error, given);
    }
  }
  // Options of Node that the program was started with, such as --input-type, are not for this file.
  const worker = new Worker(workerFile(), { workerData: { what, given }, execArgv: [] });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  worker.on("message", (said: FromThread) => {
    if (said.is === "done") resolve(said.result);
    else if (said.is === "failed") reject(new GodwitError(said.error.code, said.error));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of a thread, not of a window
    else onReached(said.reached).then(() => worker.postMessage("go on"), reject);
  });
  worker.on("error", reject);
  worker.on("exit", () => reject(new GodwitError("GW9001", { message: "a thread ended without a word" })));
  try {
    return (await promise) as MappingsWork[K]["result"];
  } finally {
    // What it had open is closed with it, before anybody removes the file.
    await worker.terminate();
  }
}

/** An error with the file that it is about, where the operating system did not say. */
export function toldOf(error: unknown, given: MappingsWork[keyof MappingsWork]["given"]): unknown {
  if (!isOfFileSystem(error)) return error;
  return fileRefused("read or written", "file" in given ? given.file : given.files.join(", "), error);
}

function workerFile(): URL {
  if (typeof MAPPINGS_WORKER === "undefined") return new URL("./worker.ts", import.meta.url);
  // Beside the bundle, or above one of its parts.
  const places = [`./${MAPPINGS_WORKER}`, `../${MAPPINGS_WORKER}`].map(
    (path) => new URL(path, import.meta.url),
  );
  const found = places.find((url) => existsSync(fileURLToPath(url)));
  if (found === undefined) throw new GodwitError("GW9001", { message: `${MAPPINGS_WORKER} is missing` });
  return found;
}
