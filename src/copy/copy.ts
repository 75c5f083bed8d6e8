import { digest } from "../core/canonical.ts";
import { catalog } from "../core/error-catalog.ts";
import { GodwitError } from "../core/error.ts";
import type { Emit } from "../core/event.ts";
import { type Plan, type RefusedObject, sealPlan, type Step } from "../core/plan.ts";
import { tableKey } from "../core/table-key.ts";
import type { ServerFacts } from "../engines/engine.ts";
import { execute, type ExecuteOptions, type RunResult } from "../run/executor.ts";
import { type LedgerState, mayHaveEffect } from "../run/ledger.ts";
import { readWatermarks } from "../run/watermark-ledger.ts";
import { compileCopy } from "./compile.ts";
import { refuseDuplicates } from "./duplicate-keys.ts";
import { type Loss, refuseLosses } from "./losses.ts";
import { refuseForeignFile, writeDrafts } from "./objects/drafts-file.ts";
import { partKey } from "./objects/objects-steps.ts";
import { notesOf, type PlannedObject, type SourceObject, type Undone } from "./objects/model.ts";
import { type CopyChoice, type CopyProject, makesDatabase } from "./project.ts";
import { type ReadingTime, readingTime } from "./reading-time.ts";
import { refuseQuarantined } from "./refuse-quarantined.ts";
import { type Survey, survey } from "./survey.ts";
import {
  discarded,
  type Made,
  type MadeObject,
  madeByBoth,
  madeByGivenUp,
  nothingMade,
  schemaBefore,
} from "./given-up.ts";
import { referencesAway } from "./kept-tables.ts";
import { ReferencesWatch } from "./references-watch.ts";
import { swappedTables } from "./refresh.ts";
import { stillMade } from "./still-made.ts";
import { type TargetState, targetState } from "./target-state.ts";
import { refuseWithoutWatermark, watermarked } from "./watermark.ts";
import { undoCopy } from "./undo-copy.ts";
import { withSession } from "./with-session.ts";

export interface CopyPlan {
  readonly plan: Plan;
  readonly survey: Survey;
  readonly losses: readonly Loss[];
  /** What the target's own parts do with the rows, or lose: for people. */
  readonly ofTarget: readonly string[];
  /** Null where nothing could be measured. */
  readonly reading: ReadingTime | null;
}

interface PreparedCopy extends Omit<CopyPlan, "reading"> {
  readonly made: Made;
}

/** What the ledger keeps of a copy: enough to go on with it when the source has changed since. */
export interface CopyIntent {
  readonly command: "copy";
  readonly source: string;
  /** Of what was asked for: the same command continues the run. */
  readonly asked: string;
  readonly steps: readonly Step[];
  /** What it makes, and what it takes away of the run that was given up for it. */
  readonly made: Made;
  /** Known before anything was done; what the target refuses is told by the steps' records. */
  readonly left?: LeftUndone;
}

/** What the copy does not make. */
interface LeftUndone {
  readonly undone: readonly Undone[];
  /** What it tries to make, for the report of those that are refused. */
  readonly planned: readonly SourceObject[];
  readonly parts: readonly string[];
  /** Missing in records of earlier versions. */
  readonly ofTarget?: readonly string[];
}

export interface CopyResult extends RunResult {
  /** Views, triggers, routines and the like that were not made. */
  readonly undone: readonly Undone[];
  /** Indexes, foreign keys, defaults and other parts of tables that were not made. */
  readonly parts: readonly string[];
  /** What of the target's own went with its old tables, which of its triggers fire, and what does not follow the rows. */
  readonly ofTarget: readonly string[];
}

/** Copies a database, or goes on with a copy that was interrupted. */
export async function copyDatabase(project: CopyProject, choice: CopyChoice): Promise<CopyResult> {
  refuseContradictions(choice);
  if (choice.drafts !== undefined) refuseForeignFile(choice.drafts);
  await project.target.engine.syntax.load();
  const asked = askedOf(project, choice);
  let prepared: PreparedCopy | null = null;
  const intent: Writable<CopyIntent> = { ...newIntent(project, asked) };
  return carryOut(project, choice, {
    intent,
    restarts: choice.restart === true,
    compile: async (state, facts, givenUp) => {
      const kept = unfinishedSteps(state, choice, asked);
      if (kept !== null) {
        intent.steps = kept.steps.map((step) => asAskedNow(step, choice));
        intent.left = kept.left ?? nothingLeft;
        intent.made = { ...nothingMade, ...kept.made };
        return sealed(facts, intent.steps);
      }
      const before = madeByGivenUp(givenUp);
      prepared ??= await prepare(project, choice, facts, before);
      refuseLosses(prepared.losses, choice.allow ?? []);
      refuseDuplicates(prepared.survey.duplicates, choice.allow ?? []);
      intent.steps = prepared.plan.steps;
      intent.made = madeByBoth(before, prepared.made);
      intent.left = leftUndone(prepared);
      return prepared.plan;
    },
  });
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function newIntent({ source }: CopyProject, asked: string): CopyIntent {
  const { display } = source.target;
  return { command: "copy", source: display, asked, steps: [], made: nothingMade, left: nothingLeft };
}

/** Runs a copy's plan, and says what of it was not made. */
export async function carryOut(
  project: CopyProject,
  choice: Pick<CopyChoice, "drafts">,
  run: Pick<ExecuteOptions, "compile" | "restarts" | "reviewed"> & { readonly intent: CopyIntent },
): Promise<CopyResult> {
  const { source, target, settings, gates, signal, waitMs, commandLine } = project;
  const refused = new Map<string, RefusedObject>();
  const references = new ReferencesWatch(run.intent);
  const emit: Emit = (event) => {
    references.hear(event);
    if (event.type === "object:undone") refused.set(`${event.what} ${event.name}`, event);
    project.emit(event);
  };
  const undoneNow = (): readonly Undone[] => {
    const { undone, planned } = run.intent.left ?? nothingLeft;
    return [...undone, ...refusedOf(planned, refused)];
  };
  const result = await execute({
    ...run,
    engine: target.engine,
    target: target.target,
    source,
    family: "copy",
    settings,
    gates,
    emit,
    signal,
    waitMs,
    commandLine,
    retell: (error, runId) => references.tell(retell(error, runId)),
    undo: (aborted) => undoCopy(project, aborted),
    // Before the run is closed: a kill after that could not be made good.
    afterwards: async (_, tell) => {
      if (choice.drafts !== undefined) tellUndone({ ...project, emit: tell }, choice.drafts, undoneNow());
    },
  }).catch((error: unknown) => {
    throw error instanceof GodwitError ? references.tell(error) : error;
  });
  await refuseQuarantined(project, result);
  const { parts, ofTarget = [] } = run.intent.left ?? nothingLeft;
  return { ...result, undone: undoneNow(), parts, ofTarget };
}

/** The copy itself has succeeded by then: a file that cannot be written is a warning. */
function tellUndone({ source, target, emit }: CopyProject, file: string, undone: readonly Undone[]): void {
  try {
    const isWritten = writeDrafts(file, source.target.display, target.target.display, undone);
    if (isWritten) emit({ type: "drafts:written", file });
  } catch (error) {
    const message = `${file} could not be written: ${(error as Error).message}`;
    emit({ type: "warning:raised", code: "GW1001", message });
  }
}

const nothingLeft: LeftUndone = { undone: [], planned: [], parts: [] };

export function leftUndone({
  survey: { objects, dropped, undone },
  ofTarget,
}: Pick<CopyPlan, "survey" | "ofTarget">): LeftUndone {
  const planned = [...objects.before, ...objects.after].map(({ what, name, original, draft }) => ({
    what,
    name,
    original,
    draft,
  }));
  return { undone: objects.undone, planned, parts: [...dropped, ...undone, ...notesOf(objects)], ofTarget };
}

/** What the target refused, with the texts that the plan had for it. */
function refusedOf(
  planned: readonly SourceObject[],
  refused: ReadonlyMap<string, RefusedObject>,
): readonly Undone[] {
  return planned.flatMap((object) => {
    const found = refused.get(`${object.what} ${object.name}`);
    return found === undefined ? [] : [{ ...object, reason: found.reason }];
  });
}

/** The catalogue's words for a failed statement are those of migrations: a copy goes on by another command. */
function retell(error: GodwitError, runId: string): GodwitError {
  const { code, message, details, outcome, cause } = error;
  if (error.hint !== catalog[code].hint || !error.hint.includes("godwit apply")) return error;
  const hint = `Correct what the message names; then run the same command again, or \`godwit copy SOURCE TARGET --resume ${runId}\`: it goes on with this step.`;
  return new GodwitError(code, { message, hint, details, outcome, cause });
}

/**
 * Names what was asked for: what decides which rows go where, and nothing of how (the environment, the folder, jobs,
 * the size of chunks), so that the same command goes on with the run from any other shell.
 */
export function askedOf({ source, rules }: CopyProject, choice: CopyChoice): string {
  const { tables = [], exclude = [], mode = "create", allow = [], watermark = null } = choice;
  const { schemaOnly = false, dataOnly = false } = choice;
  return digest([
    source.target.display,
    { tables, exclude, schemaOnly, dataOnly, mode, allow, watermark },
    rules ?? null,
  ]);
}

/** What a copy would do. Reads only: the source's schema and, where a type demands it, its data. */
export async function planCopy(project: CopyProject, choice: CopyChoice): Promise<CopyPlan> {
  refuseContradictions(choice);
  const { target } = project;
  await target.engine.syntax.load();
  const prepared = await withSession(project, "target", async (session) =>
    prepare(project, choice, await target.engine.connect.facts(session), nothingMade),
  );
  return { ...prepared, reading: await readingTime(project, prepared.plan) };
}

export async function prepare(
  project: CopyProject,
  choice: CopyChoice,
  facts: ServerFacts,
  givenUp: Made,
): Promise<PreparedCopy> {
  const { watermark } = choice;
  const [{ engine }, source] = [project.target, project.source.engine];
  // Some hundred questions a side, which both servers can answer at once.
  const [there, read] = await Promise.all([
    withSession(project, "target", (session) => engine.normalize.schema(session)),
    withSession(project, "source", (session) => source.normalize.schema(session)),
  ]);
  const still = await withSession(project, "target", (session) =>
    stillMade(project, givenUp, there, session),
  );
  const schema = schemaBefore(there, still);
  const side = { product: facts.product, server: facts.version, there: schema };
  const surveyed = await withSession(project, "source", (session) =>
    survey(project, choice, session, { read, side }),
  );
  if (watermark !== undefined) refuseWithoutWatermark(surveyed, watermark);
  const { state, known } = await withSession(project, "target", async (session) => {
    const discard = discarded(project, still);
    return {
      state: await targetState(
        project,
        choice,
        surveyed,
        { schema, givenUp, discard, away: still.references },
        session,
      ),
      known: await readWatermarks(engine, session, project.source.target),
    };
  });
  const marked =
    watermark === undefined
      ? surveyed
      : await withSession(project, "source", (source) =>
          watermarked(project, choice, surveyed, { source, known, empty: state.empty }),
        );
  return {
    plan: sealed(facts, compileCopy(project, choice, marked, state)),
    survey: marked,
    losses: marked.losses,
    ofTarget: state.ofTarget,
    made: madeNow(project, choice, marked, state),
  };
}

function madeNow(project: CopyProject, choice: CopyChoice, survey: Survey, state: TargetState): Made {
  if (choice.mode === "refresh") return { ...nothingMade, beside: swappedTables(survey, state.tables) };
  const references = referencesAway(project, choice, state);
  if (!makesDatabase(choice)) return { ...nothingMade, references };
  const { before, after } = survey.objects;
  const madeOf = (list: readonly PlannedObject[], isBefore: boolean) =>
    list.flatMap(({ what, name: own, drop, compared }, place): MadeObject[] => {
      if (drop === null) return [];
      const name = compared === null ? own : tableKey(compared.target);
      const columns = compared === null ? null : compared.columns.map((column) => column.name);
      return [{ what, name, drop, isBefore, key: partKey(isBefore ? "before" : "objects", place), columns }];
    });
  return {
    ...nothingMade,
    tables: survey.tables.map(({ target: { schema, name, columns } }) => ({
      schema,
      name,
      columns: columns.map((column) => column.name),
    })),
    objects: [...madeOf(before, true), ...madeOf(after, false)],
  };
}

function sealed(facts: ServerFacts, steps: readonly Step[]): Plan {
  const target = { engine: facts.product, server: facts.identity, database: facts.database, historyHead: "" };
  return sealPlan({ kind: "copy", target, steps, hazards: [] });
}

/**
 * What was kept of the run to go on with; null where a new one begins. Throws GW7004 for a run that is not there, and for
 * another one of which something took effect.
 */
function unfinishedSteps(state: LedgerState, { resume }: CopyChoice, asked: string): CopyIntent | null {
  const run = state.unfinished;
  if (resume !== undefined && run?.id !== resume) {
    throw new GodwitError("GW7004", {
      message: `the target has no unfinished copy ${resume}`,
      hint: run === null ? "It has none." : `It has ${run.id}.`,
      details: { run: resume },
    });
  }
  if (run === null) return null;
  const intent = run.intent as Partial<CopyIntent>;
  if (resume !== undefined || intent.asked === asked) {
    return intent.steps === undefined ? null : (intent as CopyIntent);
  }
  if (!state.steps.some(mayHaveEffect)) return null;
  throw new GodwitError("GW7004", {
    message: `the target has the unfinished copy ${run.id} of ${intent.source}, which was asked for in other words`,
    hint: `Nothing was changed. \`--resume ${run.id}\` goes on with it; \`--restart\` drops what it made, and begins this one.`,
    details: { unfinished: run.id },
  });
}

/** How fast, and what becomes of rows that are refused, is as the resuming command has it. */
function asAskedNow(step: Step, { jobs, quarantine, phases }: CopyChoice): Step {
  if (step.kind === "parallel") return { ...step, jobs: jobs ?? step.jobs };
  if (step.kind !== "copy-rows") return step;
  const { phase } = step;
  return {
    ...step,
    jobs: jobs ?? step.jobs,
    quarantine: quarantine ?? step.quarantine ?? 0,
    // The last phase has no gate to stop at.
    ...(phase === undefined || phases === undefined
      ? {}
      : { phase: { ...phase, stops: phases === "stop" && phase.number < phase.of } }),
  };
}

export function refuseContradictions(choice: CopyChoice): void {
  const { mode = "create", watermark, schemaOnly = false, dataOnly = false } = choice;
  const refuse = (message: string) => {
    throw new GodwitError("GW1001", { message, details: { mode } });
  };
  if (choice.restart === true && choice.resume !== undefined)
    refuse("--restart begins anew what --resume would go on with");
  if (schemaOnly && dataOnly) refuse("--schema-only and --data-only leave nothing to copy");
  if (schemaOnly && mode !== "create")
    refuse(`--mode ${mode} is about rows, of which --schema-only copies none`);
  if (dataOnly && mode === "refresh")
    refuse("--mode refresh makes the tables anew, which --data-only does not");
  if (choice.phases !== undefined) {
    if (schemaOnly) refuse("--phases is about rows, of which --schema-only copies none");
    if (mode === "upsert" || mode === "incremental")
      refuse(`--phases proves what was copied, and --mode ${mode} leaves other rows among it`);
  }
  if (mode === "incremental" && watermark === undefined)
    refuse("--mode incremental takes --watermark COLUMN: a column that grows whenever a row is written");
}
