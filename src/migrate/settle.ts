import { GodwitError } from "../core/error.ts";
import type { Plan } from "../core/plan.ts";
import { execute, type RunResult } from "../run/executor.ts";
import { type LedgerState, openSteps } from "../run/ledger.ts";
import { planApply } from "./apply.ts";
import { halfDone } from "./assess.ts";
import { openContents } from "./content.ts";
import { executionOf, type Project } from "./project.ts";
import { planRollback } from "./rollback.ts";

/**
 * An operator's word on steps whose outcome the catalogue cannot tell (GW4004). It is recorded as the outcome,
 * and nothing else is run; `apply` or `rollback` then continues.
 */
export async function settleSteps(
  project: Project,
  decisions: ReadonlyMap<string, "done" | "not-done">,
): Promise<RunResult> {
  await project.engine.syntax.load();
  const contents = openContents(project);
  return execute({
    ...executionOf(project),
    intent: { command: "repair", decisions: Object.fromEntries(decisions) },
    decisions,
    reconcileOnly: true,
    compile: async (state, facts) => {
      const inputs = { project, choice: {}, contents, state, facts };
      const plan =
        state.unfinished?.kind === "rollback" ? planRollback(inputs).plan : await planApply(inputs);
      refuseUnknownKeys(decisions, state, plan);
      return plan;
    },
  });
}

/** A decision is on a statement whose outcome is open, or on one that a half-done migration has not come to. */
function refuseUnknownKeys(
  decisions: ReadonlyMap<string, "done" | "not-done">,
  state: LedgerState,
  plan: Plan | null,
): void {
  const halves = halfDone(state);
  const started = openSteps(state).filter((step) => step.state === "started");
  const remaining = (plan?.steps ?? []).filter((step) => halves.has(step.unit));
  const done = new Set(openSteps(state).flatMap((step) => (step.state === "done" ? [step.key] : [])));
  const open = new Set([...started, ...remaining].map(({ key }) => key).filter((key) => !done.has(key)));
  const unknown = [...decisions.keys()].filter((key) => !open.has(key));
  if (unknown.length === 0) return;
  const known =
    open.size === 0 ? "no step of an interrupted run is open" : `open are: ${[...open].join(", ")}`;
  throw new GodwitError("GW1001", { message: `${unknown.join(", ")} is not open to a decision; ${known}` });
}
