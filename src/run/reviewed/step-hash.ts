import { digest } from "../../core/canonical.ts";
import type { Step } from "../../core/plan.ts";

/**
 * The hashes that a step of a plan may have, by what it would do; null where `contentHash` takes no word of the hash,
 * but what the step holds. Whoever compiles a step computes one of these: a plan is checked before it becomes a document.
 */
export function stepHashes(step: Step): readonly string[] | null {
  switch (step.kind) {
    case "sql": {
      const texts = step.statements.map(({ text }) => text);
      // A migration's, and a copy's.
      return [digest([step.transaction, texts]), digest(texts)];
    }
    case "script":
      return step.history.map(({ sqlHash, rawHash }) => digest([step.direction, sqlHash, rawHash]));
    case "row-tables":
      return [digest(step.keeps.map(({ change }) => change))];
    case "restore-rows":
      return [digest(["rows", step.unit, step.snapshots.length])];
    case "objects":
      return [digest(step.objects)];
    case "parallel":
      return [digest(step.steps.map(({ hash }) => hash))];
    case "read-back":
      return [digest([step.table, step.remainder, step.divisor])];
    case "record":
      return step.watermarks === undefined ? null : [digest(step.watermarks)];
    default:
      return null;
  }
}
