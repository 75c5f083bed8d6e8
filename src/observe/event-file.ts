import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";
import { GodwitError } from "../core/error.ts";
import type { Receiver, Warn } from "./receiver.ts";

/** The version of a line's shape. */
const lineVersion = 1;

/**
 * Appends each event to a file as a line of JSON, at once: after a kill the file tells how far the program came. A
 * line is one write in append mode, so that several programs can share the file. Throws GW1006 where it cannot be
 * opened: an event file that is asked for and not kept would be missed only when it is needed.
 */
export function openEventFile(
  path: string,
  options: { readonly database: string; readonly warn: Warn },
): Receiver {
  const handle = open(path);
  let isFull = false;
  let run: unknown = null;
  return {
    receive({ type }, plain) {
      if (type === "run:started" || type === "run:resumed") run = plain.runId;
      if (isFull) return;
      const about = { godwit: lineVersion, pid: process.pid, database: options.database, run };
      try {
        writeSync(handle, `${JSON.stringify({ ...about, ...plain })}\n`);
      } catch (error) {
        isFull = true;
        options.warn(`${path} gets no more events: ${(error as Error).message}`);
      }
    },
    async close() {
      closeSync(handle);
    },
  };
}

/** Never through a link, and without waiting for the other end of a pipe. */
function open(path: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let handle: number;
  try {
    handle = openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw unusable(path, code === "ELOOP" ? "it is a link" : message);
  }
  if (fstatSync(handle).isFile()) return handle;
  closeSync(handle);
  throw unusable(path, "it is no regular file");
}

function unusable(path: string, why: string): GodwitError {
  return new GodwitError("GW1006", {
    message: `the event file ${path} cannot be opened: ${why}`,
    hint: "Correct log.file in the configuration, or the file's folder and permissions.",
    details: { file: path },
  });
}
