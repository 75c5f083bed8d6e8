import { approve as approveFile } from "../../commands/approve.ts";
import { keyFingerprint } from "../../core/ssh-key.ts";
import { GodwitError } from "../../core/error.ts";
import type { Invocation } from "../command-spec.ts";
import { oneLine } from "../visible-text.ts";

export async function approve(invocation: Invocation): Promise<number> {
  const { options, output, env, cwd } = invocation;
  const [file = ""] = invocation.arguments;
  const { as, ticket, key, allow, profile, config } = options;
  if (as === undefined) {
    throw new GodwitError("GW1001", {
      message: "who approves is named: --as NAME",
      hint: `\`godwit approve ${file} --as NAME\``,
    });
  }
  const plan = await approveFile({ file, as, ticket, key, allow, profile, config, cwd, env });
  const approval = plan.approvals.at(-1);
  output.result("approve", { file, hash: plan.hash, approval, approvals: plan.approvals.length }, () => {
    const signed = approval?.key == null ? "not signed" : `signed with ${keyFingerprint(approval.key)}`;
    const who = oneLine(approval?.approver ?? "");
    return `${output.out.paint.green("approved")} ${oneLine(file)} by ${who}, ${signed}\nplan ${plan.hash}\nnext: godwit apply ${oneLine(file)}\n`;
  });
  return 0;
}
