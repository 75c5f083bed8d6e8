import type { SqlStep } from "../../core/plan.ts";
import { askCatalogue, readIntent, unknownOutcome } from "../ask-catalogue.ts";
import type { StepContext } from "./context.ts";

/** A part of a step whose intent an interrupted run recorded: whether it took effect is asked of the catalogue now. */
export async function settlePart(context: StepContext, part: SqlStep): Promise<void> {
  const record = context.open.get(part.key);
  if (record === undefined) return;
  context.open.delete(part.key);
  const { session, ledger, emit, ordinal } = context;
  const { effect, before } = readIntent(record.captured);
  const outcome = await askCatalogue(context, effect, before);
  emit({ type: "step:settled", key: part.key, outcome, by: "catalogue" });
  if (outcome === "unknown") throw unknownOutcome(part.key, part.title);
  if (outcome === "not-done") return ledger.fail(part, ordinal);
  await session.begin();
  const took = { stepMs: 0, unitMs: 0 };
  await ledger.finishAndCommit({ step: { ...part, hash: record.hash }, ordinal, took, history: [] });
  context.done.set(part.key, { hash: record.hash, kept: null });
}
