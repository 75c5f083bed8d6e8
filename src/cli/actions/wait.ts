import { wait as waitForServer } from "../../commands/wait.ts";
import type { Invocation } from "../command-spec.ts";
import { oneLine } from "../visible-text.ts";
import { readingOptions } from "./reading.ts";

export async function wait(invocation: Invocation): Promise<number> {
  const { options, output, interruption } = invocation;
  const server = await interruption.whileStoppable(() =>
    waitForServer({ ...readingOptions(invocation), timeoutMs: options.timeout }),
  );
  output.result("wait", { server }, () => `${oneLine(server.version)} is ready\n`);
  return 0;
}
