import { copy as copyDatabase, freezeCopyOf, planCopyOf } from "../../commands/copy.ts";
import { isUrl } from "../../commands/side.ts";
import { GodwitError } from "../../core/error.ts";
import type { Invocation } from "../command-spec.ts";
import { copyDocument, copyPlanText, copyText } from "../render-copy.ts";
import { copyOptions } from "./copy-options.ts";
import { frozenPlanText } from "../render-frozen-plan.ts";
import { nextText } from "./plan.ts";
import { readingOptions } from "./reading.ts";
import { running } from "./running.ts";
import { typedName } from "./typed-name.ts";

export async function copy(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  if (options.output !== undefined && options.plan !== true) {
    throw new GodwitError("GW1001", { message: "-o writes a plan, which takes --plan: nothing is copied" });
  }
  if (options.plan === true && options.output !== undefined) return writeCopyPlan(invocation, options.output);
  if (options.plan === true) {
    const plan = await planCopyOf(copyOptions(invocation, () => {}));
    const { survey, losses, reading } = plan;
    output.result("copy", { plan: plan.plan, survey, losses, reading }, () =>
      copyPlanText(plan, output.out.paint),
    );
    return 0;
  }
  const [, name = ""] = invocation.arguments;
  const confirm = await typedName(invocation, {
    ...readingOptions(invocation),
    ...(isUrl(name) ? { url: name } : { profile: name }),
  });
  const { result, record } = await running(invocation, (project) =>
    copyDatabase({ ...copyOptions(invocation, project.onEvent ?? (() => {})), confirm }),
  );
  output.result("copy", copyDocument(result, record), () => copyText(result, record, output.out.paint));
  return 0;
}

/** A plan for review: it is carried out by `godwit apply FILE`. */
async function writeCopyPlan(invocation: Invocation, file: string): Promise<number> {
  const { options, output, cwd } = invocation;
  const { as, ticket } = options;
  const plan = await freezeCopyOf({ ...copyOptions(invocation, () => {}), as, ticket, output: file });
  output.result("copy", { file, hash: plan.hash, plan }, () => {
    return `${frozenPlanText(plan, [], { paint: output.out.paint, cwd })}\n${nextText(file)}`;
  });
  return 0;
}
