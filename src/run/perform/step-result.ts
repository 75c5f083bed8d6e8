import { GodwitError } from "../../core/error.ts";
import type { Step } from "../../core/plan.ts";
import type { StepContext } from "./context.ts";
import { inTransaction } from "./sql.ts";

/**
 * Records a step whose work is done, and that can be done again, with what later steps need of it; what `alongside`
 * writes into the ledger is in the same transaction.
 */
export async function recordResult<T>(
  context: StepContext,
  step: Step,
  {
    result,
    start,
    alongside = async () => {},
  }: {
    readonly result: T;
    /** When the work began, by performance.now(). */
    readonly start: number;
    readonly alongside?: () => Promise<void>;
  },
): Promise<void> {
  const work = async () => {
    await alongside();
    return result;
  };
  await inTransaction(context, step, work, [], start);
  context.done.set(step.key, { hash: step.hash, kept: { result } });
}

/** What an earlier step has left, in this attempt or in one before. */
export function resultOf(context: StepContext, key: string): unknown {
  const done = context.done.get(key);
  if (done === undefined) throw new GodwitError("GW9001", { message: `${key} is not done` });
  return (done.kept as { readonly result?: unknown } | null)?.result;
}
