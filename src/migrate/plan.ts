import { type Plan, sealPlan } from "../core/plan.ts";
import { openSteps } from "../run/ledger.ts";
import { impactOf } from "../run/reviewed/impact.ts";
import { type ApplyChoice, planApply } from "./apply.ts";
import { openContents } from "./content.ts";
import type { Project } from "./project.ts";
import { readingLedger } from "./read.ts";

/** The plan that `apply` would run now, without what an interrupted run has done; null when nothing is pending. Reads only. */
export async function planMigrations(project: Project, choice: ApplyChoice = {}): Promise<Plan | null> {
  await project.engine.syntax.load();
  const contents = openContents(project);
  return readingLedger(project, async ({ session, state, facts }) => {
    const plan = await planApply({ project, choice, contents, state, facts, session });
    if (plan === null) return null;
    const done = new Map(
      openSteps(state).flatMap((step) => (step.state === "done" ? [[step.key, step]] : [])),
    );
    const steps = plan.steps.filter((step) => {
      const record = done.get(step.key);
      // A setting that was edited is made again.
      return record === undefined || (record.sessionOnly && record.hash !== step.hash);
    });
    if (steps.length === 0) return null;
    const { kind, target } = plan;
    return sealPlan({ kind, target, steps, hazards: impactOf(project.engine, steps).hazards });
  });
}
