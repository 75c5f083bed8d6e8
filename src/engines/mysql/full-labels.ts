import type {
  Leftover,
  PortableColumn,
  PortableDefault,
  PortableTable,
  PortableType,
} from "../../core/portable.ts";
import type { Session } from "../engine.ts";
import { type ColumnFacts, columnFacts } from "./column-facts.ts";
import { tableText } from "./sql-text.ts";
import { traits } from "./traits.ts";
import { hasCharactersOf3Bytes, undefinedBytesSql } from "./undefined-bytes.ts";

/*
 * Both servers' catalogues are utf8mb3: where a label or a default holds a character beyond it (an emoji), or bytes that
 * its character set has no character for, they print a question mark; of bytes MySQL's ends at the first zero. What a
 * default is, the server says when it is asked for it; labels are shown by rows alone. Where the catalogue leaves no
 * doubt, nothing is asked.
 */

/** The tables with labels and defaults in full, and labels of which nothing shows what they are. */
export async function withFullLabels(
  session: Session,
  tables: readonly PortableTable[],
): Promise<{ readonly tables: readonly PortableTable[]; readonly unseen: readonly Leftover[] }> {
  const full: PortableTable[] = [];
  const unseen: Leftover[] = [];
  for (const table of tables) {
    const isAny = table.columns.some((column) => isDoubtful(column) || isDoubtfulDefault(column));
    const facts = isAny ? await columnFacts(session, table) : new Map<string, ColumnFacts>();
    const columns: PortableColumn[] = [];
    for (const column of table.columns) {
      const own = facts.get(column.name);
      const isSure = own === undefined || (own.charset !== null && hasCharactersOf3Bytes(own.charset));
      const labels = !isSure && isDoubtful(column) ? await fullLabels(session, table, column) : null;
      if (!isSure && labels !== null && labels.unseen > 0)
        unseen.push(unseenLabels(table, column, labels.unseen, own));
      columns.push({
        ...column,
        ...(labels === null ? {} : { type: labels.type }),
        ...(!isSure && isDoubtfulDefault(column)
          ? { default: await fullDefault(session, table, column, own) }
          : {}),
      });
    }
    full.push({ ...table, columns });
  }
  return { tables: full, unseen };
}

function unseenLabels(
  { schema, name }: PortableTable,
  column: PortableColumn,
  count: number,
  { charset }: ColumnFacts,
): Leftover {
  return {
    schema: "",
    name: column.name,
    kind: count === 1 ? "unseen label" : "unseen labels",
    table: { schema, name },
    definition: `${column.declared}: no row shows what of ${charset} a question mark stands for`,
    making: null,
  };
}

type Labelled = Extract<PortableType, { kind: "enum" | "set" }>;

function isDoubtful<T extends { readonly type: PortableType }>(
  column: T,
): column is T & { readonly type: Labelled } {
  const { type } = column;
  return (type.kind === "enum" || type.kind === "set") && type.labels.some((label) => label.includes("?"));
}

/** Of a literal; MySQL does not say of an expression what it is. */
function isDoubtfulDefault({ type, default: given }: PortableColumn): boolean {
  const { expression, text = "" } = given ?? {};
  if (type.kind === "bytes") return /^(?:X?'|_binary ?')/i.test(text);
  return (
    /^(text|enum|set)$/.test(type.kind) &&
    expression?.kind === "string" &&
    text.startsWith("'") &&
    expression.value.includes("?")
  );
}

/** Also of a table without rows. Bytes without characters are told as bytes, which no other character set takes. */
async function fullDefault(
  session: Session,
  table: PortableTable,
  { name, type, default: given }: PortableColumn,
  facts: ColumnFacts,
): Promise<PortableDefault | null> {
  const value = `DEFAULT(${traits.quote(name)})`;
  const lost = type.kind === "bytes" ? null : undefinedBytesSql(value, facts);
  const [row] = await session.query(
    `SELECT CONVERT(${value} USING utf8mb4) AS value, HEX(${value}) AS bytes, ${lost ?? "FALSE"} AS lost
      FROM (SELECT 1 AS one) AS one LEFT JOIN ${tableText(table)} ON FALSE`,
  );
  if (row === undefined || row.bytes === null) return given;
  const digits = String(row.bytes);
  if (type.kind === "bytes")
    return { expression: { kind: "bytes", hex: digits.toLowerCase() }, text: `X'${digits}'` };
  if (Number(row.lost) === 1) return { expression: null, text: `_${facts.charset} x'${digits}'` };
  const text = String(row.value);
  return { expression: { kind: "string", value: text }, text: `'${text.replaceAll("'", "''")}'` };
}

async function fullLabels(
  session: Session,
  table: PortableTable,
  column: PortableColumn & { readonly type: Labelled },
): Promise<{ readonly type: Labelled; readonly unseen: number }> {
  const { type } = column;
  const name = traits.quote(column.name);
  const labels = [...type.labels];
  let unseen = 0;
  for (const [place, label] of type.labels.entries()) {
    if (!label.includes("?")) continue;
    const number = type.kind === "enum" ? BigInt(place + 1) : 1n << BigInt(place);
    const condition = type.kind === "enum" ? `${name} + 0 = ${number}` : `${name} & ${number} <> 0`;
    const [row] = await session.query(
      `SELECT CONVERT(${name} USING utf8mb4) AS label, CAST(${name} + 0 AS UNSIGNED) AS number
        FROM ${tableText(table)} WHERE ${condition} LIMIT 1`,
    );
    if (row === undefined) {
      unseen++;
      continue;
    }
    const before = BigInt(String(row.number)) & (number - 1n);
    labels[place] = type.kind === "enum" ? String(row.label) : String(row.label).split(",")[bitsOf(before)]!;
  }
  return { type: { ...type, labels }, unseen };
}

function bitsOf(number: bigint): number {
  return number.toString(2).replaceAll("0", "").length;
}
