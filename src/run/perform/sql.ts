import { GodwitError } from "../../core/error.ts";
import type { RowKeeping, SqlStep, Statement, Step } from "../../core/plan.ts";
import { crashPoint } from "../crash-point.ts";
import { kindOf, lostKinds, statementFailure } from "../failure.ts";
import { keepRows } from "../row-snapshot/keep-rows.ts";
import type { ArtifactChange } from "../run-ledger.ts";
import { runBare } from "./bare.ts";
import { durations, type StepContext } from "./context.ts";
import { restoreFailure } from "./restore-failure.ts";
import { limitsOf, refuseInterrupted, refuseStopped, runStatement } from "./statement.ts";

/** Runs a SQL step: its statements in one transaction with their record, or one statement by itself. */
export async function performSql(context: StepContext, step: SqlStep): Promise<void> {
  const { session } = context;
  if (step.transaction) {
    const artifacts: ArtifactChange[] = [];
    await inTransaction(
      context,
      step,
      async () => {
        // Of an attempt before this one nothing is left.
        artifacts.length = 0;
        for (const [index, statement] of step.statements.entries()) {
          refuseStopped(context, step);
          const at = { step, statement, index, count: step.statements.length };
          const run = () => runStatement(context, at, () => session.execute(statement.text));
          const { keeps } = statement;
          if (keeps === undefined) await run();
          else artifacts.push(await keepingRows(context, step, { ...statement, keeps }, run));
        }
      },
      artifacts,
    );
    return;
  }
  const [statement] = step.statements;
  if (statement === undefined) {
    throw new GodwitError("GW9001", { message: `step ${step.key} has no statement` });
  }
  const at = { step, statement, index: 0, count: 1 };
  await runBare(context, step, statement, () =>
    runStatement(context, at, () => session.execute(statement.text)),
  );
}

/** A statement whose rows are kept before it. What the server refuses of the keeping is told as that. */
async function keepingRows(
  context: StepContext,
  step: SqlStep,
  statement: Statement & { readonly keeps: RowKeeping },
  run: () => Promise<number | null>,
): Promise<ArtifactChange> {
  const telling = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const native = context.engine.errors.classify(error);
      if (error instanceof GodwitError || lostKinds.has(native.kind)) throw error;
      const label = `keeping the rows of ${statement.label}`;
      const place = { file: step.file, statement: { ...statement, label }, key: step.key };
      throw statementFailure({ ...native, position: 0 }, place, "unchanged", error);
    }
  };
  const settle = await telling(() => keepRows(context, step, statement));
  const reported = await run();
  return telling(() => settle(reported));
}

/**
 * BEGIN, the work, its record, COMMIT. A failure rolls all of it back; when the reply of COMMIT is lost, the
 * record itself tells on the next attempt whether it was committed. What the work returns is kept with the record.
 */
export async function inTransaction<T>(
  context: StepContext,
  step: Step,
  work: () => Promise<T>,
  /** What the work leaves beside the rows of the database, read when it is done. */
  artifacts: readonly ArtifactChange[] = [],
  /** When its work began, by performance.now(), where a part of it is done before the transaction. */
  start = performance.now(),
): Promise<T> {
  const { session, ledger, ordinal } = context;
  await session.limit(limitsOf(context, step.limits));
  crashPoint("transaction:before-begin");
  await session.begin();
  let result: T;
  try {
    crashPoint("transaction:after-begin");
    result = await work();
    refuseInterrupted(context, step);
  } catch (error) {
    throw await rolledBack(context, error);
  }
  crashPoint("transaction:before-record");
  try {
    const took = durations(context, start);
    const abandons = step.kind === "record" ? step.abandons : undefined;
    const kept = keptOf(step, result);
    await ledger.finishAndCommit({ step, ordinal, took, history: step.history, kept, abandons, artifacts });
  } catch (error) {
    throw asCommitFailure(context, step, error);
  }
  crashPoint("transaction:after-commit");
  return result;
}

/** How many statements a done step held, so that a later edit of the rest leaves it a step of its own. */
function keptOf(step: Step, result: unknown): unknown {
  // Empty tables are no effect of the migration: its unit is not begun with them.
  if (step.kind === "row-tables") return { sessionOnly: true };
  return step.kind === "sql" && !step.key.includes("#") ? { statements: step.statements.length } : { result };
}

/** Rolls back; where a table without transactions kept its rows, the error says so and is not tried again. */
async function rolledBack(context: StepContext, error: unknown): Promise<unknown> {
  const complete = await context.session.rollback().catch(() => true);
  if (complete || lostKinds.has(kindOf(context.engine, error))) return error;
  const known = error instanceof GodwitError ? error : null;
  return new GodwitError(known?.code ?? "GW6001", {
    message: `${(error as Error).message}; the rollback left rows in a table that has no transactions`,
    hint: "Look at the tables that are not InnoDB, and undo the rows by hand before you run it again.",
    // Without its kind: what passes by itself would be tried again, and double those rows.
    details: { ...known?.details, kind: "other" },
    cause: error,
    outcome: "changed",
  });
}

/** A constraint that is checked at the commit fails there: the step's statements are to blame. */
function asCommitFailure(context: StepContext, step: Step, error: unknown): unknown {
  if (error instanceof GodwitError) return error;
  const native = context.engine.errors.classify(error);
  if (step.kind === "script" && !lostKinds.has(native.kind)) {
    return new GodwitError("GW2009", {
      message: `${step.file}: the transaction could not be committed: ${native.message}. A statement that fails spoils it, also when the script catches the failure`,
      details: { kind: native.kind },
      cause: error,
    });
  }
  if (step.kind === "restore-rows") return restoreFailure(context.engine, step, "COMMIT", error);
  if (step.kind !== "sql") return error;
  const last = step.statements.at(-1);
  if (lostKinds.has(native.kind) || last === undefined) return error;
  const place = { file: step.file, statement: { ...last, label: "COMMIT" }, key: step.key };
  return statementFailure({ ...native, position: 0 }, place, "unchanged", error);
}
