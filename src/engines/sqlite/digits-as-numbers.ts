import type { Expression } from "../../core/expression.ts";
import { mapExpression } from "../../sql/expression/map-expression.ts";
import type { DigestRequest } from "../data-roles.ts";
import type { TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";

/**
 * The request's condition, in which numbers that a copy keeps as digits in a text are numbers again: as texts "9.5" is
 * above "10.25", and the other side would hold rows that are not looked for here. Beyond 15 digits SQLite compares them
 * as floats.
 */
export function conditionOf(
  { where, key, columns }: Pick<DigestRequest, "where" | "key" | "columns">,
  shape: TableShape,
): Expression | null {
  if (where === null) return null;
  const digits = new Set(
    [...key, ...columns]
      .filter(({ name, value, form }) => {
        const isNumber = form.kind === "decimal" || form.kind === "integer";
        return isNumber && value === null && shape.columns.get(name.toLowerCase())?.affinity === "text";
      })
      .map(({ name }) => name),
  );
  return mapExpression(where, (part) =>
    part.kind === "column" && digits.has(part.name)
      ? { kind: "verbatim", dialect: "sqlite", text: `CAST(${traits.quote(part.name)} AS NUMERIC)` }
      : part,
  );
}
