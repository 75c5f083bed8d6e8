import { validate as validateProject } from "../../commands/validate.ts";
import type { ValidationReport } from "../../migrate/index.ts";
import { countText } from "../amounts.ts";
import type { Invocation } from "../command-spec.ts";
import { warningText } from "../event-notes.ts";
import type { Channel } from "../channel.ts";
import { editLines, errorText } from "../render-error.ts";
import { readingOptions } from "./reading.ts";

/** Exits with 1 when there is a problem. */
export async function validate(invocation: Invocation): Promise<number> {
  const { output, cwd } = invocation;
  const report = await validateProject(readingOptions(invocation));
  output.result("validate", { ...report }, () => validationText(report, output.out, cwd));
  return report.valid ? 0 : 1;
}

function validationText(report: ValidationReport, { paint, columns }: Channel, cwd: string): string {
  const { checked, problems, warnings, edits } = report;
  const lines = problems.map((problem) => `${errorText(problem, { paint, columns: columns(), cwd })}\n`);
  lines.push(...editLines(edits, paint));
  for (const warning of warnings) lines.push(`${warningText(warning, paint)}\n`);
  const what = `${countText(checked.files, "migration")} and ${countText(checked.historyRows, "history row")}`;
  lines.push(
    report.valid
      ? `${paint.green("valid")}: ${what} checked\n`
      : `${paint.red(countText(problems.length, "problem"))}; ${what} checked\n`,
  );
  return lines.join("");
}
