import { GodwitError } from "../core/error.ts";
import { rollbackMigrations } from "../migrate/index.ts";
import type { RunResult } from "../run/executor.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface RollbackOptions extends ProjectOptions {
  /** How many of the newest migrations; default 1. */
  readonly steps?: number | undefined;
  /** Everything newer than this version; "0" for everything. Not together with `steps`. */
  readonly to?: string | undefined;
}

/** Undoes the newest migrations by their down files, or continues an interrupted rollback. */
export async function rollback(
  options: RollbackOptions = {},
): Promise<RunResult & { versions: readonly string[] }> {
  if (options.steps !== undefined && options.to !== undefined) {
    throw new GodwitError("GW1001", { message: "steps and to exclude each other" });
  }
  if (options.steps !== undefined && (!Number.isInteger(options.steps) || options.steps < 1)) {
    throw new GodwitError("GW1001", { message: `steps is ${options.steps}: expected a whole number from 1` });
  }
  return rollbackMigrations(await openProject(options), { steps: options.steps, to: options.to });
}
