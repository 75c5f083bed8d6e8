import { apply as applyPending } from "../../commands/apply.ts";
import { applyPlan, namedByPlan } from "../../commands/apply-plan.ts";
import { plan } from "../../commands/plan.ts";
import { GodwitError } from "../../core/error.ts";
import type { Invocation } from "../command-spec.ts";
import type { CopyResult } from "../../copy/index.ts";
import type { RunResult } from "../../run/executor.ts";
import { copyDocument, copyText } from "../render-copy.ts";
import { runDocument, runText } from "../render-run.ts";
import { printPlan } from "./plan.ts";
import { readingOptions } from "./reading.ts";
import { running } from "./running.ts";
import { typedName } from "./typed-name.ts";

export async function apply(invocation: Invocation): Promise<number> {
  const { options, output, cwd } = invocation;
  const { to } = options;
  const [file] = invocation.arguments;
  if (file !== undefined) return applyFile(invocation, file);
  if (options.dryRun === true) {
    return printPlan(invocation, await plan({ ...readingOptions(invocation), to }));
  }
  const confirm = await typedName(invocation, readingOptions(invocation));
  const { result, record } = await running(invocation, (project) =>
    applyPending({ ...project, to, confirm }),
  );
  output.result("apply", runDocument(result, record), () => {
    const nothing = `nothing to do: no migration is pending${to === undefined ? "" : ` up to ${to}`}`;
    return runText(result, record, { verb: "applied", paint: output.out.paint, cwd, nothing });
  });
  return 0;
}

/** Carries out the plan of a file, and no other. */
async function applyFile(invocation: Invocation, file: string): Promise<number> {
  const { options, output, cwd } = invocation;
  if (options.to !== undefined || options.dryRun === true || options.allowOutOfOrder === true) {
    throw new GodwitError("GW1001", {
      message:
        "a plan that is in a file is carried out as it is: without --to, --dry-run and --allow-out-of-order",
      hint: `\`godwit plan ${file}\` shows it.`,
    });
  }
  const confirm = await typedName(invocation, await namedByPlan(readingOptions(invocation), file));
  const { source, target } = options;
  const { result, record } = await running(invocation, (project) =>
    applyPlan({ ...project, file, source, target, confirm }),
  );
  if (isCopy(result)) {
    output.result("apply", copyDocument(result, record), () => copyText(result, record, output.out.paint));
    return 0;
  }
  output.result("apply", runDocument(result, record), () => {
    const verb = result.plan?.kind === "rollback" ? "rolled back" : "applied";
    const nothing = "nothing to do: this plan was carried out, and nothing happened since";
    return runText(result, record, { verb, paint: output.out.paint, cwd, nothing });
  });
  return 0;
}

function isCopy(result: RunResult | CopyResult): result is CopyResult {
  return "undone" in result;
}
