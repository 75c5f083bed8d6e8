import type { ProjectOptions } from "../../commands/options.ts";
import { aftermathText } from "../aftermath.ts";
import type { Invocation } from "../command-spec.ts";
import { openLiveProgress, type ProgressDisplay } from "../live-progress.ts";
import { eventLine, jsonLine } from "../output.ts";
import { openPlainProgress } from "../plain-progress.ts";
import { openRunRecord, type RunRecord } from "../run-record.ts";
import { projectOptions } from "./project-options.ts";

/** Does the work with its events shown: as JSON lines, as live lines on a terminal, or as plain lines. */
export async function running<T>(
  invocation: Invocation,
  work: (options: ProjectOptions, record: RunRecord) => Promise<T>,
): Promise<{ result: T; record: RunRecord }> {
  const { output, env, interruption } = invocation;
  const record = openRunRecord();
  invocation.onFailure((error) => aftermathText(error, record.progress));
  if (output.json) {
    const options = projectOptions(invocation, (event) => {
      record.receive(event);
      // A stopped run's error is the one event that is not redacted on its way.
      output.out.writeSoon(event.type === "run:stopped" ? jsonLine({ ...event }) : eventLine(event));
    });
    return { result: await interruption.whileStoppable(() => work(options, record)), record };
  }
  using display = openDisplay(invocation, env);
  const snapshot = () => record.progress;
  const options = projectOptions(invocation, (event) => {
    record.receive(event);
    display.receive(event, snapshot);
  });
  return { result: await interruption.whileStoppable(() => work(options, record)), record };
}

function openDisplay({ output }: Invocation, env: Invocation["env"]): ProgressDisplay {
  const { err } = output;
  return err.terminal && env.TERM !== "dumb" ? openLiveProgress(err) : openPlainProgress(err);
}
