import { applyMigrations, planMigrations } from "../migrate/index.ts";
import type { RunResult } from "../run/executor.ts";
import { checkOptions } from "./check-options.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface ApplyOptions extends ProjectOptions {
  /** Up to and with this version. */
  readonly to?: string | undefined;
  /** Only say what would run. */
  readonly dryRun?: boolean | undefined;
}

/** Applies pending migrations, or continues an interrupted run. Rejects with a GodwitError. */
export async function apply(options: ApplyOptions = {}): Promise<RunResult> {
  checkOptions("apply", options);
  const project = await openProject(options);
  if (options.dryRun !== true) return applyMigrations(project, { to: options.to });
  const plan = await planMigrations(project, { to: options.to });
  return { runId: null, state: "nothing", epoch: 0, plan, performed: [], durationMs: 0 };
}
