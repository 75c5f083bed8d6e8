import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import type {
  CopyRowsStep,
  ParallelStep,
  ReadBackStep,
  SqlStep,
  Statement,
  Step,
  StepLimits,
} from "../core/plan.ts";
import { tableKey } from "../core/table-key.ts";
import type { DdlStatement, TableDdl } from "../engines/data-roles.ts";
import { type KeptTables, keptTables, madeAgain, referencesAway, referenceText } from "./kept-tables.ts";
import { type PlannedObject, uncompared } from "./objects/model.ts";
import { objectsSteps } from "./objects/objects-steps.ts";
import { inPhases } from "./phases.ts";
import {
  type CopyChoice,
  type CopyProject,
  jobsOf,
  makesRowsAlone,
  makesTables,
  phasesOf,
} from "./project.ts";
import { swappedTables, swapRole } from "./refresh.ts";
import { rangeBytes } from "../run/compare/read-back.ts";
import type { Survey, SurveyedTable } from "./survey.ts";
import type { TargetState } from "./target-state.ts";

/** A chunk is some megabytes: its transaction is short, and what a kill undoes is soon copied again. */
const defaultChunkBytes = 16 * 1024 * 1024;

const noUndo = "drop the tables that were made; the source is only read";

/**
 * The steps of a copy: tables, rows, keys, constraints, counters, and the comparison of both sides. A refresh does all
 * that beside the tables that are there, and then swaps.
 */
export function compileCopy(
  project: CopyProject,
  choice: CopyChoice,
  survey: Survey,
  state: TargetState,
): Step[] {
  const { mode = "create", schemaOnly = false } = choice;
  const { engine } = project.target;
  const { render } = engine;
  const swap = mode === "refresh" ? swapRole(project) : null;
  const swapped = swappedTables(survey, state.tables);
  const made = makesTables(choice)
    ? survey.tables.map((table) => ({ table, ddl: render.ddl(table.target) }))
    : [];
  const kept = makesTables(choice) ? null : keptTables(project, choice, survey, state);
  const again = lastlyMadeAgain(project, choice, state);
  const of = (unit: keyof Omit<TableDdl, "undone">) =>
    made.flatMap(({ ddl }) => ddl[unit]).toSorted((a, b) => (a.place ?? 0) - (b.place ?? 0));
  const steps: Step[] = [];
  const add = (unit: string, statements: readonly DdlStatement[]) =>
    steps.push(...sequence(project, unit, statements));
  const addObjects = (unit: string, objects: readonly PlannedObject[]) =>
    steps.push(...objectsSteps(engine, objects, unit, (key, title) => base(unit, key, title)));

  add("discard", state.discard);
  if (makesTables(choice)) {
    add("schemas", schemas(project, survey));
    addObjects("before", survey.objects.before);
    add("tables", [...(swap?.open(swapped) ?? []), ...once(of("create"))]);
  }
  if (kept !== null) add("references", kept.before);
  if (mode === "truncate")
    add(
      "empty",
      render.truncate(survey.tables.map(({ target }) => state.tables.get(tableKey(target)) ?? target)),
    );
  if (!schemaOnly) steps.push(...copyRows(project, choice, survey, kept));
  const keys = swap?.isWhole === false ? null : parallel(project, choice, made);
  if (swap?.isWhole !== false) {
    steps.push(...(keys === null ? [] : [keys]));
    add("constraints", [
      ...(kept === null ? of("constraints") : kept.after),
      ...(swap === null ? again : []),
    ]);
    add("finish", kept === null ? of("finish") : kept.counters);
    const { after } = survey.objects;
    addObjects("objects", schemaOnly ? after.map(uncompared) : after);
  }
  if (!schemaOnly) steps.push(...compare(project, choice, survey, kept, keys));
  if (swap !== null) {
    const placed = swap.isWhole ? [] : survey.tables.map((table) => render.ddl(table.placed));
    const later = (["keys", "constraints", "finish"] as const).flatMap((unit) =>
      placed.flatMap((each) => each[unit]),
    );
    add("swap", [...swap.swap(swapped), ...later, ...again]);
  }
  steps.push(...watermarks(survey));
  return steps;
}

/** Foreign keys that a copy has taken away which is given up, where this one does not do the same with them. */
function lastlyMadeAgain(project: CopyProject, choice: CopyChoice, state: TargetState): DdlStatement[] {
  const own = new Set(referencesAway(project, choice, state).map(referenceText));
  // What a refresh puts in the place of a table has the source's.
  const replaced = new Set(choice.mode === "refresh" ? [...state.tables.values()].map(tableKey) : []);
  const others = state.away.filter(
    (reference) => !own.has(referenceText(reference)) && !replaced.has(tableKey(reference.table)),
  );
  return madeAgain(project, others, state.all);
}

/** Takes away what a copy has made that is given up. */
export function discardSteps(project: CopyProject, statements: readonly DdlStatement[]): Step[] {
  return sequence(project, "discard", statements);
}

/** Tables share what they use, such as a collation. */
function once(statements: readonly DdlStatement[]): DdlStatement[] {
  return [...new Map(statements.map((ddl) => [ddl.sql, ddl])).values()];
}

/** Whether what a chunk waits for is another one of its table: where the rows of others are in it, it may be them. */
function waitsForItself({ target }: CopyProject, { mode = "create" }: CopyChoice): boolean {
  return target.engine.write?.inTurn === true && makesRowsAlone(mode);
}

/** Where no rule says otherwise, the largest goes first, because it takes longest. */
function largestFirst(tables: readonly SurveyedTable[]): SurveyedTable[] {
  return tables.toSorted((a, b) => b.order - a.order || b.source.estimate.bytes - a.source.estimate.bytes);
}

function copyRows(
  project: CopyProject,
  choice: CopyChoice,
  survey: Survey,
  kept: KeptTables | null,
): CopyRowsStep[] {
  const { chunkBytes = defaultChunkBytes, quarantine = 0 } = choice;
  const tables = largestFirst(survey.tables).map(({ copy }) => {
    const after = kept?.parents.get(tableKey(copy.target)) ?? [];
    return after.length === 0 ? copy : Object.assign({}, copy, { after });
  });
  const step: CopyRowsStep = {
    kind: "copy-rows",
    ...base("rows", "rows/1", tablesTitle(tables.map(({ target }) => tableKey(target)))),
    limits: waitsForItself(project, choice) ? { lockTimeoutMs: ownLocksMs } : {},
    hash: digest([tables, chunkBytes]),
    tables,
    jobs: jobsOf(project, choice),
    chunkBytes,
    quarantine,
  };
  const phases = phasesOf(project, choice);
  if (phases === undefined) return [step];
  const compared = new Map(survey.tables.map((table) => [tableKey(table.copy.target), table.compared]));
  return inPhases(step, compared, { ...choice, phases });
}

/** An upsert leaves rows of the target alone that the source has not, so its tables cannot be held against it whole. */
function compare(
  project: CopyProject,
  choice: CopyChoice,
  survey: Survey,
  kept: KeptTables | null,
  keys: ParallelStep | null,
): Step[] {
  const tables = choice.mode === "upsert" ? [] : survey.tables.map(({ compared }) => compared);
  const references = kept?.unchecked ?? [];
  if (tables.length === 0 && references.length === 0) return [];
  const names = survey.tables.map(({ target }) => tableKey(target));
  const parts = keys?.steps.filter((part) => part.kind === "read-back") ?? [];
  const readBack = [...Map.groupBy(parts, ({ table }) => tableKey(table.target))].map(([table, of]) => ({
    table,
    parts: of.map(({ key }) => key),
  }));
  return [
    {
      kind: "compare",
      ...base("compare", "compare/1", tablesTitle(names)),
      hash: digest(references.length === 0 ? tables : [tables, references]),
      tables,
      jobs: jobsOf(project, choice),
      ...(readBack.length === 0 ? {} : { readBack }),
      ...(references.length === 0 ? {} : { references }),
    },
  ];
}

function watermarks(survey: Survey): Step[] {
  const found = survey.tables.flatMap(({ watermark }) => watermark ?? []);
  if (found.length === 0) return [];
  const title = `how far ${tablesTitle(found.map(({ table }) => table))} came`;
  return [
    {
      kind: "record",
      ...base("watermarks", "watermarks/1", title),
      hash: digest(found),
      watermarks: found,
    },
  ];
}

function schemas({ target }: CopyProject, survey: Survey): DdlStatement[] {
  const { before, after } = survey.objects;
  const names = new Set(
    [...survey.tables.map((table) => table.placed), ...before, ...after].map(({ schema }) => schema),
  );
  return [...names]
    .filter((name) => name !== target.engine.render.defaultSchema)
    .flatMap((name) => target.engine.render.schema(name));
}

function base(unit: string, key: string, title: string) {
  return {
    key,
    title,
    unit,
    unitTitle: unitTitles[unit] ?? unit,
    limits: {},
    undo: noUndo,
    history: [] as const,
  };
}

const unitTitles: Readonly<Record<string, string>> = {
  discard: "what an earlier copy made",
  schemas: "schemas",
  before: "what tables need",
  tables: "tables",
  references: "references away",
  empty: "empty the tables",
  rows: "rows",
  keys: "keys and indexes",
  constraints: "constraints",
  finish: "counters and comments",
  objects: "views, triggers and routines",
  compare: "comparison",
  swap: "swap",
  watermarks: "watermarks",
};

/** Statements one after another; neighbours that can share a transaction do. */
function sequence(project: CopyProject, unit: string, statements: readonly DdlStatement[]): SqlStep[] {
  const steps: SqlStep[] = [];
  const preamble: Statement[] = [];
  for (const each of statements.map((ddl) => judged(project, ddl))) {
    const last = steps.at(-1);
    if (each.statement.transactional && last?.transaction === true) {
      const statements = [...last.statements, each.statement];
      steps[steps.length - 1] = { ...last, statements, hash: hashOf(statements) };
    } else {
      const key = `${unit}/${steps.length + 1}`;
      steps.push({ ...sqlStep(unit, key, each), preamble: [...preamble] });
    }
    if (each.statement.session === true) preamble.push(each.statement);
  }
  return steps;
}

/**
 * Indexes and keys, those of the largest tables first, because they take longest. Beside them large tables are read
 * back, which a processor that builds no index can do.
 */
function parallel(
  project: CopyProject,
  choice: CopyChoice,
  made: readonly { readonly table: SurveyedTable; readonly ddl: TableDdl }[],
): ParallelStep | null {
  const tables = largestFirst(made.map(({ table }) => table));
  const statements = tables.flatMap((table) => made.find((each) => each.table === table)?.ddl.keys ?? []);
  if (statements.length === 0) return null;
  const jobs = jobsOf(project, choice);
  const readings = choice.schemaOnly === true ? [] : tables.flatMap((table) => readBacks(table, jobs));
  const locks = readings.length === 0 ? {} : { lockTimeoutMs: ownLocksMs };
  const builds = statements.map((statement, index) =>
    sqlStep("keys", `keys/1#${index + 1}`, judged(project, statement), locks),
  );
  const steps = [...builds, ...readings];
  return {
    kind: "parallel",
    ...base("keys", "keys/1", `${builds.length} keys and indexes`),
    hash: digest(steps.map(({ hash }) => hash)),
    steps,
    jobs,
  };
}

/** Below it a table is read back in the time that it takes to say so. */
const largeBytes = 4 * 1024 * 1024;
const mostPartsEach = 8;
/** Who waits for a part of the same copy does not give up: an index for what is read back beside it, a chunk for another. */
const ownLocksMs = 600_000;

/** In small parts, so that whoever has built the last index still finds some to do. */
function readBacks({ compared }: SurveyedTable, jobs: number): ReadBackStep[] {
  const { bytes } = compared.estimate;
  if (compared.readBack !== true || bytes < largeBytes) return [];
  const name = tableKey(compared.target);
  const count = Math.max(jobs, Math.min(Math.ceil(bytes / rangeBytes), jobs * mostPartsEach));
  return Array.from({ length: count }, (_, remainder) => ({
    kind: "read-back" as const,
    ...base(
      "keys",
      `keys/1#${name}/${remainder + 1}`,
      `read ${name} back, part ${remainder + 1} of ${count}`,
    ),
    hash: digest([compared, remainder, count]),
    table: compared,
    remainder,
    divisor: count,
  }));
}

type Judged = ReturnType<typeof judged>;

function judged({ target }: CopyProject, { sql, title }: DdlStatement) {
  const [statement, more] = target.engine.syntax.statements(sql, title);
  if (statement === undefined || more !== undefined) {
    throw new GodwitError("GW9001", { message: `${title}: one statement was expected: ${sql}` });
  }
  return { statement: { ...statement, title }, title };
}

function sqlStep(
  unit: string,
  key: string,
  { statement, title }: Judged,
  locks: Pick<StepLimits, "lockTimeoutMs"> = {},
): SqlStep {
  return {
    kind: "sql",
    ...base(unit, key, title),
    // A build takes as long as it takes.
    limits: { statementTimeoutMs: 0, ...locks },
    hash: hashOf([statement]),
    file: title,
    transaction: statement.transactional,
    statements: [statement],
    preamble: [],
  };
}

function hashOf(statements: readonly Statement[]): string {
  return digest(statements.map(({ text }) => text));
}

function tablesTitle(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
