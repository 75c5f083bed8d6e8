import { runs as readRuns } from "../../commands/runs.ts";
import type { RunSummary } from "../../audit/index.ts";
import { durationText, timeText } from "../amounts.ts";
import type { Invocation } from "../command-spec.ts";
import type { Paint } from "../paint.ts";
import { tableText } from "../table.ts";
import { oneLine } from "../visible-text.ts";
import { readingOptions } from "./reading.ts";

export async function runs(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const found = await readRuns({ ...readingOptions(invocation), limit: options.limit });
  output.result("runs", { runs: found }, () => runsText(found, output.out.paint));
  return 0;
}

function runsText(found: readonly RunSummary[], paint: Paint): string {
  if (found.length === 0) return "there are no runs\n";
  const heads = ["run", "kind", "state", "started", "took", "by"].map((head) => paint.dim(head));
  const colours = {
    done: paint.green,
    running: paint.cyan,
    resumable: paint.yellow,
    blocked: paint.red,
    "rolling-back": paint.yellow,
    "rolled-back": paint.dim,
  };
  const rows = found.map((run) => [
    run.id.slice(0, 8),
    oneLine(run.kind),
    colours[run.state](oneLine(run.state)),
    timeText(run.startedAt),
    run.finishedAt === null ? "" : durationText(Date.parse(run.finishedAt) - Date.parse(run.startedAt)),
    oneLine(`${run.actor} on ${run.host}`, 60),
  ]);
  return tableText([heads, ...rows]);
}
