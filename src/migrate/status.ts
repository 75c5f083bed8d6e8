import type { LockHolder } from "../core/event.ts";
import type { SqlStep } from "../core/plan.ts";
import { type LedgerState, openSteps, readLedger, type RunRecord } from "../run/ledger.ts";
import { type AssessedMigration, assess, type HalfProgress, judgeAssessment } from "./assess.ts";
import { compileMigration } from "./compile.ts";
import { type Contents, openContents } from "./content.ts";
import { readFolder } from "./folder.ts";
import { verifyHistory } from "./history.ts";
import type { Project } from "./project.ts";
import { reading } from "./read.ts";

export interface StatusReport {
  readonly database: string;
  readonly migrations: readonly Omit<AssessedMigration, "migration">[];
  readonly counts: { readonly applied: number; readonly pending: number; readonly problems: number };
  readonly baseline: string | null;
  /** The run that did not reach its end, with the state it is really in. */
  readonly run: UnfinishedRun | null;
  readonly problems: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

export interface UnfinishedRun {
  readonly id: string;
  readonly kind: RunRecord["kind"];
  /** `running` only while its session holds the lock; a killed run is `resumable`. */
  readonly state: "running" | "resumable" | "blocked";
  readonly epoch: number;
  readonly startedAt: string;
  readonly holder: LockHolder | null;
  /** Why it stopped, where it could still say so. */
  readonly error: Readonly<Record<string, unknown>> | null;
}

/** Where the database stands. Reads only; never waits for the lock. */
export async function readStatus(project: Project): Promise<StatusReport> {
  const { engine, target } = project;
  const folder = readFolder(project.folder);
  const contents = openContents(project);
  return reading(project, async (session) => {
    const state = await readLedger(engine, session);
    const { migrations, history } = assess(folder, state, contents);
    // Only half-done files are compiled, to tell which statement is next.
    if (migrations.some(({ progress }) => progress !== null)) await engine.syntax.load();
    const { errors, warnings } = judgeAssessment({ migrations, history }, project.policies);
    try {
      verifyHistory(state);
    } catch (error) {
      errors.push(error as (typeof errors)[number]);
    }
    const holder = state.unfinished === null ? null : await engine.lock.holder(session);
    const run = state.unfinished === null ? null : describeRun(state.unfinished, holder);
    // Another runner is at work from a folder that may be newer than this one: what is open now is its own.
    const problems = run?.state === "running" ? errors.filter(({ code }) => code !== "GW5007") : errors;
    const count = (...states: AssessedMigration["state"][]) =>
      migrations.filter((migration) => states.includes(migration.state)).length;
    return {
      database: target.display,
      migrations: migrations.map((entry) =>
        withoutPaths(entry, halfProgress(project, contents, state, entry)),
      ),
      counts: {
        applied: count("applied", "reformatted", "edited", "missing", "baseline"),
        pending: count("pending", "half-applied", "outdated"),
        problems: problems.length,
      },
      baseline: history.baseline,
      run,
      problems: problems.map(({ code, message, hint }) => ({ code, message, hint })),
      warnings,
    };
  });
}

function withoutPaths({ migration: _, ...entry }: AssessedMigration, progress: HalfProgress | null) {
  return { ...entry, progress };
}

/** Which statements of a half-done migration took effect, and which one is next. */
function halfProgress(
  project: Project,
  contents: Contents,
  state: LedgerState,
  entry: AssessedMigration,
): HalfProgress | null {
  if (entry.progress === null || entry.migration === null || entry.migration.script) return entry.progress;
  const direction = entry.state === "half-rolled-back" ? "down" : "up";
  const done = new Set(
    openSteps(state)
      .filter((step) => step.state === "done")
      .map((step) => step.key),
  );
  let steps: SqlStep[];
  try {
    steps = compileMigration(project.engine, contents, entry.migration, direction, openSteps(state)).filter(
      (step) => step.kind === "sql",
    );
  } catch {
    // A file that was edited into nonsense since: how far the run came is still known.
    return entry.progress;
  }
  const count = (list: readonly SqlStep[]) =>
    list.reduce((sum, { statements }) => sum + statements.length, 0);
  const nextIndex = steps.findIndex((step) => !done.has(step.key));
  const statement = steps[nextIndex]?.statements[0];
  return {
    doneStatements: count(steps.filter((step) => done.has(step.key))),
    totalStatements: count(steps),
    next:
      statement === undefined
        ? null
        : { number: count(steps.slice(0, nextIndex)) + 1, line: statement.line, label: statement.label },
  };
}

function describeRun(run: RunRecord, holder: LockHolder | null): UnfinishedRun {
  const holds = holder?.sessionId === run.sessionId;
  return {
    id: run.id,
    kind: run.kind,
    state: run.state === "blocked" ? "blocked" : run.state === "running" && holds ? "running" : "resumable",
    epoch: run.epoch,
    startedAt: run.startedAt,
    holder: holds ? holder : null,
    error: run.error,
  };
}
