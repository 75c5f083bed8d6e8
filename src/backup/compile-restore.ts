import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import type { ParallelStep, SqlStep, Statement, Step } from "../core/plan.ts";
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
    ...keys(plan, without(manifest.keys)),
    ...sequence(plan, "after", without(manifest.after)),
    {
      kind: "restore-check",
      ...base("check", "check/1", "comparison with the backup"),
      limits: { statementTimeoutMs: 0 },
      hash: digest([sha256, "check", plan.lacks]),
      file,
      jobs,
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

/** Each table's keys in one transaction, those of several tables at once. */
function keys(plan: RestorePlan, parts: readonly SchemaPart[]): Step[] {
  const steps = parts.map((part, n) =>
    sqlStep("keys", `keys/1#${n + 1}`, part.title, statementsOf(plan, part.text, part.title)),
  );
  if (steps.length === 0) return [];
  if (steps.some(({ transaction }) => !transaction))
    throw new GodwitError("GW9001", { message: "keys are made in transactions" });
  const step: ParallelStep = {
    kind: "parallel",
    ...base("keys", "keys/1", `keys and indexes of ${steps.length} tables`),
    hash: digest(steps.map(({ hash }) => hash)),
    steps,
    jobs: plan.jobs,
  };
  return [step];
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
