import type { GodwitError } from "../core/error.ts";
import type { ProgressSnapshot } from "../core/progress.ts";
import { countText } from "./amounts.ts";

/** What a failed run left behind, in one or two sentences; null where nothing is known beyond the error's own words. */
export function aftermathText(error: GodwitError, progress: ProgressSnapshot): string | null {
  // Before a run begins nothing is written but, at most, Godwit's own empty tables.
  if (progress.kind === null) return error.outcome === "unchanged" ? "nothing was changed" : null;
  // Where another process goes on with the run, what this one saw is no longer how it is.
  if (error.code === "GW4003") return null;
  const parts: string[] = [];
  if (error.outcome === "unknown") parts.push("whether the last statement took effect is not known");
  const { unit, step, unitsDone, unitsTotal, kind } = progress;
  const verb = kind === "apply" ? "applied" : "rolled back";
  if (unit !== null && error.outcome === "changed") parts.push(`${unit.title} is half ${verb}`);
  if (unit !== null && kind !== "record" && error.outcome === "unchanged") {
    if (step !== null) {
      parts.push(
        step.transaction ? "the transaction was rolled back" : "nothing was changed by this statement",
      );
    }
    parts.push(unitText(unit.title, verb, step));
  }
  if (unitsTotal > 1) {
    const were = unitsDone === 1 ? "was" : "were";
    parts.push(`${unitsDone} of ${countText(unitsTotal, "migration")} ${were} completed`);
  }
  return parts.join("; ") || null;
}

function unitText(title: string, verb: string, step: ProgressSnapshot["step"]): string {
  // A step of SQL is numbered by its first statement, and those before it are recorded.
  const first = /\/(\d+)$/.exec(step?.key ?? "")?.[1];
  if (first === undefined) {
    return step?.transaction === true ? `nothing of ${title} was ${verb}` : `${title} may be half ${verb}`;
  }
  const kept = Number(first) - 1;
  if (kept === 0) return `nothing of ${title} was ${verb}`;
  return `${title} is half ${verb}: ${countText(kept, "statement")} before this one took effect`;
}
