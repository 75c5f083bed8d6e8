import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, renameSync, rmSync, writeSync } from "node:fs";
import type { Metrics } from "./metrics.ts";
import type { Receiver, Warn } from "./receiver.ts";

/**
 * Keeps a file up to date with the metrics. It is written beside and renamed, so that a collector never reads a half
 * one, and readable by all, because the collector is another user.
 */
export function openMetricsFile(
  path: string,
  options: { readonly metrics: Metrics; readonly intervalMs: number; readonly warn: Warn },
): Receiver {
  const { metrics, intervalMs, warn } = options;
  let writtenMs = performance.now();
  let isWarned = false;
  const write = () => {
    writtenMs = performance.now();
    try {
      replace(path, metrics.text());
    } catch (error) {
      if (!isWarned) warn(`the metrics file ${path} cannot be written: ${(error as Error).message}`);
      isWarned = true;
    }
  };
  const timer = setInterval(write, intervalMs).unref();
  return {
    receive({ type }) {
      // A timer has no turn while a synchronous driver works.
      if (type === "run:started" || performance.now() - writtenMs > intervalMs) write();
    },
    async close() {
      clearInterval(timer);
      write();
    },
  };
}

function replace(path: string, text: string): void {
  const beside = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const handle = openSync(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    writeSync(handle, text);
    closeSync(handle);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
