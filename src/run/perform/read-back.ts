import type { ReadBackStep, RestoreReadStep } from "../../core/plan.ts";
import { type Movement, type TargetReader, targetSum } from "../compare/read-back.ts";
import { restoredSum } from "../archive/restored-sum.ts";
import type { DoneStep, StepContext } from "./context.ts";
import { inTransaction } from "./sql.ts";
import { watchMoves } from "./watch-moves.ts";

interface ReadBackSum {
  readonly rows: bigint;
  readonly sum: bigint;
}

/**
 * Reads a part of a table back from the target. The sum is kept in memory and not with the record: a run that goes on
 * later must not trust what was there before it stopped.
 */
export async function performReadBack(
  context: StepContext,
  step: ReadBackStep | RestoreReadStep,
): Promise<DoneStep> {
  const { engine, session, crew, signal } = context;
  // Who holds it up is the index that is built beside it.
  await session.limit({ lockTimeoutMs: 0, statementTimeoutMs: 0 });
  const reading = { movedAt: null as number | null };
  const watch = engine.traits.statementsOutliveClient
    ? watchMoves(context, [reading], () => [[crew.target, session]])
    : null;
  const moved = (now: Movement) => {
    reading.movedAt = now === "works" ? performance.now() : null;
  };
  const pass = () => context.guard.pass(step.key, { sessions: [session] });
  moved("works");
  try {
    const reader: TargetReader = { engine, session, signal, moved, pass };
    const sum: ReadBackSum =
      step.kind === "read-back"
        ? await targetSum(reader, step.table, step)
        : await restoredSum(reader, step, context.settings.archiveKey ?? null);
    reading.movedAt = null;
    await inTransaction(context, step, async () => {});
    return { hash: step.hash, kept: sum };
  } finally {
    watch?.stop();
  }
}

/** What the parts have read since this attempt began; null where one of them was read before. */
export function readBackSum({ done }: StepContext, parts: readonly string[]): ReadBackSum | null {
  const total = { rows: 0n, sum: 0n };
  for (const key of parts) {
    const sum = done.get(key)?.kept as Partial<ReadBackSum> | null | undefined;
    if (sum?.rows === undefined || sum.sum === undefined) return null;
    total.rows += sum.rows;
    total.sum += sum.sum;
  }
  return total;
}
