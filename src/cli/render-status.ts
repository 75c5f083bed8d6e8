import type { AssessedMigration, StatusReport, UnfinishedRun } from "../migrate/index.ts";
import { describeHolder } from "../run/lock.ts";
import { countText, durationText, timeText } from "./amounts.ts";
import { warningText } from "./event-notes.ts";
import type { Paint } from "./paint.ts";
import { tableText } from "./table.ts";
import { oneLine } from "./visible-text.ts";

type Entry = StatusReport["migrations"][number];

/** Where the database stands: each migration, the counts, the unfinished run, what is wrong, what to do next. */
export function statusText(report: StatusReport, paint: Paint): string {
  const { database, migrations, baseline, run, problems, warnings } = report;
  const lines = [`${paint.dim("database")} ${oneLine(database)}\n\n`];
  if (migrations.length === 0) lines.push("there are no migrations\n");
  else {
    const heads = ["version", "name", "state", "applied at", ""].map((head) => paint.dim(head));
    lines.push(tableText([heads, ...migrations.map((entry) => rowOf(entry, paint))]), "\n");
    lines.push(`${countsText(report)}\n`);
  }
  if (baseline !== null) lines.push(`baseline: ${oneLine(baseline)} and older count as applied\n`);
  if (run !== null) lines.push(unfinishedText(run, migrations, paint));
  for (const { code, message, hint } of problems) {
    lines.push(`${paint.red(`problem ${code}`)}: ${oneLine(message)}\n  next: ${oneLine(hint)}\n`);
  }
  for (const warning of warnings) lines.push(`${warningText(warning, paint)}\n`);
  const next = nextCommand(report);
  if (next !== null) lines.push(`next: ${next}\n`);
  return lines.join("");
}

function rowOf(entry: Entry, paint: Paint): string[] {
  const { version, name, appliedAt, durationMs } = entry;
  return [
    oneLine(version),
    oneLine(name),
    stateText(entry, paint),
    appliedAt === null ? "" : timeText(oneLine(appliedAt)),
    durationMs === null ? "" : durationText(durationMs),
  ];
}

function stateText({ state, fileMissing, outOfOrder, progress }: Entry, paint: Paint): string {
  const colours: Partial<Record<AssessedMigration["state"], (text: string) => string>> = {
    applied: paint.green,
    pending: paint.yellow,
    outdated: paint.yellow,
    edited: paint.red,
    missing: paint.red,
    "half-applied": paint.red,
    "half-rolled-back": paint.red,
  };
  const done = progress === null ? "" : `, ${progressText(progress)}`;
  // "missing" says it already.
  const missing = fileMissing && state !== "missing" ? ", file missing" : "";
  return (colours[state] ?? paint.dim)(`${state}${missing}${outOfOrder ? ", out of order" : ""}${done}`);
}

/** "2 of 5 statements" */
function progressText({ doneStatements, totalStatements }: NonNullable<Entry["progress"]>): string {
  const total = countText(totalStatements ?? doneStatements, "statement");
  return totalStatements === null ? total : `${doneStatements} of ${total}`;
}

function countsText({ counts }: StatusReport): string {
  const problems = counts.problems === 0 ? "" : `, ${countText(counts.problems, "problem")}`;
  return `${counts.applied} applied, ${counts.pending} pending${problems}`;
}

function unfinishedText(run: UnfinishedRun, migrations: readonly Entry[], paint: Paint): string {
  const words = { running: "is at work", resumable: "was interrupted", blocked: "is blocked" }[run.state];
  const lines = [
    `${paint.yellow(`${run.kind} ${run.id.slice(0, 8)}`)} ${words}; begun ${timeText(oneLine(run.startedAt))}\n`,
  ];
  if (run.holder !== null) lines.push(`  ${oneLine(describeHolder(run.holder), 300)}\n`);
  for (const entry of migrations) {
    // While it runs, what is open now will be done in a moment.
    if (!entry.state.startsWith("half-") || run.state === "running") continue;
    const { progress } = entry;
    const done = progress === null ? "" : `: ${progressText(progress)} took effect`;
    lines.push(`  ${oneLine(entry.name)} is ${entry.state.replaceAll("-", " ")}${done}\n`);
    if (progress?.next) {
      const { number, line, label } = progress.next;
      lines.push(`  it goes on with statement ${number}, line ${line}: ${oneLine(label)}\n`);
    }
  }
  if (run.error !== null && run.state !== "running") {
    lines.push(
      `  it stopped with ${oneLine(`${String(run.error.code)}: ${String(run.error.message)}`, 500)}\n`,
    );
  }
  return lines.join("");
}

/** The command that a person most likely wants now; null when all is well or the problems say it themselves. */
export function nextCommand({ run, problems, counts }: StatusReport): string | null {
  if (run?.state === "blocked") {
    const { key } = (run.error?.details ?? {}) as { key?: unknown };
    const step = typeof key === "string" ? oneLine(key) : "KEY";
    return `look at the database, then \`godwit repair --done ${step}\` or \`godwit repair --not-done ${step}\``;
  }
  if (run?.state === "running") return "wait for it to end";
  if (problems.length > 0) return null;
  if (run !== null) return run.kind === "rollback" ? "godwit rollback" : "godwit apply";
  return counts.pending > 0 ? "godwit apply" : null;
}
