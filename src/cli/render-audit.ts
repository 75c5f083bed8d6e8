import type { AuditReport, ChainHead } from "../audit/index.ts";
import { countText } from "./amounts.ts";
import type { Paint } from "./paint.ts";
import { oneLine } from "./visible-text.ts";

export function auditText(report: AuditReport, paint: Paint): string {
  const { valid, rows, head, checked, findings, notes } = report;
  const lines = findings.map(({ message }) => `${paint.red("problem GW5020")}: ${oneLine(message, 1_000)}\n`);
  lines.push(...notes.map((note) => `${paint.dim("note")}: ${oneLine(note, 1_000)}\n`));
  const held = [
    countText(checked.runs, "run"),
    countText(checked.steps, "step"),
    countText(checked.historyRows, "history row"),
  ].join(", ");
  const what = `${countText(rows, "row")} of the event log checked, against ${held}`;
  lines.push(
    valid
      ? `${paint.green("valid")}: ${what}\n`
      : `${paint.red(countText(findings.length, "problem"))}; ${what}\n`,
  );
  if (head !== null) lines.push(`head: ${headText(head)}`);
  return lines.join("");
}

/** As `--expect-head` takes it. */
export function headText(head: ChainHead | null): string {
  return head === null ? "the event log is empty\n" : `${head.seq}:${oneLine(head.hash)}\n`;
}
