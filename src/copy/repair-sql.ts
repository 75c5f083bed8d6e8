import type { Expression } from "../core/expression.ts";
import type { CopyTable } from "../core/plan.ts";
import type { DigestForm } from "../engines/data-roles.ts";
import type { Engine } from "../engines/engine.ts";
import { qualifiedTable } from "../engines/qualified-table.ts";
import { isUndefinedBytesText } from "../engines/undefined-bytes-text.ts";
import type { RowDifference } from "../run/compare/differing-rows.ts";
import { digestForm } from "../run/compare/digest-form.ts";
import { printExpression } from "../sql/expression/print.ts";

/**
 * A statement for the target that makes the row as the source has it; null where the table has no key, so that the
 * row cannot be named, or its value cannot be said. To be read before it is run: the source may have moved on.
 */
export function repairSql(
  source: Engine,
  target: Engine,
  table: CopyTable,
  row: RowDifference,
): string | null {
  if (row.key.length === 0) return null;
  if (row.values.some(({ source: value }) => value !== null && isUndefinedBytesText(value))) return null;
  const { quote } = target.traits;
  const qualified = qualifiedTable(target.traits, table.target);
  const formOf = (column: string): DigestForm => {
    const found = table.columns.find((each) => each.target === column || each.source === column);
    if (found === undefined) return { kind: "text", trimmed: false };
    return digestForm(found.from, found.to, source.id === target.id);
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
      return `DELETE FROM ${qualified} WHERE ${where};`;
    case "missing": {
      const columns = row.values.map(({ column }) => quote(column)).join(", ");
      const values = row.values.map(({ column, source: value }) => literal(value, column)).join(", ");
      return `INSERT INTO ${qualified} (${columns}) VALUES (${values});`;
    }
    case "different": {
      const changes = row.values.map(
        ({ column, source: value }) => `${quote(column)} = ${literal(value, column)}`,
      );
      return `UPDATE ${qualified} SET ${changes.join(", ")} WHERE ${where};`;
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
