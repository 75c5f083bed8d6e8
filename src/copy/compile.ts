import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import type { ParallelStep, SqlStep, Statement, Step } from "../core/plan.ts";
import { tableKey } from "../core/table-key.ts";
import type { TableName } from "../core/portable.ts";
import type { DdlStatement, SwappedTable, TableDdl } from "../engines/data-roles.ts";
import type { CopyChoice, CopyProject } from "./project.ts";
import { swapRole } from "./refresh.ts";
import type { Survey, SurveyedTable } from "./survey.ts";

/** A chunk is some megabytes: its transaction is short, and what a kill undoes is soon copied again. */
const defaultChunkBytes = 16 * 1024 * 1024;
const defaultJobs = 2;

const noUndo = "drop the tables that were made; the source is only read";

/**
 * The steps of a copy: tables, rows, keys, constraints, counters, and the comparison of both sides. A refresh does all
 * that beside the tables that are there, and then swaps; `there` has the names of those, as `tableKey` writes them.
 */
export function compileCopy(
  project: CopyProject,
  choice: CopyChoice,
  survey: Survey,
  there: ReadonlySet<string> = new Set(),
): Step[] {
  const {
    jobs = project.rules?.settings.jobs ?? defaultJobs,
    chunkBytes = defaultChunkBytes,
    mode = "create",
  } = choice;
  const { engine } = project.target;
  const swap = mode === "refresh" ? swapRole(project) : null;
  const swapped = survey.tables.map(({ target, placed }): SwappedTable => {
    const isThere = there.has(tableKey(placed));
    return { beside: nameOf(target), name: nameOf(placed), isThere };
  });
  const ddl = survey.tables.map((table) => ({ table, ddl: engine.render.ddl(table.target) }));
  // Where no rule says otherwise, the largest goes first, because it takes longest.
  const largestFirst = survey.tables.toSorted(
    (a, b) => b.order - a.order || b.source.estimate.bytes - a.source.estimate.bytes,
  );
  const steps: Step[] = [];
  const withSchema = choice.dataOnly !== true && (mode === "create" || mode === "refresh");
  if (withSchema)
    steps.push(
      ...sequence(project, "tables", [
        ...schemas(project, survey),
        ...(swap?.open(swapped) ?? []),
        ...ddl.flatMap((each) => each.ddl.create),
      ]),
    );
  if (mode === "truncate") {
    steps.push(
      ...sequence(
        project,
        "empty",
        survey.tables.flatMap(({ target }) => engine.render.truncate(target)),
      ),
    );
  }
  if (choice.schemaOnly !== true) {
    const tables = largestFirst.map(({ copy }) => copy);
    steps.push({
      kind: "copy-rows",
      ...base("rows", "rows/1", tablesTitle(tables.map(({ target }) => tableKey(target)))),
      hash: digest([tables, chunkBytes]),
      tables,
      jobs,
      chunkBytes,
      quarantine: choice.quarantine ?? 0,
    });
  }
  if (withSchema && swap?.isWhole !== false) {
    steps.push(...parallel(project, ddl, largestFirst, jobs));
    for (const unit of ["constraints", "finish"] as const) {
      const statements = ddl.flatMap((each) => each.ddl[unit]);
      steps.push(...sequence(project, unit, statements));
    }
  }
  if (choice.schemaOnly !== true && mode !== "upsert") {
    const tables = survey.tables.map(({ compared }) => compared);
    steps.push({
      kind: "compare",
      ...base("compare", "compare/1", tablesTitle(tables.map(({ target }) => tableKey(target)))),
      hash: digest(tables),
      tables,
    });
  }
  if (swap !== null) {
    const placed = swap.isWhole ? [] : survey.tables.map((table) => engine.render.ddl(table.placed));
    steps.push(
      ...sequence(project, "swap", [
        ...swap.swap(swapped),
        ...(["keys", "constraints", "finish"] as const).flatMap((unit) =>
          placed.flatMap((each) => each[unit]),
        ),
      ]),
    );
  }
  const watermarks = survey.tables.flatMap(({ watermark }) => watermark ?? []);
  if (watermarks.length > 0) {
    steps.push({
      kind: "record",
      ...base(
        "watermarks",
        "watermarks/1",
        `how far ${tablesTitle(watermarks.map(({ table }) => table))} came`,
      ),
      hash: digest(watermarks),
      watermarks,
    });
  }
  return steps;
}

function nameOf({ schema, name }: TableName): TableName {
  return { schema, name };
}

function schemas({ target }: CopyProject, survey: Survey): DdlStatement[] {
  const names = new Set(survey.tables.map((table) => table.placed.schema));
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
  tables: "tables",
  empty: "empty the tables",
  rows: "rows",
  keys: "keys and indexes",
  constraints: "constraints",
  finish: "counters and comments",
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

/** Indexes and keys, those of the largest tables first, because they take longest. */
function parallel(
  project: CopyProject,
  ddl: readonly { readonly table: SurveyedTable; readonly ddl: TableDdl }[],
  largestFirst: readonly SurveyedTable[],
  jobs: number,
): ParallelStep[] {
  const statements = largestFirst.flatMap(
    (table) => ddl.find((each) => each.table === table)?.ddl.keys ?? [],
  );
  if (statements.length === 0) return [];
  const steps = statements.map((statement, index) =>
    sqlStep("keys", `keys/1#${index + 1}`, judged(project, statement)),
  );
  return [
    {
      kind: "parallel",
      ...base("keys", "keys/1", `${steps.length} keys and indexes`),
      hash: digest(steps.map(({ hash }) => hash)),
      steps,
      jobs,
    },
  ];
}

type Judged = ReturnType<typeof judged>;

function judged({ target }: CopyProject, { sql, title }: DdlStatement) {
  const [statement, more] = target.engine.syntax.statements(sql, title);
  if (statement === undefined || more !== undefined) {
    throw new GodwitError("GW9001", { message: `${title}: one statement was expected: ${sql}` });
  }
  return { statement, title };
}

function sqlStep(unit: string, key: string, { statement, title }: Judged): SqlStep {
  return {
    kind: "sql",
    ...base(unit, key, title),
    // A build takes as long as it takes.
    limits: { statementTimeoutMs: 0 },
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
