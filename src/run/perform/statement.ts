import { GodwitError } from "../../core/error.ts";
import type { SqlStep, Statement, Step, StepLimits } from "../../core/plan.ts";
import { crashPoint } from "../crash-point.ts";
import { lostKinds, statementFailure } from "../failure.ts";
import { interrupted } from "../lock.ts";
import type { StepContext } from "./context.ts";

export interface StatementPlace {
  readonly step: SqlStep;
  readonly statement: Statement;
  readonly index: number;
  readonly count: number;
}

/** Sends one statement, between its two events, and turns the server's refusal into an error with its place. */
export async function runStatement<T>(
  context: StepContext,
  at: StatementPlace,
  send: () => Promise<T>,
): Promise<T> {
  const { engine, emit } = context;
  const { step, statement, index, count } = at;
  const start = performance.now();
  const { label, line } = statement;
  emit({ type: "statement:started", key: step.key, index, count, label, line });
  crashPoint("statement:before");
  // Nothing was sent yet, so there is nothing to cancel.
  refuseInterrupted(context, step);
  let result: T;
  try {
    result = await send();
  } catch (error) {
    const native = engine.errors.classify(error);
    if (error instanceof GodwitError || lostKinds.has(native.kind)) throw error;
    const left = leftBehind(context, statement);
    const told = left === null ? native : { ...native, message: `${native.message}; ${left}` };
    const outcome = left === null ? "unchanged" : "unknown";
    throw statementFailure(told, { file: step.file, statement, key: step.key }, outcome, error);
  }
  const rows = typeof result === "number" ? result : null;
  const durationMs = Math.round(performance.now() - start);
  emit({ type: "statement:finished", key: step.key, index, rows, durationMs });
  crashPoint("statement:after");
  return result;
}

/** What a refused build of indexes can have done all the same; null where nothing. */
function leftBehind({ signal }: StepContext, { effect }: Statement): string | null {
  if (effect.type !== "index-build") return null;
  const parts = [
    ...(effect.rebuild === true ? ["the indexes that it had rebuilt by then stay rebuilt"] : []),
    ...(signal?.aborted === true ? ["what it left invalid is dropped when the run goes on"] : []),
  ];
  return parts.length === 0 ? null : parts.join(", ");
}

export function limitsOf(context: StepContext, limits: StepLimits) {
  return {
    lockTimeoutMs: limits.lockTimeoutMs ?? context.settings.lockTimeoutMs,
    statementTimeoutMs: limits.statementTimeoutMs ?? context.settings.statementTimeoutMs,
  };
}

/** Between the statements of a transaction: the run may have to end, but it does not wait with locks in its hands. */
export function refuseStopped(context: StepContext, step: Step): void {
  refuseInterrupted(context, step);
  context.guard.check(step.key);
}

/** A cancelled statement fails by itself; between two there is nothing to cancel. */
export function refuseInterrupted({ signal }: StepContext, step: Step): void {
  if (signal?.aborted) throw interrupted({ next: step.key });
}
