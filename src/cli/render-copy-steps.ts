import type { CompareStep, CopyRowsStep, ParallelPart, Plan, SqlStep, Step } from "../core/plan.ts";
import { tableKey } from "../core/table-key.ts";
import { bytesText, countText } from "./amounts.ts";
import { copyChoices } from "./copy-choices.ts";
import type { Paint } from "./paint.ts";
import { oneLine, visible } from "./visible-text.ts";

/** The steps of a copy by their phases, with every statement as it will be sent. */
export function stepsText(plan: Plan, paint: Paint): string {
  const phases = Map.groupBy(plan.steps, (step) => step.unitTitle);
  const parts = [...phases].map(([title, steps], index) => {
    return `${paint.bold(`${index + 1}. ${oneLine(title)}`)}\n${steps.map((step) => stepText(step, paint)).join("")}`;
  });
  return parts.join("\n");
}

/** A step, with every statement of it. */
export function stepText(step: Step, paint: Paint): string {
  switch (step.kind) {
    case "sql":
      return sqlText(step, paint);
    case "parallel":
      return `  ${paint.dim(`${step.jobs} at a time, each by itself:`)}\n${step.steps.map((part) => partText(part, paint)).join("")}`;
    case "copy-rows":
      return `  ${phaseText(step)}${sizeText(step)}, ${step.jobs} chunks at a time: ${oneLine(namesOf(step.tables), 300)}\n${choicesText(step)}`;
    case "objects":
      return objectsText(step, paint);
    case "compare":
      return compareText(step);
    default:
      return `  ${oneLine(step.title)}\n`;
  }
}

function choicesText({ tables }: CopyRowsStep): string {
  return copyChoices(tables)
    .map((line) => `    ${visible(line)}\n`)
    .join("");
}

function partText(part: ParallelPart, paint: Paint): string {
  return part.kind === "sql" ? statementsText(part) : `    ${paint.dim(oneLine(part.title))}\n`;
}

function phaseText({ phase }: CopyRowsStep): string {
  if (phase === undefined) return "";
  const gate = phase.number === phase.of ? "" : phase.stops ? ", proved; then it stops" : ", proved";
  return `phase ${phase.number} of ${phase.of}, ${oneLine(phase.title)}${gate}: of `;
}

/** By the source's statistics. */
function sizeText({ tables }: CopyRowsStep): string {
  const sum = (of: "rows" | "bytes") => tables.reduce((total, { estimate }) => total + estimate[of], 0);
  const size = `about ${countText(sum("rows"), "row")} and ${bytesText(sum("bytes"))}`;
  return `${countText(tables.length, "table")}, ${size}`;
}

function sqlText(step: SqlStep, paint: Paint): string {
  const text = statementsText(step);
  return step.transaction && step.statements.length > 1
    ? `  ${paint.cyan("BEGIN")}\n${text}  ${paint.cyan("COMMIT")}\n`
    : text;
}

function statementsText({ statements }: SqlStep): string {
  return statements.map(({ text }) => textOf(text)).join("");
}

function textOf(text: string): string {
  const lines = visible(text).split("\n");
  return `${lines.map((line) => `    ${line}`.trimEnd()).join("\n")};\n`;
}

function compareText({ tables }: CompareStep): string {
  const parts = Map.groupBy(tables, ({ readBack = false }) => readBack);
  const line = (how: string, some: CompareStep["tables"] = []) =>
    some.length === 0 ? "" : `  ${how}: ${oneLine(namesOf(some), 300)}\n`;
  return [
    line("the rows that come back, and digests of both sides where those differ", parts.get(true)),
    line("digests of both sides", parts.get(false)),
  ].join("");
}

function objectsText({ objects }: Extract<Step, { kind: "objects" }>, paint: Paint): string {
  const compared = objects.some((object) => object.compared !== null)
    ? ", and kept where its rows are those of the source's"
    : "";
  const head = `each where the target takes it${compared}:`;
  const made = objects.flatMap(({ settings, make }) => [
    ...settings.map(textOf),
    ...make.map(statementsText),
  ]);
  const dropped = objects.flatMap(({ drop }) => (drop === null ? [] : statementsText(drop)));
  const drops =
    dropped.length === 0 ? "" : `  ${paint.dim("what is not kept is dropped again:")}\n${dropped.join("")}`;
  return `  ${paint.dim(head)}\n${made.join("")}${drops}`;
}

function namesOf(tables: readonly { readonly target: Parameters<typeof tableKey>[0] }[]): string {
  return tables.map(({ target }) => tableKey(target)).join(", ");
}
