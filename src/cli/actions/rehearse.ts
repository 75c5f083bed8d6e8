import { rehearse as rehearsePlan } from "../../commands/rehearse.ts";
import type { Invocation } from "../command-spec.ts";
import { durationText } from "../amounts.ts";
import { tableText } from "../table.ts";
import { oneLine } from "../visible-text.ts";
import { readingOptions } from "./reading.ts";

export async function rehearse(invocation: Invocation): Promise<number> {
  const { options, output, interruption } = invocation;
  const { to, scratch } = options;
  const [file] = invocation.arguments;
  const report = await interruption.whileStoppable(() =>
    rehearsePlan({ ...readingOptions(invocation), file, to, scratch }),
  );
  if (report === null) {
    output.result("rehearse", { rehearsal: null }, () => "nothing to do: no migration is pending\n");
    return 0;
  }
  const { plan, ...rehearsal } = report;
  const { paint } = output.out;
  const isSlow =
    rehearsal.budgetMs !== null && rehearsal.backMs !== null && rehearsal.backMs > rehearsal.budgetMs;
  output.result("rehearse", { rehearsal, contentHash: plan.contentHash }, () => {
    const ways = [
      ["forward", rehearsal.forwardMs],
      ["back", rehearsal.backMs],
      ["forward again", rehearsal.againMs],
    ] as const;
    const rows = ways.flatMap(([name, ms]) => (ms === null ? [] : [[name, durationText(ms)]]));
    const missing = rehearsal.missing.map((title) => {
      return `${paint.yellow("no way back")}: ${oneLine(title)} has no down file, so only the way forward was tried\n`;
    });
    const slow = isSlow
      ? `${paint.yellow("too slow")}: the way back may take ${durationText(rehearsal.budgetMs ?? 0)}\n`
      : "";
    const verdict = rehearsal.verified
      ? `${paint.green("rehearsed")}: the way back restores the schema, and both ways forward make the same\n`
      : "";
    return `${tableText(rows, { right: [1] })}${missing.join("")}${slow}${verdict}`;
  });
  return isSlow ? 1 : 0;
}
