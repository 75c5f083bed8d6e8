import { canonicalJson } from "../../core/canonical.ts";
import { GodwitError } from "../../core/error.ts";
import { type SqlStep, type Statement, type Step, withoutTransaction } from "../../core/plan.ts";
import type { Engine } from "../../engines/engine.ts";
import { stepHashes } from "./step-hash.ts";

/**
 * What a document says of its statements, against what the engine says of their texts: whoever writes a plan by hand
 * gets no COMMIT into it, and nothing past the judge that reads migration files. And what it says of its steps' hashes,
 * by which gates know the plan again in another database. Throws GW8103, and what the judge throws. After `syntax.load`.
 */
export function checkStatements(engine: Engine, steps: readonly Step[]): void {
  for (const step of steps) {
    for (const sql of sqlIn(step)) {
      for (const statement of [...sql.statements, ...sql.preamble]) checkStatement(engine, sql, statement);
    }
    checkHash(step);
  }
}

function checkHash(step: Step): void {
  if (step.kind === "parallel") step.steps.forEach(checkHash);
  if (stepHashes(step)?.includes(step.hash) !== false) return;
  throw new GodwitError("GW8103", {
    message: `${step.key}: the hash of the step is not that of what it would do`,
    details: { key: step.key },
  });
}

function checkStatement(engine: Engine, step: SqlStep, statement: Statement): void {
  const own = judged(engine, statement.text, step.file);
  const said = marksOf(statement);
  if (own !== null && (said === marksOf(own) || said === marksOf(withoutTransaction(own)))) return;
  throw new GodwitError("GW8103", {
    message: `${step.key}: what the plan says of a statement is not what its text says: ${statement.text.slice(0, 200)}`,
    details: { key: step.key },
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
