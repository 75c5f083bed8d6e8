import type { PortableColumn, PortableTable, PortableType } from "../../core/portable.ts";
import type { Session } from "../engine.ts";
import { tableText } from "./sql-text.ts";
import { traits } from "./traits.ts";

/*
 * Both servers' catalogues are utf8mb3: where a label or a default holds a character beyond it (an emoji), they
 * print a question mark. Only rows show what it is, so they are asked where a question mark stands, and only there.
 */

/** The tables with the labels and defaults that their rows show in full. */
export async function withFullLabels(
  session: Session,
  tables: readonly PortableTable[],
): Promise<PortableTable[]> {
  const full: PortableTable[] = [];
  for (const table of tables) {
    const columns: PortableColumn[] = [];
    for (const column of table.columns) columns.push(await fullColumn(session, table, column));
    full.push({ ...table, columns });
  }
  return full;
}

async function fullColumn(
  session: Session,
  table: PortableTable,
  column: PortableColumn,
): Promise<PortableColumn> {
  const { type, default: given } = column;
  const name = traits.quote(column.name);
  const rows = (select: string, rest: string) =>
    session.query(`SELECT ${select} FROM ${tableText(table)} ${rest}`);
  let found: PortableColumn = column;
  if ((type.kind === "enum" || type.kind === "set") && type.labels.some(isDoubtful))
    found = { ...found, type: await fullType(type, name, rows) };
  if (given?.expression?.kind === "string" && isDoubtful(given.expression.value) && isShown(type)) {
    const [row] = await rows(`CONVERT(DEFAULT(${name}) USING utf8mb4) AS value`, "LIMIT 1");
    if (row !== undefined && row.value !== null) {
      const value = String(row.value);
      found = {
        ...found,
        default: { expression: { kind: "string", value }, text: `'${value.replaceAll("'", "''")}'` },
      };
    }
  }
  return found;
}

type Labelled = Extract<PortableType, { kind: "enum" | "set" }>;

async function fullType(
  type: Labelled,
  name: string,
  rows: (select: string, rest: string) => ReturnType<Session["query"]>,
): Promise<Labelled> {
  const labels = [...type.labels];
  for (const [place, label] of type.labels.entries()) {
    if (!isDoubtful(label)) continue;
    const number = type.kind === "enum" ? BigInt(place + 1) : 1n << BigInt(place);
    const condition = type.kind === "enum" ? `${name} + 0 = ${number}` : `${name} & ${number} <> 0`;
    const [row] = await rows(
      `CONVERT(${name} USING utf8mb4) AS label, CAST(${name} + 0 AS UNSIGNED) AS number`,
      `WHERE ${condition} LIMIT 1`,
    );
    if (row === undefined) continue;
    const before = BigInt(String(row.number)) & (number - 1n);
    labels[place] = type.kind === "enum" ? String(row.label) : String(row.label).split(",")[bitsOf(before)]!;
  }
  return { ...type, labels };
}

function isDoubtful(text: string): boolean {
  return text.includes("?");
}

function isShown({ kind }: PortableType): boolean {
  return kind === "text" || kind === "enum" || kind === "set";
}

function bitsOf(number: bigint): number {
  return number.toString(2).replaceAll("0", "").length;
}
