import type { Plan } from "../core/plan.ts";
import { type ApplyChoice, planApply } from "./apply.ts";
import { openContents } from "./content.ts";
import type { Project } from "./project.ts";
import { readingLedger } from "./read.ts";

/** The plan that `apply` would run now; null when nothing is pending. Reads only. */
export async function planMigrations(project: Project, choice: ApplyChoice = {}): Promise<Plan | null> {
  await project.engine.syntax.load();
  const contents = openContents(project);
  return readingLedger(project, ({ session, state, facts }) =>
    planApply({ project, choice, contents, state, facts, session }),
  );
}
