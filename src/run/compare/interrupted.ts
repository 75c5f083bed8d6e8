import { GodwitError } from "../../core/error.ts";

/** Between two questions: a comparison changes nothing, so it can end at any of them. */
export function refuseInterruptedComparison(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new GodwitError("GW4006", { message: "interrupted while comparing" });
}

/** What a comparison asks between two of its parts. */
export interface Stoppable {
  readonly signal?: AbortSignal | undefined;
  /** Waits while the run is paused, and rejects where it is to end. */
  readonly pass?: (() => Promise<void> | null) | undefined;
}

export async function betweenParts({ signal, pass }: Stoppable): Promise<void> {
  refuseInterruptedComparison(signal);
  await pass?.();
}
