import { openPlan } from "../../commands/apply-plan.ts";
import { freezePlan, type FreezeOptions } from "../../commands/freeze.ts";
import { plan as planPending } from "../../commands/plan.ts";
import { type FrozenPlan, thawPlan } from "../../core/frozen-plan.ts";
import { GodwitError } from "../../core/error.ts";
import type { Plan } from "../../core/plan.ts";
import type { Invocation } from "../command-spec.ts";
import { planText } from "../render-plan.ts";
import { oneLine } from "../visible-text.ts";
import { readingOptions } from "./reading.ts";

export async function plan(invocation: Invocation): Promise<number> {
  const { options, cwd } = invocation;
  const [file] = invocation.arguments;
  if (file !== undefined) {
    if (options.output !== undefined || options.to !== undefined) {
      throw new GodwitError("GW1001", {
        message: "a plan that is in a file is only shown: without --to and -o",
      });
    }
    return printFrozen(invocation, await openPlan({ file, cwd }));
  }
  if (options.output !== undefined) return writePlan(invocation, { to: options.to });
  return printPlan(invocation, await planPending({ ...readingOptions(invocation), to: options.to }));
}

/** Writes a plan for review, and says what comes next. */
export async function writePlan(
  invocation: Invocation,
  choice: Pick<FreezeOptions, "of" | "to" | "steps">,
): Promise<number> {
  const { options, output } = invocation;
  const { output: file, as, ticket } = options;
  const frozen = await freezePlan({ ...readingOptions(invocation), ...choice, output: file, as, ticket });
  if (frozen === null) {
    const isApply = choice.of !== "rollback";
    return printPlan(invocation, null, isApply ? undefined : "no migration is applied that would be undone");
  }
  output.result(invocation.command.name, { file, hash: frozen.hash, plan: frozen }, () => {
    const name = oneLine(file ?? "");
    return `${frozenText(invocation, frozen)}\nwrote ${name}\nnext: another person runs \`godwit approve ${name} --as NAME\`, then \`godwit apply ${name}\`\n`;
  });
  return 0;
}

/** Prints a plan as the result of the command. */
export function printPlan(
  { output, command, cwd }: Invocation,
  plan: Plan | null,
  nothing = "no migration is pending",
): number {
  output.result(command.name, { plan }, () =>
    plan === null ? `nothing to do: ${nothing}\n` : planText(plan, { paint: output.out.paint, cwd }),
  );
  return 0;
}

function printFrozen(invocation: Invocation, frozen: FrozenPlan): number {
  const { output, command } = invocation;
  output.result(command.name, { plan: frozen }, () => frozenText(invocation, frozen));
  return 0;
}

function frozenText({ output, cwd }: Invocation, frozen: FrozenPlan): string {
  return planText(thawPlan(frozen), { paint: output.out.paint, cwd });
}
