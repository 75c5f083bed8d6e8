import type { Expression } from "../core/expression.ts";
import type { DigestForm } from "../engines/data-roles.ts";
import type { Engine } from "../engines/engine.ts";
import { ownRows, qualifiedTable } from "../engines/qualified-table.ts";
import { isUndefinedBytesText } from "../engines/undefined-bytes-text.ts";
import type { RowDifference } from "../run/compare/differing-rows.ts";
import { columnForm } from "../run/compare/digest-form.ts";
import { printExpression } from "../sql/expression/print.ts";
import type { PairedTable } from "./pair-tables.ts";

/**
 * A statement for the target that makes the row as the source has it; null where the table has no key, so that the
 * row cannot be named, or its value cannot be said. To be read before it is run: the source may have moved on.
 */
export function repairSql(
  source: Engine,
  target: Engine,
  { table, twin }: Pick<PairedTable, "table" | "twin">,
  row: RowDifference,
): string | null {
  if (row.key.length === 0) return null;
  if (row.values.some(({ source: value }) => value !== null && isUndefinedBytesText(value))) return null;
  const { quote, overriding } = target.traits;
  const rows = ownRows(target.traits, twin);
  const isMade = new Set(twin.columns.filter(({ generated }) => generated !== null).map(({ name }) => name));
  const values = row.values.filter(({ column }) => !isMade.has(column));
  const formOf = (column: string): DigestForm => {
    const found = table.columns.find((each) => each.target === column || each.source === column);
    if (found === undefined) return { kind: "text", trimmed: false };
    return columnForm(found, source.id === target.id);
  };
  const literal = (value: string | null, column: string) =>
    printExpression(valueOf(value, formOf(column)), target.id);
  const where = table.key
    .map((key, n) => {
      const column = table.columns.find((each) => each.source === key.name)?.target ?? key.name;
      return `${quote(column)} = ${literal(row.key[n] ?? null, column)}`;
    })
    .join(" AND ");
  switch (row.kind) {
    case "extra":
      return `DELETE FROM ${rows} WHERE ${where};`;
    case "missing": {
      const columns = values.map(({ column }) => quote(column)).join(", ");
      const given = values.map(({ column, source: value }) => literal(value, column)).join(", ");
      const isNumbered = twin.columns.some(({ identity }) => identity?.always === true);
      const into = `INSERT INTO ${qualifiedTable(target.traits, twin)} (${columns})`;
      return `${into} ${isNumbered && overriding !== undefined ? `${overriding} ` : ""}VALUES (${given});`;
    }
    case "different": {
      // What the server makes of the other columns is right when they are.
      if (values.length === 0) return null;
      const changes = values.map(
        ({ column, source: value }) => `${quote(column)} = ${literal(value, column)}`,
      );
      return `UPDATE ${rows} SET ${changes.join(", ")} WHERE ${where};`;
    }
  }
}

function valueOf(value: string | null, form: DigestForm): Expression {
  if (value === null) return { kind: "null" };
  switch (form.kind) {
    case "integer":
    case "decimal":
      return { kind: "number", value };
    case "float":
      return /^-?[\d.]+(e[+-]?\d+)?$/.test(value) ? { kind: "number", value } : { kind: "string", value };
    case "boolean":
      return { kind: "boolean", value: value === "1" };
    case "bytes":
      return { kind: "bytes", hex: value };
    default:
      return { kind: "string", value };
  }
}
