import { status as readStatus } from "../../commands/status.ts";
import type { Invocation } from "../command-spec.ts";
import { statusText } from "../render-status.ts";
import { readingOptions } from "./reading.ts";

/** With --exit-code, 2 says that something is pending or wrong. */
export async function status(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const report = await readStatus(readingOptions(invocation));
  output.result("status", { ...report }, () => statusText(report, output.out.paint));
  const clean = report.counts.pending === 0 && report.problems.length === 0 && report.run === null;
  return options.exitCode === true && !clean ? 2 : 0;
}
