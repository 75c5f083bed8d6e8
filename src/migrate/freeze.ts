import type { FrozenPlan, Undo } from "../core/frozen-plan.ts";
import { GodwitError } from "../core/error.ts";
import type { Plan, Step } from "../core/plan.ts";
import type { LedgerState } from "../run/ledger.ts";
import { freeze, type FreezeRequest, type Frozen } from "../run/reviewed/freeze.ts";
import { type ApplyChoice, planApply } from "./apply.ts";
import { compileMigration } from "./compile.ts";
import { type Contents, openContents } from "./content.ts";
import { type Migration, readFolder } from "./folder.ts";
import { stepsWithin, withinFolder } from "./plan-paths.ts";
import type { Project } from "./project.ts";
import { readingLedger, type Reading } from "./read.ts";
import { rowsUp } from "./row-choice.ts";
import { planRollback, type RollbackChoice } from "./rollback.ts";
import { readSourceFile } from "./source-file.ts";

/** The plan that `apply` would run now, as a document for review; null when nothing is pending. Reads only. */
export async function freezeApply(
  project: Project,
  choice: ApplyChoice,
  request: FreezeRequest,
): Promise<FrozenPlan | null> {
  return freezing(project, request, async (contents, reading) => {
    const plan = await planApply({ project, choice, contents, ...reading });
    const intent = { command: "apply", to: choice.to ?? null };
    return plan === null || plan.steps.length === 0
      ? null
      : frozenOf(plan, intent, undoSteps({ project, contents, plan, state: reading.state }, "down"), project);
  });
}

/** The same of a rollback; what undoes it are the up files, as they are now. */
export async function freezeRollback(
  project: Project,
  choice: RollbackChoice,
  request: FreezeRequest,
): Promise<FrozenPlan | null> {
  return freezing(project, request, async (contents, reading) => {
    const { plan, versions } = planRollback({ project, choice, contents, ...reading });
    const intent = { command: "rollback", choice, versions };
    return plan === null || plan.steps.length === 0
      ? null
      : frozenOf(plan, intent, undoSteps({ project, contents, plan, state: reading.state }, "up"), project);
  });
}

async function freezing(
  project: Project,
  request: FreezeRequest,
  make: (contents: Contents, reading: Reading) => Promise<Frozen | null>,
): Promise<FrozenPlan | null> {
  await project.engine.syntax.load();
  const contents = openContents(project);
  return readingLedger(project, async (reading) => {
    const frozen = await make(contents, reading);
    return frozen === null ? null : freeze(frozen, { ...project, ...reading }, request);
  });
}

function frozenOf(plan: Plan, intent: unknown, undo: Undo, project: Project): Frozen {
  const { folder, maxFileBytes } = project;
  const paths = new Set([...plan.steps, ...undo.steps].flatMap((step) => ("file" in step ? step.file : [])));
  return {
    kind: plan.kind === "rollback" ? "rollback" : "apply",
    intent,
    source: null,
    steps: stepsWithin(plan.steps, folder),
    undo: { ...undo, steps: stepsWithin(undo.steps, folder) },
    files: [...paths].map((path) => ({
      path: withinFolder(path, folder),
      hash: readSourceFile(path, folder, maxFileBytes).rawHash,
    })),
    hazards: plan.hazards,
  };
}

/** The way back, in the reverse of the order in which the units run. */
function undoSteps(planned: Planned, direction: "up" | "down"): Undo {
  const { project, plan } = planned;
  const byVersion = new Map(readFolder(project.folder).map((migration) => [migration.version, migration]));
  const units = [...new Map(plan.steps.map(({ unit, unitTitle }) => [unit, unitTitle]))].toReversed();
  const missing: string[] = [];
  const steps = units.flatMap(([unit, title]): Step[] => {
    const migration = byVersion.get(unit);
    const found = migration === undefined ? null : wayBack(planned, migration, direction);
    if (found === null) missing.push(title);
    return found ?? [];
  });
  return { steps, missing };
}

interface Planned {
  readonly project: Project;
  readonly contents: Contents;
  readonly plan: Plan;
  readonly state: LedgerState;
}

function wayBack(
  { project, contents, state }: Planned,
  migration: Migration,
  direction: "up" | "down",
): Step[] | null {
  try {
    // What is undone is the application that is planned, or one more after it.
    const rows = rowsUp(project, state, migration);
    return compileMigration(project.engine, contents, migration, direction, [], rows);
  } catch (error) {
    if (error instanceof GodwitError && error.code === "GW2008") return null;
    throw error;
  }
}
