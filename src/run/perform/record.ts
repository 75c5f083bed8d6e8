import { GodwitError } from "../../core/error.ts";
import type { RecordStep } from "../../core/plan.ts";
import { changeArtifacts } from "../artifact-ledger.ts";
import { recordWatermarks } from "../watermark-ledger.ts";
import type { StepContext } from "./context.ts";
import { inTransaction } from "./sql.ts";

/** Writes rows of the ledger, and nothing else: those of the history are part of every step's completion. */
export async function performRecord(context: StepContext, step: RecordStep): Promise<void> {
  const { engine, session, ledger, crew } = context;
  await inTransaction(context, step, async () => {
    const { watermarks = [], artifacts = [] } = step;
    const { clock, runId } = ledger;
    await changeArtifacts({ engine, session, clock, runId }, artifacts);
    if (watermarks.length === 0) return;
    if (crew.source === null) throw new GodwitError("GW9001", { message: `${step.key} has no source` });
    await recordWatermarks({ engine, session, clock, runId, source: crew.source.target }, watermarks);
  });
}
