import { baseline as baselineHistory, baselinePreview } from "../../commands/baseline.ts";
import { countText } from "../amounts.ts";
import type { Invocation } from "../command-spec.ts";
import { confirm } from "../confirm.ts";
import { runDocument } from "../render-run.ts";
import { oneLine } from "../visible-text.ts";
import { readingOptions } from "./reading.ts";
import { running } from "./running.ts";

export async function baseline(invocation: Invocation): Promise<number> {
  const {
    arguments: [argument = ""],
    options,
    output,
  } = invocation;
  const choice = { version: argument, withoutFile: options.withoutFile };
  await confirm(invocation, {
    what: "makes migrations count as applied without running them",
    onlyOnTerminal: true,
    describe: async () => {
      const { database, covers } = await baselinePreview({ ...readingOptions(invocation), ...choice });
      const count = covers.length === 0 ? "no migration" : countText(covers.length, "migration");
      const what = `${count} will count as applied, and will not be run there:\n`;
      return `${output.err.paint.dim("database")} ${oneLine(database)}\n${what}${namesText(covers)}`;
    },
  });
  const { result, record } = await running(invocation, (project) =>
    baselineHistory({ ...project, ...choice }),
  );
  const document = { ...runDocument(result, record), version: argument, baseline: result.covers };
  output.result("baseline", document, () => {
    const recorded = `recorded: ${oneLine(argument)} and all older migrations count as applied\n`;
    return `${recorded}${result.covers.length === 0 ? "  there is no file among them\n" : namesText(result.covers)}`;
  });
  return 0;
}

function namesText(names: readonly string[]): string {
  return names.map((name) => `  ${oneLine(name)}\n`).join("");
}
