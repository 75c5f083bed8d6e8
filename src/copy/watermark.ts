import { GodwitError } from "../core/error.ts";
import type { Expression } from "../core/expression.ts";
import type { CopyTable, Watermark } from "../core/plan.ts";
import { tableKey } from "../core/table-key.ts";
import type { KeyColumn } from "../engines/data-roles.ts";
import type { Session } from "../engines/engine.ts";
import { qualifiedTable } from "../engines/qualified-table.ts";
import { printExpression } from "../sql/expression/print.ts";
import type { CopyChoice, CopyProject } from "./project.ts";
import type { Survey, SurveyedTable } from "./survey.ts";

/** Both sides, and how far the tables were copied before. */
export interface WatermarkSides {
  readonly source: Session;
  /** By the target's name. */
  readonly known: ReadonlyMap<string, Watermark>;
  /** The target's tables without a row: whatever the ledger says, all rows are new there. */
  readonly empty: ReadonlySet<string>;
}

/**
 * The survey with each table's watermark as it is now. In an incremental copy only rows from the one of before up to
 * it are read: from, and not above, because a row may have been written in the same second since.
 */
export async function watermarked(
  project: CopyProject,
  choice: CopyChoice,
  survey: Survey,
  sides: WatermarkSides,
): Promise<Survey> {
  const { watermark: name, mode } = choice;
  if (name === undefined) return survey;
  const warnings = [...survey.warnings];
  const tables: SurveyedTable[] = [];
  for (const table of survey.tables) {
    const column = columnOf(table, name)!;
    const { value, unset } = await project.source.engine.chunk.greatest(sides.source, table.source, column);
    if (unset > 0n) {
      warnings.push({
        rule: "--watermark",
        message: `${unset} rows of ${tableKey(table.source)} have no ${name}: a full copy takes them, an incremental one does not`,
      });
    }
    const watermark = value === null ? null : { table: tableKey(table.placed), column: name, value };
    const marked = { ...table, watermark };
    tables.push(mode === "incremental" ? await incremental(project, marked, column, sides) : marked);
  }
  return { ...survey, tables, warnings };
}

/** Throws GW7004 for tables without such a column. */
export function refuseWithoutWatermark({ tables }: Survey, name: string): void {
  const lacking = tables.filter((table) => columnOf(table, name) === null);
  if (lacking.length > 0) {
    const names = lacking.map(({ source }) => tableKey(source));
    throw new GodwitError("GW7004", {
      message: `no number, date or timestamp ${name} is copied of ${names.join(", ")}`,
      hint: "Name the tables that have it with --tables, or leave the others out with --exclude.",
      details: { tables: names, column: name },
    });
  }
}

async function incremental(
  project: CopyProject,
  table: SurveyedTable,
  { name: column, type }: KeyColumn,
  { source, known, empty }: WatermarkSides,
): Promise<SurveyedTable> {
  const name = tableKey(table.placed);
  const before = empty.has(name) ? undefined : known.get(name);
  const from = before?.column === column ? before.value : null;
  const bound = (operator: ">" | ">=" | "<=", at: string): Expression => {
    const isNumber = type.kind === "integer" || type.kind === "decimal";
    const right: Expression = { kind: isNumber ? "number" : "string", value: at };
    return { kind: "binary", operator, left: { kind: "column", name: column }, right };
  };
  // The first time everything is taken, rows without a watermark as well.
  const unset: Expression = {
    kind: "is",
    operand: { kind: "column", name: column },
    what: "null",
    not: false,
  };
  const upTo = table.watermark === null ? null : bound("<=", table.watermark.value);
  const read =
    from === null
      ? upTo && ({ kind: "binary", operator: "or", left: upTo, right: unset } satisfies Expression)
      : allOf([bound(">=", from), upTo]);
  const where = allOf([table.copy.where, read]);
  const estimate = from === null ? table.copy.estimate : await estimateOf(project, table.copy, where, source);
  return {
    ...table,
    copy: { ...table.copy, where, estimate },
    // What was deleted from the source since shows no more than that below it.
    compared: { ...table.compared, window: from === null ? read : allOf([bound(">", from), upTo]) },
  };
}

/** How many rows there are to read: they are far fewer than the table's, and the chunks are cut by it. */
async function estimateOf(
  { source: { engine } }: CopyProject,
  { source, estimate }: CopyTable,
  where: Expression | null,
  session: Session,
): Promise<CopyTable["estimate"]> {
  const condition = where === null ? null : printExpression(where, engine.id);
  if (condition === null) return estimate;
  const [row] = await session.query(
    `SELECT count(*) AS n FROM ${qualifiedTable(engine.traits, source)} WHERE ${condition}`,
  );
  const rows = Number(row?.["n"] ?? 0);
  const width = estimate.rows > 0 ? estimate.bytes / estimate.rows : 200;
  return { rows, bytes: Math.round(rows * width) };
}

function columnOf({ copy }: SurveyedTable, name: string): KeyColumn | null {
  const column = copy.columns.find(({ source, value }) => source === name && value === null);
  const isGrowing =
    column !== undefined && ["integer", "decimal", "date", "timestamp"].includes(column.from.kind);
  return isGrowing ? { name, type: column.from } : null;
}

function allOf(parts: readonly (Expression | null)[]): Expression | null {
  const [first, ...more] = parts.filter((part) => part !== null);
  if (first === undefined) return null;
  return more.reduce((left, right) => ({ kind: "binary", operator: "and", left, right }), first);
}
