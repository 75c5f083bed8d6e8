import { GodwitError } from "../../core/error.ts";
import type { RecordStep } from "../../core/plan.ts";
import { recordWatermarks } from "../watermark-ledger.ts";
import type { StepContext } from "./context.ts";
import { inTransaction } from "./sql.ts";

/** Writes rows of the ledger, and nothing else: those of the history are part of every step's completion. */
export async function performRecord(context: StepContext, step: RecordStep): Promise<void> {
  const { engine, session, ledger, crew } = context;
  await inTransaction(context, step, async () => {
    const { watermarks = [] } = step;
    if (watermarks.length === 0) return;
    if (crew.source === null) throw new GodwitError("GW9001", { message: `${step.key} has no source` });
    const { clock, runId } = ledger;
    await recordWatermarks({ engine, session, clock, runId, source: crew.source.target }, watermarks);
  });
}
