import { type CopyChoice, copyDatabase, type CopyPlan, planCopy } from "../copy/index.ts";
import type { RunResult } from "../run/executor.ts";
import { openCopyProject, type CopyProjectOptions } from "./copy-options.ts";

export interface CopyOptions extends CopyProjectOptions, CopyChoice {}

/**
 * Copies a database into another one, of the same engine or not: tables, rows, keys, constraints, counters, and the
 * proof that both sides hold the same. The same call goes on with a copy that was interrupted. Rejects with a
 * GodwitError; nothing is written before all that could be lost was found and accepted by name.
 */
export async function copy(options: CopyOptions): Promise<RunResult> {
  return copyDatabase(await openCopyProject(options), options);
}

/** What a copy would do: the target's DDL, the decisions and what would be lost. Reads only. */
export async function planCopyOf(options: CopyOptions): Promise<CopyPlan> {
  return planCopy(await openCopyProject(options), options);
}
