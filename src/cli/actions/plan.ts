import { plan as planPending } from "../../commands/plan.ts";
import type { Plan } from "../../core/plan.ts";
import type { Invocation } from "../command-spec.ts";
import { planText } from "../render-plan.ts";
import { readingOptions } from "./reading.ts";

export async function plan(invocation: Invocation): Promise<number> {
  return printPlan(
    invocation,
    await planPending({ ...readingOptions(invocation), to: invocation.options.to }),
  );
}

/** Prints a plan as the result of the command. */
export function printPlan({ output, command, cwd }: Invocation, plan: Plan | null): number {
  output.result(command.name, { plan }, () =>
    plan === null
      ? "nothing to do: no migration is pending\n"
      : planText(plan, { paint: output.out.paint, cwd }),
  );
  return 0;
}
