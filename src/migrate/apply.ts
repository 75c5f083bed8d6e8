import { GodwitError } from "../core/error.ts";
import { type Plan, sealPlan } from "../core/plan.ts";
import type { ServerFacts, Session } from "../engines/engine.ts";
import { execute, type RunResult } from "../run/executor.ts";
import { type LedgerState, openSteps } from "../run/ledger.ts";
import { type AssessedMigration, assess, halfDone, judgeAssessment } from "./assess.ts";
import { compileMigration } from "./compile.ts";
import { rowsUp } from "./row-choice.ts";
import { type Contents, openContents } from "./content.ts";
import { explainEdits } from "./edits.ts";
import { readFolder } from "./folder.ts";
import { verifyHistory } from "./history.ts";
import { executionOf, fingerprint, type Project } from "./project.ts";
import { writeSchemaFile } from "./schema-file.ts";
import { knownVersion } from "./known-version.ts";
import { undoRun } from "./undo-run.ts";
import { compareVersions } from "./version.ts";

export interface ApplyChoice {
  /** Up to and with this version; all that is pending when left out. */
  readonly to?: string | undefined;
  /** This version and no other, wherever it stands in the order (redo). */
  readonly only?: string | undefined;
}

/** Applies what is pending, or continues an interrupted run. */
export async function applyMigrations(project: Project, choice: ApplyChoice = {}): Promise<RunResult> {
  await project.engine.syntax.load();
  const contents = openContents(project);
  // Errors of the folder are found before the server is asked for anything.
  readFolder(project.folder);
  return execute({
    ...executionOf(project),
    intent: { command: "apply", to: choice.only ?? choice.to ?? null },
    compile: (state, facts, _, { emit }) =>
      planApply({ project: { ...project, emit }, choice, contents, state, facts }),
    afterwards: (session, emit) => writeSchemaFile({ ...project, emit }, session),
    undo: (aborted) => undoRun(project, contents, aborted),
  });
}

export interface PlanInputs {
  readonly project: Project;
  readonly choice: ApplyChoice;
  readonly contents: Contents;
  readonly state: LedgerState;
  readonly facts: ServerFacts;
  /** To read the text of an edited file as it was; one is opened where it is left out. */
  readonly session?: Session;
}

/** The plan of what is pending; null when there is nothing to do and no run to close. */
export async function planApply(inputs: PlanInputs): Promise<Plan | null> {
  const { project, contents, state, facts } = inputs;
  const { engine } = project;
  verifyHistory(state);
  refuseUnfinishedRollback(state);
  const assessment = assess(readFolder(project.folder), state, contents);
  // What is done again has its place in the order already.
  const policies = inputs.choice.only === undefined ? project.policies : { outOfOrder: "allow" as const };
  const { errors, warnings } = judgeAssessment(assessment, policies);
  for (const warning of warnings) project.emit({ type: "warning:raised", ...warning });
  if (errors.length > 0) throw await combine(errors, inputs);
  const pending = choosePending(assessment.migrations, inputs.choice);
  const records = openSteps(state);
  for (const { name, script } of project.snapshots === "always" ? pending : []) {
    if (!script) continue;
    const message = `${name}: snapshots are demanded of each data change, and what a TypeScript migration changes is not known before: it is not kept`;
    project.emit({ type: "warning:raised", code: "GW8305", message });
  }
  const steps = pending.flatMap((migration) =>
    compileMigration(engine, contents, migration, "up", records, rowsUp(project, state, migration)),
  );
  if (steps.length === 0 && state.unfinished === null) return null;
  return sealPlan({
    kind: "apply",
    target: fingerprint(engine, facts, assessment.history.head),
    steps,
    hazards: [],
  });
}

/** Half-applied first, then by version, the repeatable ones last. Throws GW2013 for an unknown `to`. */
function choosePending(migrations: readonly AssessedMigration[], { to, only }: ApplyChoice) {
  let chosen = migrations.filter(
    ({ state }) => state === "pending" || state === "half-applied" || state === "outdated",
  );
  if (only !== undefined) {
    chosen = chosen.filter(({ version, state }) => state === "half-applied" || version === only);
  } else if (to !== undefined) {
    const limit = knownVersion(migrations, to);
    chosen = chosen.filter(
      ({ kind, version, state }) =>
        state === "half-applied" || (kind === "versioned" && compareVersions(version, limit) <= 0),
    );
  }
  const half = chosen.filter(({ state }) => state === "half-applied");
  const rest = chosen.filter(({ state }) => state !== "half-applied");
  return [...half, ...rest].flatMap(({ migration }) => (migration === null ? [] : [migration]));
}

function refuseUnfinishedRollback(state: LedgerState): void {
  const { unfinished } = state;
  if (unfinished?.kind !== "rollback" || halfDone(state).size === 0) return;
  throw new GodwitError("GW4005", {
    message: `the rollback ${unfinished.id} of ${unfinished.startedAt} stopped halfway`,
    hint: "Finish it with `godwit rollback`.",
    details: { runId: unfinished.id },
  });
}

/** One error that names all: the first one's code and hint, each one's words. */
async function combine(errors: readonly GodwitError[], inputs: PlanInputs): Promise<GodwitError> {
  const [first] = errors;
  if (first === undefined) throw new Error("no errors to combine");
  const edits = await explainEdits(errors, inputs);
  const message = errors.map((error) => error.message).join("; ");
  return new GodwitError(first.code, {
    message,
    hint: first.hint,
    outcome: errors.some(({ outcome }) => outcome === "changed") ? "changed" : "unchanged",
    details: { ...first.details, errors: errors.map((error) => error.toJSON()), edits },
  });
}
