import { doctor as examine, type DoctorReport } from "../../commands/doctor.ts";
import { countText } from "../amounts.ts";
import type { Invocation } from "../command-spec.ts";
import type { Paint } from "../paint.ts";
import { padEnd, textWidth } from "../text-width.ts";
import { oneLine, visible } from "../visible-text.ts";
import { readingOptions } from "./reading.ts";

/** Exits with 1 when there is an error among the findings. */
export async function doctor(invocation: Invocation): Promise<number> {
  const { output } = invocation;
  const report = await examine(readingOptions(invocation));
  output.result("doctor", { ...report }, () => doctorText(report, output.out.paint));
  return report.healthy ? 0 : 1;
}

export function doctorText({ database, server, findings }: DoctorReport, paint: Paint): string {
  const lines = [
    `${paint.dim("database")} ${oneLine(database)}\n${paint.dim("server")}   ${oneLine(server)}\n\n`,
  ];
  const marks = { ok: paint.green("ok     "), warning: paint.yellow("warning"), error: paint.red("error  ") };
  const width = Math.max(0, ...findings.map(({ check }) => textWidth(check)));
  for (const { check, status, message, remedy } of findings) {
    lines.push(`  ${marks[status]}  ${padEnd(oneLine(check), width)}  ${oneLine(message)}\n`);
    if (remedy !== undefined && status !== "ok") {
      const indent = " ".repeat(width + 13);
      lines.push(`${indent}${visible(remedy).trimEnd().replaceAll("\n", `\n${indent}`)}\n`);
    }
  }
  const count = (wanted: string) => findings.filter(({ status }) => status === wanted).length;
  const errors = count("error");
  const warnings = count("warning");
  const verdict = errors + warnings === 0 ? paint.green("healthy") : "";
  const counts = [
    errors > 0 ? paint.red(countText(errors, "error")) : "",
    warnings > 0 ? paint.yellow(countText(warnings, "warning")) : "",
  ].filter((text) => text !== "");
  lines.push(`\n${verdict || counts.join(", ")}\n`);
  return lines.join("");
}
