import type { VerifyReport } from "../copy/index.ts";
import { countText, durationText, numberText } from "./amounts.ts";
import type { Paint } from "./paint.ts";
import { tableText } from "./table.ts";
import { oneLine, visibleJson } from "./visible-text.ts";

const valuesShown = 60;
const rowsShown = 20;

/** A comparison for people: a line a table, then the rows that differ with the SQL that would repair them. */
export function verifyText(report: VerifyReport, paint: Paint): string {
  const lines = report.tables.map((table) => [
    oneLine(table.target),
    `${numberText(Number(table.rows.source))} rows`,
    `${numberText(Number(table.rows.target))} rows`,
    durationText(table.durationMs),
    [
      table.differences === 0 ? paint.green("equal") : paint.red(countText(table.differences, "difference")),
      ...(table.withinTolerance === 0
        ? []
        : [`${countText(table.withinTolerance, "row")} within the tolerance of floats`]),
      ...table.leftOut.map((column) => paint.yellow(`not compared: ${oneLine(column)}`)),
      ...table.problems.map((problem) => paint.red(oneLine(problem))),
    ].join(", "),
  ]);
  const parts = [
    `${report.equal ? paint.green("equal") : paint.red("different")}: ${countText(report.tables.length, "table")} compared in ${durationText(report.durationMs)}\n\n`,
    tableText(lines, { right: [1, 2, 3] }),
    ...report.missing.map(
      (table) => `  ${paint.red("missing")}: the target has no table ${oneLine(table)}\n`,
    ),
    ...report.orphans.map(({ table, foreignKey, rows }) => {
      return `  ${paint.red("orphans")}: ${rows} rows of ${oneLine(table)} refer to nothing (${oneLine(foreignKey)})\n`;
    }),
    ...report.weaknesses.map(
      ({ side, weakness }) =>
        `  ${paint.yellow("warning")}: the ${side} is not read as one state: ${oneLine(weakness, 300)}\n`,
    ),
    ...leftoversText(report, paint),
    ...report.tables.filter(({ listed }) => listed.length > 0).map((table) => differencesText(table, paint)),
  ];
  return parts.join("");
}

function leftoversText({ leftovers }: VerifyReport, paint: Paint): string[] {
  if (leftovers.length === 0) return [];
  const lines = leftovers.map(({ what, name, message, remedy }) => {
    const how = remedy === null ? "" : `      ${paint.dim(oneLine(remedy, 300))}\n`;
    return `    ${oneLine(what)} ${oneLine(name, 200)}: ${oneLine(message, 300)}\n${how}`;
  });
  return [`\n  ${paint.yellow("left behind")} in the target\n`, ...lines];
}

function differencesText(table: VerifyReport["tables"][number], paint: Paint): string {
  const shown = table.listed.slice(0, rowsShown).map((row) => {
    const key = row.key.length === 0 ? "a row" : `key ${oneLine(row.key.join(", "), valuesShown)}`;
    const values = row.values.map(({ column, source, target }) => {
      return `      ${oneLine(column)}: ${valueText(source)} → ${valueText(target)}\n`;
    });
    const repair = row.repair === null ? "" : `      ${paint.dim(oneLine(row.repair, 400))}\n`;
    return `    ${key} is ${row.kind === "different" ? "different" : row.kind === "missing" ? "missing on the target" : "on the target only"}\n${row.kind === "different" ? values.join("") : ""}${repair}`;
  });
  const more = table.differences - shown.length;
  return `\n  ${paint.bold(oneLine(table.target))}\n${shown.join("")}${more > 0 ? `    and ${numberText(more)} more\n` : ""}`;
}

function valueText(value: string | null): string {
  if (value === null) return "NULL";
  // Every space counts, so nothing but what a terminal must not see is changed.
  const text = visibleJson(JSON.stringify(value));
  return text.length <= valuesShown ? text : `${text.slice(0, valuesShown - 1)}…`;
}
