import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import type { ParallelPart, ParallelStep, RestoreReadStep, SqlStep, Statement, Step } from "../core/plan.ts";
import { tableKey } from "../core/table-key.ts";
import type { SchemaPart } from "../engines/backup-role.ts";
import type { DdlStatement } from "../engines/data-roles.ts";
import type { Engine } from "../engines/engine.ts";
import type { Manifest } from "../run/archive/manifest.ts";

export interface RestorePlan {
  readonly engine: Engine;
  readonly manifest: Manifest;
  readonly file: string;
  /** Of the file. */
  readonly sha256: string;
  readonly jobs: number;
  /** What is there and has to go. */
  readonly clear: readonly DdlStatement[];
  /** A database that is dropped again: nothing in it begins to work by itself. */
  readonly scratch: boolean;
  /** Lines of the schema that this server cannot have. */
  readonly lacks: readonly string[];
}

/** So many statements share a transaction: the locks of a server are bounded. */
const statementsTogether = 50;

/** The steps of a restore: what must go, the schema, the rows, keys, the rest, and the proof. */
export function compileRestore(plan: RestorePlan): Step[] {
  const { manifest, file, jobs, sha256, clear } = plan;
  const lacks = new Set(plan.lacks);
  const without = (parts: readonly SchemaPart[]) =>
    parts.flatMap((part) => {
      const text = part.text
        .split("\n")
        .filter((line) => !lacks.has(line))
        .join("\n");
      return text.trim() === "" ? [] : [{ ...part, text }];
    });
  const keySteps = keys(plan, without(manifest.keys));
  const read = keySteps.flatMap(({ steps }) => steps.filter((part) => part.kind === "restore-read"));
  return [
    ...sequence(
      plan,
      "clear",
      clear.map(({ sql, title }) => ({ title, text: `${sql};`, settings: [] })),
    ),
    ...sequence(plan, "before", without(manifest.before)),
    {
      kind: "restore",
      ...base("rows", "rows/1", `rows of ${manifest.tables.length} tables`),
      limits: { statementTimeoutMs: 0 },
      hash: digest([sha256, "rows"]),
      file,
      jobs,
    },
    ...keySteps,
    ...sequence(plan, "after", without(manifest.after)),
    {
      kind: "restore-check",
      ...base("check", "check/1", "comparison with the backup"),
      limits: { statementTimeoutMs: 0 },
      hash: digest([sha256, "check", plan.lacks]),
      file,
      jobs,
      readBack: [...Map.groupBy(read, ({ table }) => table)].map(([table, parts]) => ({
        table,
        parts: parts.map(({ key }) => key),
      })),
    },
    ...(plan.scratch ? [] : sequence(plan, "finish", without(manifest.finish))),
  ];
}

function base(unit: string, key: string, title: string) {
  return {
    key,
    title,
    unit,
    unitTitle: unitTitles[unit.split(" ")[0] ?? unit] ?? title,
    limits: {},
    undo: "drop what was restored",
    history: [] as const,
  };
}

const unitTitles: Readonly<Record<string, string>> = {
  clear: "what was there",
  before: "schema",
  rows: "rows",
  keys: "keys and indexes",
  after: "references, views, triggers and routines",
  check: "comparison",
  finish: "what works by itself",
};

/** Statements one after another; neighbours that can share a transaction do. Parts with settings stand alone. */
function sequence(plan: RestorePlan, unit: string, parts: readonly SchemaPart[]): SqlStep[] {
  const steps: SqlStep[] = [];
  let preamble: Statement[] = [];
  let place = unit;
  for (const [n, part] of parts.entries()) {
    const own = part.settings.length > 0;
    if (own || place !== unit) {
      // Between two units the session is put back.
      place = own ? `${unit} ${n}` : unit;
      preamble = [];
    }
    const text = [...part.settings.map((setting) => `${setting};`), part.text].join("\n");
    for (const statement of statementsOf(plan, text, part.title)) {
      const last = steps.at(-1);
      const joins =
        statement.transactional &&
        last?.transaction === true &&
        last.unit === place &&
        last.statements.length < statementsTogether;
      if (joins) {
        const statements = [...last.statements, statement];
        steps[steps.length - 1] = { ...last, statements, hash: hashOf(statements) };
      } else {
        const key = `${place}/${steps.length + 1}`;
        steps.push({ ...sqlStep(place, key, part.title, [statement]), preamble: [...preamble] });
      }
      if (statement.session) preamble.push(statement);
    }
  }
  return steps;
}

/**
 * Each table's keys in one transaction, then its indexes each by itself; several at once. Keys shut everybody else out of
 * their table; beside indexes large tables are read back for the comparison, which a processor that builds none can do.
 */
function keys(plan: RestorePlan, parts: readonly SchemaPart[]): ParallelStep[] {
  const builds = (unit: string, groups: readonly (readonly Statement[])[]) =>
    groups
      .filter(({ length }) => length > 0)
      .map((statements, n) => {
        const step = sqlStep("keys", `${unit}#${n + 1}`, statements[0]?.title ?? unit, statements);
        if (!step.transaction) throw new GodwitError("GW9001", { message: "keys are made in transactions" });
        return step;
      });
  const made = parts.map(({ text, title }) => keysApart(statementsOf(plan, text, title)));
  const ofKeys = builds(
    "keys/1",
    made.map(([together]) => together),
  );
  const ofIndexes = builds(
    "keys/2",
    made.flatMap(([, indexes]) => indexes.map((one) => [one])),
  );
  const readings = ofIndexes.length === 0 || fillsLater(plan) ? [] : readBacks(plan);
  return [
    ...inParallel(plan, "keys/1", `${ofKeys.length} keys`, ofKeys),
    ...inParallel(plan, "keys/2", `${ofIndexes.length} indexes`, byTurns<ParallelPart>(ofIndexes, readings)),
  ];
}

function inParallel(
  { jobs }: RestorePlan,
  key: string,
  title: string,
  steps: readonly ParallelPart[],
): ParallelStep[] {
  if (steps.length === 0) return [];
  const hash = digest(steps.map((step) => step.hash));
  return [{ kind: "parallel", ...base("keys", key, title), hash, steps, jobs }];
}

/** So that there is always one of each at work. */
function byTurns<T>(some: readonly T[], others: readonly T[]): T[] {
  const most = Math.max(some.length, others.length);
  return Array.from({ length: most }, (_, n) => [...some.slice(n, n + 1), ...others.slice(n, n + 1)]).flat();
}

/** A table's keys, and the indexes that stand behind them: those need nothing of one another. Any other order stays. */
function keysApart(
  statements: readonly Statement[],
): [together: readonly Statement[], indexes: readonly Statement[]] {
  const first = statements.findIndex(isIndex);
  const isLast = first !== -1 && statements.slice(first).every(isIndex);
  const end = isLast ? first : statements.length;
  return [statements.slice(0, end), statements.slice(end)];
}

function isIndex({ label }: Statement): boolean {
  return /^CREATE (UNIQUE )?INDEX$/.test(label);
}

/** Queries of stored views may call functions that change rows: then nothing that was read before them is proof. */
function fillsLater(plan: RestorePlan): boolean {
  return plan.manifest.after.some(({ text, title }) =>
    statementsOf(plan, text, title).some(({ label }) => label.startsWith("REFRESH")),
  );
}

/** Below it a table is read back in the time that it takes to say so. */
const largeBytes = 4 * 1024 * 1024;

function readBacks({ manifest, file, sha256, jobs }: RestorePlan): RestoreReadStep[] {
  return manifest.tables.flatMap((table, number) => {
    const bytes = table.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
    if (bytes < largeBytes) return [];
    const name = tableKey(table);
    return Array.from({ length: jobs }, (_, remainder) => ({
      kind: "restore-read" as const,
      ...base(
        "keys",
        `keys/1#${name}/${remainder + 1}`,
        `read ${name} back, part ${remainder + 1} of ${jobs}`,
      ),
      limits: { statementTimeoutMs: 0 },
      hash: digest([sha256, number, remainder, jobs]),
      file,
      table: number,
      remainder,
      divisor: jobs,
    }));
  });
}

function sqlStep(unit: string, key: string, title: string, statements: readonly Statement[]): SqlStep {
  return {
    kind: "sql",
    ...base(unit, key, title),
    // A build takes as long as it takes.
    limits: { statementTimeoutMs: 0 },
    hash: hashOf(statements),
    file: title,
    transaction: statements.every(({ transactional }) => transactional),
    statements,
    preamble: [],
  };
}

function statementsOf({ engine }: RestorePlan, text: string, title: string): readonly Statement[] {
  return engine.syntax.statements(text, title).map((statement) => Object.assign({ title }, statement));
}

function hashOf(statements: readonly Statement[]): string {
  return digest(statements.map(({ text }) => text));
}
