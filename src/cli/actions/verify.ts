import { verify as verifyDatabases } from "../../commands/verify.ts";
import type { Invocation } from "../command-spec.ts";
import { verifyText } from "../render-verify.ts";
import { copyOptions } from "./copy-options.ts";
import { running } from "./running.ts";

/** What the exit code is where the two sides differ. */
const mismatch = 5;

export async function verify(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const { result } = await running(invocation, (project) =>
    verifyDatabases({
      ...copyOptions(invocation, project.onEvent ?? (() => {})),
      columns: options.columns,
      where: options.where,
      sample: options.sample === undefined ? undefined : Number(options.sample) / 100,
      ulps: options.ulps,
    }),
  );
  output.result("verify", { ...result }, () => verifyText(result, output.out.paint));
  return result.equal ? 0 : mismatch;
}
