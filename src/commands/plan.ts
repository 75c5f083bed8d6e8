import type { Plan } from "../core/plan.ts";
import { planMigrations } from "../migrate/index.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface PlanOptions extends ProjectOptions {
  /** Up to and with this version. */
  readonly to?: string | undefined;
}

/** What `apply` would run now: steps in order, with their SQL and transactions; null when nothing is pending. */
export async function plan(options: PlanOptions = {}): Promise<Plan | null> {
  return planMigrations(await openProject(options), { to: options.to });
}
