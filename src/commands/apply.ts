import { applyMigrations, planMigrations } from "../migrate/index.ts";
import type { RunResult } from "../run/executor.ts";
import { checkOptions } from "./check-options.ts";
import { observed } from "./observed.ts";
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
  if (options.dryRun !== true) {
    return observed(options, options, async (own) =>
      applyMigrations(await openProject(own), { to: options.to }),
    );
  }
  const project = await openProject(options);
  const plan = await planMigrations(project, { to: options.to });
  return { runId: null, state: "nothing", epoch: 0, plan, performed: [], durationMs: 0 };
}
