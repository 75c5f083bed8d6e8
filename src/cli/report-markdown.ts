import type { RunReport } from "../audit/index.ts";
import { timeText } from "./amounts.ts";
import { type ReportTable, reportSections, reportTitle } from "./report-sections.ts";
import { visible } from "./visible-text.ts";

export function reportMarkdown(report: RunReport): string {
  const parts = [
    `# ${escaped(reportTitle(report))}`,
    `Made ${timeText(report.madeAt)} UTC from the ledger. All times are UTC.`,
  ];
  for (const { title, facts, tables, notes } of reportSections(report)) {
    parts.push(`## ${title}`);
    if (facts.length > 0) {
      parts.push(facts.map(([name, value]) => `- ${escaped(name)}: ${escaped(value)}`).join("\n"));
    }
    for (const each of tables) if (each.rows.length > 0) parts.push(`### ${each.title}`, tableText(each));
    parts.push(...notes);
  }
  return `${parts.join("\n\n")}\n`;
}

function tableText({ heads, rows, right }: ReportTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = heads.map((_, index) => (right.includes(index) ? "---:" : "---"));
  return [line(heads), line(rule), ...rows.map((cells) => line(cells.map(escaped)))].join("\n");
}

/** On one line, and no character of it means anything: a table of the database can be called `| <b>`. */
function escaped(text: string): string {
  return (
    visible(text.replaceAll(/\s+/g, " ").trim())
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll(/[\\`*_{}[\]|~#!]/g, (character) => `\\${character}`)
      // What a renderer would take for an address.
      .replaceAll(/(https?:|ftp:|www\.|@)/gi, (found) => `${found.slice(0, -1)}\\${found.slice(-1)}`)
  );
}
