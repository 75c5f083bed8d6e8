import { baseline as baselineHistory } from "../../commands/baseline.ts";
import type { Invocation } from "../command-spec.ts";
import { runDocument } from "../render-run.ts";
import { oneLine } from "../visible-text.ts";
import { running } from "./running.ts";

export async function baseline(invocation: Invocation): Promise<number> {
  const { argument, output } = invocation;
  const { result, record } = await running(invocation, (project) =>
    baselineHistory({ ...project, version: argument }),
  );
  const document = { ...runDocument(result, record), version: argument };
  output.result(
    "baseline",
    document,
    () => `recorded: ${oneLine(argument)} and all older migrations count as applied\n`,
  );
  return 0;
}
