import { copy as copyDatabase, planCopyOf } from "../../commands/copy.ts";
import { isUrl } from "../../commands/side.ts";
import type { Invocation } from "../command-spec.ts";
import { copyDocument, copyPlanText, copyText } from "../render-copy.ts";
import { copyOptions } from "./copy-options.ts";
import { readingOptions } from "./reading.ts";
import { running } from "./running.ts";
import { typedName } from "./typed-name.ts";

export async function copy(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
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
