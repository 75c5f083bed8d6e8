import { GodwitError } from "../core/error.ts";
import { execute, type RunResult } from "../run/executor.ts";
import { planApply } from "./apply.ts";
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
      const open = new Set(state.steps.filter((step) => step.state === "started").map((step) => step.key));
      const unknown = [...decisions.keys()].filter((key) => !open.has(key));
      if (unknown.length > 0) {
        const known =
          open.size === 0 ? "no step of an interrupted run is open" : `open are: ${[...open].join(", ")}`;
        throw new GodwitError("GW1001", {
          message: `${unknown.join(", ")} is not open to a decision; ${known}`,
        });
      }
      const inputs = { project, choice: {}, contents, state, facts };
      return state.unfinished?.kind === "rollback" ? planRollback(inputs).plan : planApply(inputs);
    },
  });
}
