import { canonicalJson } from "../../core/canonical.ts";
import { GodwitError } from "../../core/error.ts";
import {
  type ObjectsStep,
  type RowTablesStep,
  type SqlStep,
  type Statement,
  type Step,
  withoutTransaction,
} from "../../core/plan.ts";
import type { Engine } from "../../engines/engine.ts";
import { stepHashes } from "./step-hash.ts";

/**
 * What a document says of its statements, against what the engine says of their texts: whoever writes a plan by hand
 * gets no COMMIT into it, and nothing past the judge that reads migration files. And what it says of its steps' hashes,
 * by which gates know the plan again in another database. Throws GW8103, and what the judge throws. After `syntax.load`.
 */
export function checkStatements(engine: Engine, steps: readonly Step[]): void {
  for (const [index, step] of steps.entries()) {
    for (const sql of sqlIn(step)) {
      for (const statement of sql.statements) checkStatement(engine, sql, statement);
      checkSettings(engine, sql, sql.preamble);
    }
    if (step.kind === "row-tables" || step.kind === "restore-rows")
      checkSettings(engine, step, step.preamble);
    if (step.kind === "row-tables") checkTables(step, steps[index + 1]);
    if (step.kind === "objects") checkSettingTexts(engine, step);
    checkHash(step);
  }
}

/** What is repeated when a run is resumed may change the session, and nothing else. */
function checkSettings(
  engine: Engine,
  step: Pick<SqlStep, "key" | "file">,
  preamble: readonly Statement[],
): void {
  for (const statement of preamble) {
    checkStatement(engine, step, statement);
    if (!statement.session) throw differs(step, "a statement to repeat", statement.text);
  }
}

function checkSettingTexts(engine: Engine, step: ObjectsStep): void {
  for (const { name, settings } of step.objects) {
    for (const text of settings) {
      if (judged(engine, text, name)?.session !== true) throw differs(step, "a setting", text);
    }
  }
}

/** The tables are those for the rows that the next step keeps, and no others. */
function checkTables(step: RowTablesStep, next: Step | undefined): void {
  const kept = next?.kind === "sql" ? next.statements.flatMap(({ keeps }) => keeps ?? []) : [];
  if (next?.unit === step.unit && canonicalJson(kept) === canonicalJson(step.keeps)) return;
  throw differs(step, "the rows that are kept", step.title);
}

/** Where rows are kept, SQL runs that only their statement may give. Tables in the way of the kept rows are dropped. */
function checkKeeping(engine: Engine, step: Pick<SqlStep, "key">, { text, keeps }: Statement): void {
  if (keeps === undefined) return;
  const { id, before, after, change } = keeps;
  const own = engine.rowSnapshot?.changeOf(text);
  if (
    canonicalJson(own) === canonicalJson(change) &&
    /^[0-9a-f]{8}$/.test(id) &&
    before.endsWith(`_rollback_${id}`) &&
    (after === null ? change.action === "delete" : after.endsWith(`_changed_${id}`))
  )
    return;
  throw differs(step, "the rows that are kept of a statement", text);
}

function checkHash(step: Step): void {
  if (step.kind === "parallel") step.steps.forEach(checkHash);
  if (stepHashes(step)?.includes(step.hash) !== false) return;
  throw new GodwitError("GW8103", {
    message: `${step.key}: the hash of the step is not that of what it would do`,
    details: { key: step.key },
  });
}

function checkStatement(engine: Engine, step: Pick<SqlStep, "key" | "file">, statement: Statement): void {
  const own = judged(engine, statement.text, step.file);
  const said = marksOf(statement);
  if (own === null || (said !== marksOf(own) && said !== marksOf(withoutTransaction(own)))) {
    throw differs(step, "a statement", statement.text);
  }
  checkKeeping(engine, step, statement);
}

function differs({ key }: Pick<Step, "key">, of: string, text: string): GodwitError {
  return new GodwitError("GW8103", {
    message: `${key}: what the plan says of ${of} is not what its text says: ${text.slice(0, 200)}`,
    details: { key },
  });
}

/** The one statement that a text is; null where it is several. */
function judged(engine: Engine, text: string, file: string): Statement | null {
  try {
    const [own, more] = engine.syntax.statements(text, file);
    if (own !== undefined && more === undefined) return own;
  } catch (error) {
    if (!(error instanceof GodwitError) || error.code !== "GW2005") throw error;
  }
  // A body whose end its file had marked by a delimiter of its own.
  const [own, more] = engine.syntax.statements(`DELIMITER ;;;;\n${text}\n;;;;\n`, file);
  return own !== undefined && more === undefined && own.text === text ? own : null;
}

function marksOf({ transactional, session, effect, label }: Statement): string {
  return canonicalJson({ transactional, session, effect, label });
}

function sqlIn(step: Step): readonly SqlStep[] {
  if (step.kind === "sql") return [step];
  if (step.kind === "parallel") return step.steps.filter((part) => part.kind === "sql");
  if (step.kind !== "objects") return [];
  return step.objects.flatMap(({ make, drop }) => (drop === null ? make : [...make, drop]));
}
