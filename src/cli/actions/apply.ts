import { apply as applyPending } from "../../commands/apply.ts";
import { plan } from "../../commands/plan.ts";
import type { Invocation } from "../command-spec.ts";
import { runDocument, runText } from "../render-run.ts";
import { printPlan } from "./plan.ts";
import { readingOptions } from "./reading.ts";
import { running } from "./running.ts";

export async function apply(invocation: Invocation): Promise<number> {
  const { options, output, cwd } = invocation;
  const { to } = options;
  if (options.dryRun === true) {
    return printPlan(invocation, await plan({ ...readingOptions(invocation), to }));
  }
  const { result, record } = await running(invocation, (project) => applyPending({ ...project, to }));
  output.result("apply", runDocument(result, record), () => {
    const nothing = `nothing to do: no migration is pending${to === undefined ? "" : ` up to ${to}`}`;
    return runText(result, record, { verb: "applied", paint: output.out.paint, cwd, nothing });
  });
  return 0;
}
