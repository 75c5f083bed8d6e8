import { resolve } from "node:path";
import type { FrozenPlan } from "../core/frozen-plan.ts";
import { applyReviewed } from "../migrate/index.ts";
import type { RunResult } from "../run/executor.ts";
import { checkOptions } from "./check-options.ts";
import { observed } from "./observed.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface ApplyPlanOptions extends ProjectOptions {
  /** The plan, as `freezePlan` wrote it. */
  readonly file: string;
}

/** Carries a reviewed plan out, or goes on with it. Rejects with a GodwitError; GW8101 where it is stale. */
export async function applyPlan(options: ApplyPlanOptions): Promise<RunResult> {
  checkOptions("applyPlan", options);
  const frozen = await openPlan(options);
  return observed(options, options, async (own) => applyReviewed(await openProject(own), frozen));
}

/** Reads and checks a plan file. Throws GW8102, GW8103. */
export async function openPlan({
  file,
  cwd = process.cwd(),
}: Pick<ApplyPlanOptions, "file" | "cwd">): Promise<FrozenPlan> {
  // Its parser takes time to load, which whoever has no plan file does not pay for.
  const { readPlanFile } = await import("../review/index.ts");
  return readPlanFile(resolve(cwd, file));
}
