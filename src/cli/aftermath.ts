import type { GodwitError } from "../core/error.ts";
import type { ProgressSnapshot } from "../core/progress.ts";
import { countText } from "./amounts.ts";

/** What a failed run left behind, in one or two sentences; null where nothing is known beyond the error's own words. */
export function aftermathText(error: GodwitError, progress: ProgressSnapshot): string | null {
  // Before a run begins nothing is written but, at most, Godwit's own empty tables.
  if (progress.kind === null) return error.outcome === "unchanged" ? "nothing was changed" : null;
  const parts: string[] = [];
  if (error.outcome === "unknown") parts.push("whether the last statement took effect is not known");
  const { unit, step, unitsDone, unitsTotal, kind } = progress;
  if (unit !== null && kind !== "record" && error.outcome !== "unknown") {
    const verb = kind === "apply" ? "applied" : "rolled back";
    // The first unit of a resumed run is the one that was half done.
    const before = unitsDone === 0 ? (progress.resumedSteps ?? 0) : 0;
    const kept = unit.keptStatements + before;
    if (step !== null) {
      parts.push(
        step.transaction ? "the transaction was rolled back" : "nothing was changed by this statement",
      );
    }
    parts.push(
      kept === 0
        ? `nothing of ${unit.title} was ${verb}`
        : `${unit.title} is half ${verb}: ${countText(kept, "statement")} before this one took effect`,
    );
  }
  if (unitsTotal > 1) {
    parts.push(
      `${unitsDone} of ${countText(unitsTotal, "migration")} ${unitsDone === 1 ? "was" : "were"} completed`,
    );
  }
  return parts.join("; ") || null;
}
