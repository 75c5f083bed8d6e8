import { GodwitError } from "../../core/error.ts";

/** Between two questions: a comparison changes nothing, so it can end at any of them. */
export function refuseInterruptedComparison(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new GodwitError("GW4006", { message: "interrupted while comparing" });
}
