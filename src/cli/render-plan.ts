import type { Plan, Statement, Step } from "../core/plan.ts";
import { countText, durationText } from "./amounts.ts";
import type { Paint } from "./paint.ts";
import { nearPaths } from "./render-error.ts";
import { stepText as ofCopy } from "./render-copy-steps.ts";
import { oneLine, visible } from "./visible-text.ts";

/** A plan for review: each migration's steps in order, with their transactions and their SQL. */
export function planText(
  plan: Plan,
  { paint, cwd }: { readonly paint: Paint; readonly cwd: string },
): string {
  const units = new Map<string, Step[]>();
  for (const step of plan.steps) units.set(step.unit, [...(units.get(step.unit) ?? []), step]);
  const counts = `${countText(units.size, "migration")} in ${countText(plan.steps.length, "step")}`;
  const parts = [`${counts} on ${oneLine(plan.target.database)}\n`];
  for (const steps of units.values()) parts.push(unitText(steps, paint, cwd));
  const dangers = plan.hazards.filter(({ level }) => level === "danger");
  if (dangers.length > 0) {
    const lines = dangers.map(({ type, message }) => `  ${paint.red(type)}: ${oneLine(message, 300)}\n`);
    parts.push(`${paint.bold("dangers")}\n${lines.join("")}`);
  }
  return parts.join("\n");
}

function unitText(steps: readonly Step[], paint: Paint, cwd: string): string {
  const [first] = steps;
  if (first === undefined) return "";
  const file = "file" in first ? `  ${paint.dim(oneLine(nearPaths(first.file, cwd)))}` : "";
  const lines = [`${paint.bold(oneLine(first.unitTitle))}${file}\n`];
  if (first.undo !== "") lines.push(`  ${paint.dim(`undo: ${oneLine(first.undo)}`)}\n`);
  for (const step of steps) lines.push(stepText(step, paint));
  return lines.join("");
}

function stepText(step: Step, paint: Paint): string {
  const lines: string[] = [];
  const transaction = "transaction" in step ? step.transaction : step.kind === "record";
  const note = limitsText(step);
  const boundary = (word: string, rest: string) =>
    `  ${paint.cyan(word)}${rest === "" ? "" : paint.dim(` ${rest}`)}\n`;
  if (step.kind === "sql" && step.preamble.length > 0) {
    lines.push(`  ${paint.dim("when resumed here, repeats first:")}\n`);
    for (const statement of step.preamble) lines.push(paint.dim(sqlText(statement)));
  }
  lines.push(transaction ? boundary("BEGIN", note) : boundary("NO TRANSACTION", note));
  if (step.kind === "sql") {
    for (const statement of step.statements) {
      lines.push(
        `    ${paint.dim(`-- line ${statement.line}: ${oneLine(statement.label)}${keptText(statement)}`)}\n`,
        sqlText(statement),
      );
    }
  } else {
    lines.push(`    ${oneLine(step.title)}\n`);
    if (step.kind === "parallel" || step.kind === "objects" || step.kind === "copy-rows") {
      lines.push(ofCopy(step, paint));
    }
  }
  if (transaction) lines.push(boundary("COMMIT", ""));
  return lines.join("");
}

function keptText({ keeps }: Statement): string {
  return keeps === undefined ? "" : `; its rows are kept in ${oneLine(keeps.before)}`;
}

function sqlText(statement: Statement): string {
  const lines = visible(statement.text).split("\n");
  return `${lines.map((line) => `    ${line}`.trimEnd()).join("\n")};\n`;
}

function limitsText({ limits }: Step): string {
  const { lockTimeoutMs, statementTimeoutMs } = limits;
  return [
    lockTimeoutMs === undefined ? "" : `lock timeout ${limitText(lockTimeoutMs)}`,
    statementTimeoutMs === undefined ? "" : `statement timeout ${limitText(statementTimeoutMs)}`,
  ]
    .filter((text) => text !== "")
    .join(", ");
}

function limitText(ms: number): string {
  return ms === 0 ? "none" : durationText(ms);
}
