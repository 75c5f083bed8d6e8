import type { Plan } from "../core/plan.ts";
import { planMigrations } from "../migrate/index.ts";
import { checkOptions } from "./check-options.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface PlanOptions extends ProjectOptions {
  /** Up to and with this version. */
  readonly to?: string | undefined;
}

/** What `apply` would run now: steps in order, with their SQL and transactions; null when nothing is pending. */
export async function plan(options: PlanOptions = {}): Promise<Plan | null> {
  checkOptions("plan", options);
  return planMigrations(await openProject(options), { to: options.to });
}
