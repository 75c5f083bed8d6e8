import type { GodwitError } from "../core/error.ts";
import type { CurrentStep, ProgressSnapshot } from "../core/progress.ts";
import { countText } from "./amounts.ts";

/** What a failed run left behind, in one or two sentences; null where nothing is known beyond the error's own words. */
export function aftermathText(error: GodwitError, progress: ProgressSnapshot): string | null {
  // Before a run begins nothing is written but, at most, Godwit's own empty tables.
  if (progress.kind === null) return error.outcome === "unchanged" ? "nothing was changed" : null;
  // Where another process goes on with the run, what this one saw is no longer how it is.
  if (error.code === "GW4003") return null;
  // What became of the run's work is told with the error itself.
  if (error.details["undo"] !== undefined) return null;
  if (progress.kind === "copy") return copyText(error);
  if (progress.kind === "backup") return "no backup was made";
  if (progress.kind === "restore") return restoreText(error);
  if (progress.kind === "mappings") return mappingsText(progress);
  const parts: string[] = [];
  if (error.outcome === "unknown") parts.push("whether the last statement took effect is not known");
  const { unit, step, unitsDone, unitsTotal, kind } = progress;
  const verb = kind === "apply" ? "applied" : "rolled back";
  if (unit !== null && error.outcome === "changed") parts.push(`${unit.title} is half ${verb}`);
  if (unit !== null && kind !== "record" && error.outcome === "unchanged") {
    if (step?.transaction === true) parts.push("the transaction was rolled back");
    else if (step !== null && isStatement(step)) parts.push("nothing was changed by this statement");
    parts.push(unitText(unit.title, verb, step));
  }
  if (unitsTotal > 1) {
    const were = unitsDone === 1 ? "was" : "were";
    parts.push(`${unitsDone} of ${countText(unitsTotal, "migration")} ${were} completed`);
  }
  return parts.join("; ") || null;
}

function unitText(title: string, verb: string, step: ProgressSnapshot["step"]): string {
  if (step === null) return `${title} may be half ${verb}`;
  if (step.effects === 0) return `nothing of ${title} was ${verb}`;
  // Of a script's last statement only the commit may have failed.
  if (!isStatement(step)) return `${title} may be half ${verb}`;
  return `${title} is half ${verb}: ${countText(step.effects, "statement")} before this one took effect`;
}

/** A step of SQL is numbered by its first statement; a script is not. */
function isStatement({ key }: CurrentStep): boolean {
  return /\/\d+$/.test(key);
}

/** Where the comparison failed, doing it again would compare the same. */
function restoreText(error: GodwitError): string {
  return error.code === "GW8207"
    ? "all stays as it was restored"
    : "what was committed stays; the same command goes on with the rest";
}

/** A file has its name or another's until the one moment in which that changes. */
function mappingsText({ step }: ProgressSnapshot): string {
  if (step?.key === "mappings/place")
    return "either the old file or the whole new one is in its place; the same command goes on";
  if (step?.key === "mappings/restore")
    return "either the migrated file or the whole old one is in its place; the same command goes on";
  return "what was there stands as it was; the same command goes on";
}

/** Chunks and statements are whole or not there, so there is one thing to say; of a comparison there is nothing to resume. */
function copyText(error: GodwitError): string | null {
  if (error.code === "GW7005") return "all rows stay on the target as they were written";
  return "what was committed stays; the same command goes on with the rest";
}
