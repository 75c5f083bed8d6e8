import type { Settlement } from "../../engines/engine.ts";
import { crashPoint } from "../crash-point.ts";
import type { SqlStep, Statement, Step, StepLimits } from "../../core/plan.ts";
import { GodwitError } from "../../core/error.ts";
import { lostKinds, statementFailure } from "../failure.ts";
import { durations, type StepContext } from "./context.ts";

/** Runs a SQL step: its statements in one transaction with their record, or one statement by itself. */
export async function performSql(context: StepContext, step: SqlStep): Promise<void> {
  if (step.transaction) {
    await inTransaction(context, step, async () => {
      for (const [index, statement] of step.statements.entries()) {
        await runStatement(context, { step, statement, index, count: step.statements.length });
      }
    });
    return;
  }
  const [statement] = step.statements;
  if (statement === undefined)
    throw new GodwitError("GW9001", { message: `step ${step.key} has no statement` });
  await runBare(context, step, statement);
}

/**
 * BEGIN, the work, its record, COMMIT. A failure rolls all of it back; when the reply of COMMIT is lost, the
 * record itself tells on the next attempt whether it was committed.
 */
export async function inTransaction(
  context: StepContext,
  step: Step,
  work: () => Promise<void>,
): Promise<void> {
  const { session, ledger } = context;
  const start = performance.now();
  await session.limit(limitsOf(context, step.limits));
  crashPoint("transaction:before-begin");
  await session.begin();
  try {
    crashPoint("transaction:after-begin");
    await work();
  } catch (error) {
    await session.rollback().catch(() => {});
    throw error;
  }
  crashPoint("transaction:before-record");
  const { ordinal } = context;
  await ledger
    .finishAndCommit({ step, ordinal, took: durations(context, start), history: step.history })
    .catch((error) => {
      throw asCommitFailure(context, step, error);
    });
  crashPoint("transaction:after-commit");
}

/** A constraint that is checked at the commit fails there: the step's statements are to blame. */
function asCommitFailure(context: StepContext, step: Step, error: unknown): unknown {
  if (error instanceof GodwitError || step.kind !== "sql") return error;
  const native = context.engine.errors.classify(error);
  const last = step.statements.at(-1);
  if (lostKinds.has(native.kind) || last === undefined) return error;
  const statement = { ...last, label: "COMMIT" };
  return statementFailure(
    { ...native, position: 0 },
    { file: step.file, statement, key: step.key },
    "unchanged",
    error,
  );
}

/**
 * A statement outside a transaction: the intent with what the catalogue shows before, the statement, the record.
 * The record shares a commit with the intent of the statement after it, where that one can be probed.
 */
export async function runBare(context: StepContext, step: SqlStep, statement: Statement): Promise<void> {
  const { engine, session, ledger, ordinal } = context;
  const start = performance.now();
  let before = context.intents.get(step.key);
  if (!context.intents.delete(step.key)) {
    before = await captureClean(context, statement);
    crashPoint("bare:before-intent");
    await ledger.start(step, ordinal, { effect: statement.effect, before });
  }
  crashPoint("bare:after-intent");
  // A concurrent build waits for old transactions without blocking anyone: a lock time-out would only spoil it.
  const limits = limitsOf(context, step.limits);
  const patient = statement.effect.type === "index-build" || statement.effect.type === "repeatable";
  await session.limit(
    patient ? { lockTimeoutMs: 0, statementTimeoutMs: step.limits.statementTimeoutMs ?? 0 } : limits,
  );
  try {
    await runStatement(context, { step, statement, index: 0, count: 1 });
  } catch (error) {
    const { kind } = engine.errors.classify(error instanceof GodwitError ? error.cause : error);
    if (lostKinds.has(kind)) throw error;
    // The server refused it: nothing is unknown, and what a failed build left is cleaned up at once.
    const settlement = await settle(context, statement, before);
    await ledger.fail(step, ordinal);
    if (settlement !== "not-done" && statement.effect.type === "definition") throw partial(error);
    throw error;
  }
  crashPoint("bare:after-statement");
  const next = await prepareNext(context);
  await session.begin();
  crashPoint("bare:before-record");
  await ledger.finishAndCommit({
    step,
    ordinal,
    took: durations(context, start),
    history: step.history,
    next:
      next === null ? undefined : { step: next.step, captured: { effect: next.effect, before: next.before } },
  });
  if (next !== null) context.intents.set(next.step.key, next.before);
  crashPoint("bare:after-commit");
}

/** Refused, and yet something changed: MariaDB drops the tables that are there before it finds one missing. */
function partial(error: unknown): unknown {
  if (!(error instanceof GodwitError)) return error;
  return new GodwitError(error.code, {
    message: `${error.message}; a part of it took effect all the same`,
    hint: "Compare the database with the statement, and correct the file so that it starts from what is there now.",
    details: error.details,
    cause: error.cause,
    outcome: "changed",
  });
}

async function prepareNext(context: StepContext) {
  const { next, engine, session, signal } = context;
  const statement = next?.kind === "sql" && !next.transaction ? next.statements[0] : undefined;
  // Only an effect that the catalogue can tell may be announced before it is certain to be sent.
  if (next?.kind !== "sql" || statement?.effect.type !== "definition" || signal?.aborted) return null;
  if (statement.effect.byIdentity === true) return null;
  return {
    step: next,
    effect: statement.effect,
    before: await engine.probe.capture(session, statement.effect),
  };
}

/** Captures the state before; an invalid index of an earlier failed build, which the statement would trip over, goes first. */
async function captureClean(context: StepContext, statement: Statement): Promise<unknown> {
  const before = await context.engine.probe.capture(context.session, statement.effect);
  if (statement.effect.type !== "index-build") return before;
  await settle(context, statement, before);
  return context.engine.probe.capture(context.session, statement.effect);
}

async function settle(context: StepContext, statement: Statement, before: unknown): Promise<Settlement> {
  return context.engine.probe.settle(context.session, statement.effect, before, (index, table) =>
    context.emit({ type: "index:dropped-invalid", index, table }),
  );
}

async function runStatement(
  context: StepContext,
  at: { step: SqlStep; statement: Statement; index: number; count: number },
): Promise<void> {
  const { session, engine, emit } = context;
  const { step, statement, index, count } = at;
  const start = performance.now();
  emit({
    type: "statement:started",
    key: step.key,
    index,
    count,
    label: statement.label,
    line: statement.line,
  });
  crashPoint("statement:before");
  try {
    const rows = await session.execute(statement.text);
    const durationMs = Math.round(performance.now() - start);
    emit({ type: "statement:finished", key: step.key, index, rows, durationMs });
  } catch (error) {
    const native = engine.errors.classify(error);
    if (lostKinds.has(native.kind)) throw error;
    const place = { file: step.file, statement, key: step.key };
    throw statementFailure(native, place, "unchanged", error);
  }
  crashPoint("statement:after");
}

export function limitsOf(context: StepContext, limits: StepLimits) {
  return {
    lockTimeoutMs: limits.lockTimeoutMs ?? context.settings.lockTimeoutMs,
    statementTimeoutMs: limits.statementTimeoutMs ?? context.settings.statementTimeoutMs,
  };
}
