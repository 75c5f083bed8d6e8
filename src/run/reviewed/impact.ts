import type { Plan } from "../../core/plan.ts";
import type { Engine } from "../../engines/engine.ts";

/** The kinds of danger in a plan, each once. */
export function dangersOf(_engine: Engine, plan: Plan): string[] {
  return [...new Set(plan.hazards.flatMap(({ type, level }) => (level === "danger" ? [type] : [])))].sort();
}
