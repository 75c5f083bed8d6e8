import { type CopyPlan, type CopyResult, type Loss, notesOf, pairText } from "../copy/index.ts";
import { bytesText, countText, durationText, numberText } from "./amounts.ts";
import type { Paint } from "./paint.ts";
import { stepsText } from "./render-copy-steps.ts";
import type { RunRecord } from "./run-record.ts";
import { tableText } from "./table.ts";
import { oneLine } from "./visible-text.ts";

type CopyRecord = Pick<RunRecord, "progress" | "drafts" | "made">;

/** What a copy did: a line a table, and whether both sides were found to be equal. */
export function copyText(result: CopyResult, record: CopyRecord, paint: Paint): string {
  const { tables } = record.progress;
  if (result.state === "nothing") return "nothing to do\n";
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0);
  const head = `${paint.green("copied")} ${countText(tables.length, "table")}, ${countText(rows, "row")}, ${bytesText(bytes)} in ${durationText(result.durationMs)}\n\n`;
  const lines = tables.map((table) => [
    oneLine(table.table),
    `${numberText(table.rows)} rows`,
    bytesText(table.bytes),
    durationText(table.lastMs - table.startedMs),
    table.state === "equal" ? paint.green("equal") : "not compared",
  ]);
  return `${head}${tableText(lines, { right: [1, 2, 3] })}${objectsText(result, record, paint)}`;
}

/** What else was made, and what was not. */
function objectsText(
  { undone, parts, ofTarget }: CopyResult,
  { made, drafts }: CopyRecord,
  paint: Paint,
): string {
  const kinds = Map.groupBy(made, ({ what }) => what.replace(/s$/, ""));
  const counts = [...kinds].map(([what, list]) => countText(list.length, what)).join(", ");
  const left = [...undone.map(({ what, name, reason }) => `${what} ${name}: ${reason}`), ...parts];
  const missing = listed("not copied", left, paint);
  const theirs = listed("in the target", ofTarget, paint);
  return [
    counts === "" ? "" : `\nalso made: ${counts}\n`,
    theirs === "" ? "" : `\n${theirs}`,
    missing === "" ? "" : `\n${missing}`,
    drafts === null ? "" : `  drafts: ${oneLine(drafts, 300)}\n`,
  ].join("");
}

function listed(head: string, lines: readonly string[], paint: Paint): string {
  if (lines.length === 0) return "";
  return `${paint.yellow(head)}\n${lines.map((line) => `  ${oneLine(line, 300)}\n`).join("")}`;
}

/** What JSON tells of a copy. */
export function copyDocument(result: CopyResult, record: CopyRecord): Record<string, unknown> {
  const { runId, state, epoch, performed, durationMs, plan, parts, ofTarget } = result;
  const undone = result.undone.map(({ what, name, reason }) => ({ what, name, reason }));
  const { made, drafts } = record;
  const tables = record.progress.tables.map(({ table, rows, bytes, state: end }) => {
    return { table, rows, bytes, compared: end === "equal" ? "equal" : null };
  });
  return {
    state,
    runId,
    epoch,
    planHash: plan?.hash ?? null,
    tables,
    made,
    undone,
    parts,
    ofTarget,
    drafts,
    performed,
    durationMs,
  };
}

/** A copy's plan: each column with its decision, the losses, what is left undone, and the steps. */
export function copyPlanText(plan: CopyPlan, paint: Paint): string {
  const { survey } = plan;
  const parts = survey.tables.map(({ source, target, columns }) => {
    const { rows, bytes } = source.estimate;
    const rowsOf = columns.map(({ column, decision, because }) => [
      oneLine(column.name),
      oneLine(column.declared),
      "→",
      oneLine(decision.sql),
      oneLine(
        [
          decision.reason,
          because === null ? "" : `chosen by the data: ${because.rows} rows ${because.risk.kind}`,
          decision.loses ?? "",
        ]
          .filter((text) => text !== "")
          .join("; "),
        200,
      ),
    ]);
    const name = `${oneLine(source.name)} → ${oneLine(target.schema === "" ? target.name : `${target.schema}.${target.name}`)}`;
    return `${paint.bold(name)}  ${paint.dim(`about ${numberText(rows)} rows, ${bytesText(bytes)}`)}\n${tableText(rowsOf)}`;
  });
  return [
    ...parts,
    lossesText(plan.losses, paint),
    duplicatesText(plan, paint),
    undoneText(plan, paint),
    listed("in the target", plan.ofTarget, paint),
    stepsText(plan.plan, paint),
    readingText(plan),
  ]
    .filter((text) => text !== "")
    .join("\n");
}

function readingText({ reading }: CopyPlan): string {
  if (reading === null) return "";
  const { measured, bytesPerSecond, ms } = reading;
  return `To read the rows takes about ${durationText(ms)}, if the target keeps up: ${oneLine(measured)} came at ${bytesText(bytesPerSecond)} a second.\n`;
}

function lossesText(losses: readonly Loss[], paint: Paint): string {
  if (losses.length === 0) return "";
  const lines = losses.map(({ name, rows, examples }) => [
    oneLine(name),
    `${rows} rows`,
    oneLine(examples.map(({ key, value }) => `${key.join(",")}: ${value}`).join("; "), 160),
  ]);
  return `${paint.yellow("would be lost")} (each is accepted with --allow NAME)\n${tableText(lines, { right: [1] })}`;
}

function duplicatesText({ survey: { duplicates } }: CopyPlan, paint: Paint): string {
  if (duplicates.length === 0) return "";
  const lines = duplicates.map(({ name, examples }) => [
    oneLine(name),
    oneLine(examples.map(pairText).join("; "), 160),
  ]);
  return `${paint.yellow("would be one in a unique key")} (left to the target with --allow NAME)\n${tableText(lines)}`;
}

function undoneText({ survey }: CopyPlan, paint: Paint): string {
  const lines = [
    ...survey.objects.undone.map(({ what, name, reason }) => `${what} ${name}: ${reason}`),
    ...survey.dropped,
    ...survey.undone,
    ...notesOf(survey.objects),
    ...survey.warnings.map(({ rule, message }) => `rules: ${rule}: ${message}`),
  ];
  return listed("not copied", lines, paint);
}
