import { GodwitError } from "../core/error.ts";
import { type Plan, sealPlan, type Step } from "../core/plan.ts";
import type { ServerFacts } from "../engines/engine.ts";
import { isDanger } from "../engines/impact-role.ts";
import { execute, type RunResult } from "../run/executor.ts";
import { type LedgerState, openSteps } from "../run/ledger.ts";
import { type Assessment, assess, halfDone, lostHalf } from "./assess.ts";
import { compileMigration } from "./compile.ts";
import { type Contents, openContents } from "./content.ts";
import { readFolder } from "./folder.ts";
import { verifyHistory } from "./history.ts";
import { knownVersion } from "./known-version.ts";
import { executionOf, fingerprint, type Project } from "./project.ts";
import { readingLedger } from "./read.ts";
import { overwriteChangedRows, rowsDown } from "./row-choice.ts";
import { writeSchemaFile } from "./schema-file.ts";
import { compareVersions } from "./version.ts";

export interface RollbackChoice {
  /** How many of the newest applied migrations; 1 when neither is given. */
  readonly steps?: number | undefined;
  /** Everything newer than this version; "0" for everything. */
  readonly to?: string | undefined;
  /** What is lost by it all the same: "overwrite-changed-rows". */
  readonly allow?: readonly string[] | undefined;
}

/** Kept with the run: what was asked for, and which versions that meant. */
export interface RollbackIntent {
  readonly command: "rollback";
  readonly choice: RollbackChoice;
  versions: string[];
}

/** Undoes the newest migrations in the reverse of the order in which they were applied, or continues such a run. */
export async function rollbackMigrations(
  project: Project,
  choice: RollbackChoice = {},
): Promise<RunResult & { versions: readonly string[] }> {
  await project.engine.syntax.load();
  const contents = openContents(project);
  readFolder(project.folder);
  const intent: RollbackIntent = { command: "rollback", choice, versions: [] };
  const result = await execute({
    ...executionOf(project),
    intent,
    compile: async (state, facts) => {
      const { plan, versions } = planRollback({ project, choice, contents, state, facts });
      // Kept with the run: a resumed rollback undoes these and no others.
      intent.versions = versions;
      return plan;
    },
    afterwards: (session, emit) => writeSchemaFile({ ...project, emit }, session),
  });
  return { ...result, versions: intent.versions };
}

export interface RollbackPreview {
  /** Names of what would be undone, in that order. */
  readonly names: readonly string[];
  /** The interrupted rollback that would be continued. */
  readonly continues: string | null;
}

/** What a rollback would undo now; null when there is nothing. Reads only, and throws what the rollback would. */
export async function previewRollback(
  project: Project,
  choice: RollbackChoice = {},
): Promise<RollbackPreview | null> {
  await project.engine.syntax.load();
  const contents = openContents(project);
  // What is to be said is said when it is done.
  const quiet = { ...project, emit: () => {} };
  return readingLedger(project, async ({ state, facts }) => {
    const { plan } = planRollback({ project: quiet, choice, contents, state, facts });
    if (plan === null) return null;
    const names = [...new Set(plan.steps.map((step) => step.unitTitle))];
    return { names, continues: state.unfinished?.kind === "rollback" ? state.unfinished.id : null };
  });
}

export function planRollback(inputs: {
  project: Project;
  choice: RollbackChoice;
  /** The versions themselves, where they are known better than by a choice. */
  chosen?: readonly string[];
  contents: Contents;
  state: LedgerState;
  facts: ServerFacts;
}): { plan: Plan | null; versions: string[] } {
  const { project, choice, contents, state, facts } = inputs;
  refuseUnknownAllowance(choice);
  verifyHistory(state);
  refuseHalfApplied(state);
  const assessment = assess(readFolder(project.folder), state, contents);
  const unfinished = state.unfinished?.kind === "rollback" ? state.unfinished : null;
  const halves = [...halfDone(state).keys()];
  // The same command again goes on to where the interrupted one was to end, and no further, also when nothing of
  // it is left but to say so. Another choice is what now counts.
  const earlier = unfinished === null ? null : (unfinished.intent as RollbackIntent);
  const isContinued = earlier !== null && isSameChoice(earlier.choice, choice);
  const asked = isContinued ? earlier.versions : [...(inputs.chosen ?? chooseVersions(assessment, choice))];
  refuseLeftHalves(halves, asked);
  // What an interrupted rollback has already undone is no longer in the history.
  const versions = asked.filter((version) => assessment.history.applied.has(version));
  const steps = versions.flatMap((version) => {
    const entry = assessment.migrations.find((candidate) => candidate.version === version);
    if (entry?.migration == null) {
      if (entry?.progress != null) throw lostHalf(entry);
      throw new GodwitError("GW5002", {
        message: `${entry?.name ?? version} is in the history, but its files are gone: it cannot be rolled back`,
        details: { version },
      });
    }
    if (entry.state === "edited") {
      const message = `${entry.name} was edited after it was applied; its down file is run as it stands now`;
      project.emit({ type: "warning:raised", code: "GW5001", message });
    }
    return compileMigration(
      project.engine,
      contents,
      entry.migration,
      "down",
      openSteps(state),
      rowsDown(project, state, entry.migration, choice.allow),
    );
  });
  if (steps.length === 0 && unfinished === null) return { plan: null, versions: [] };
  const plan = rollbackOf(project, steps, { facts, head: assessment.history.head });
  return { plan, versions: asked };
}

/** The plan of a way back that is these steps. */
export function rollbackOf(
  { engine }: Project,
  steps: readonly Step[],
  { facts, head }: { readonly facts: ServerFacts; readonly head: string },
): Plan {
  return sealPlan({
    kind: "rollback",
    target: fingerprint(engine, facts, head),
    steps,
    hazards: steps.map((step) => ({
      type: "undoes-migration",
      step: step.key,
      level: "warning" as const,
      message:
        step.kind === "restore-rows"
          ? `the rows that ${step.unitTitle} changed are put back${step.overwrites ? ", over what was written into them since" : ""}`
          : `${step.unitTitle} is undone by its down file, which may drop what was added since`,
    })),
  });
}

function refuseUnknownAllowance({ allow = [] }: RollbackChoice): void {
  const unknown = allow.filter((name) => name !== overwriteChangedRows && !isDanger(name));
  if (unknown.length === 0) return;
  throw new GodwitError("GW1001", {
    message: `a rollback has nothing to allow by the name ${unknown.join(", ")}; expected ${overwriteChangedRows}`,
  });
}

/** Newest applied first. Throws GW2013 for an unknown version, GW1001 for nonsense. */
function chooseVersions({ migrations, history }: Assessment, { steps, to }: RollbackChoice): string[] {
  const applied = [...history.applied.values()]
    .filter(({ kind }) => kind === "versioned")
    .sort((a, b) => b.seq - a.seq);
  if (to === undefined) return applied.slice(0, steps ?? 1).map(({ version }) => version);
  if (/^0+$/.test(to)) return applied.map(({ version }) => version);
  const floor = knownVersion(migrations, to);
  return applied.filter(({ version }) => compareVersions(version, floor) > 0).map(({ version }) => version);
}

function isSameChoice(a: RollbackChoice, b: RollbackChoice): boolean {
  return a.steps === b.steps && a.to === b.to;
}

/** What is half undone is the newest, so every choice but an odd one holds it. */
function refuseLeftHalves(halves: readonly string[], asked: readonly string[]): void {
  const left = halves.filter((version) => !asked.includes(version));
  if (left.length === 0) return;
  throw new GodwitError("GW4005", {
    message: `${left.join(", ")} is half rolled back, and this rollback would leave it so`,
    hint: "Finish it with `godwit rollback`.",
    details: { versions: left },
    outcome: "changed",
  });
}

function refuseHalfApplied(state: LedgerState): void {
  if (state.unfinished?.kind !== "apply") return;
  const [half] = halfDone(state).keys();
  if (half === undefined) return;
  throw new GodwitError("GW5009", {
    message: `${half} is half applied by the interrupted run ${state.unfinished.id}; its down file expects it whole`,
    hint: `Finish it with \`godwit apply\`. Or undo by hand what took effect, and say so: \`godwit repair --forget ${half}\`.`,
    details: { version: half, runId: state.unfinished.id },
    outcome: "changed",
  });
}
