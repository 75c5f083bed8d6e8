import type { Expression } from "../../core/expression.ts";
import type { CopyColumn, CopyTable } from "../../core/plan.ts";
import type { KeyValues, Range } from "../../engines/data-roles.ts";

/**
 * A range as a condition that selects the same rows on both servers; null where the order of the key is not sure to be
 * the same on both. That of integers is, everywhere; that of texts goes by collations.
 */
export function rangeCondition(table: CopyTable, range: Range): { readonly where: Expression | null } | null {
  if (range.by === "all") return { where: null };
  if (range.by === "page" || !hasSameOrder(table)) return null;
  const bounds = [
    ...(range.after === null ? [] : [bound(table, range.after, ">", false)]),
    ...(range.upTo === null ? [] : [bound(table, range.upTo, "<", true)]),
  ];
  return { where: bounds.length === 0 ? null : bounds.reduce(and) };
}

function hasSameOrder({ key, columns }: CopyTable): boolean {
  return (
    key.length > 0 &&
    key.every(({ name }) => columns.some((column) => column.source === name && isOrderedNumber(column)))
  );
}

/** Digits that are kept as text (SQLite has no unsigned 64 bits) have the order of texts. */
function isOrderedNumber({ value, from, to, sql }: CopyColumn): boolean {
  if (value !== null || from.kind !== "integer") return false;
  return (to.kind === "integer" || to.kind === "decimal") && !/text|char/i.test(sql);
}

/** Column by column behind a bound on the first one, from which servers make a range of the index. */
function bound({ key }: CopyTable, values: KeyValues, operator: "<" | ">", inclusive: boolean): Expression {
  const parts = key.map(({ name }, place) => {
    const digits = values[place] ?? "";
    if (!/^-?\d+$/.test(digits)) throw new Error(`${digits} is no integer`);
    return { column: { kind: "column", name } as const, value: { kind: "number", value: digits } as const };
  });
  const compare = (of: (typeof parts)[number], by: "<" | "<=" | ">" | ">=" | "="): Expression => {
    return { kind: "binary", operator: by, left: of.column, right: of.value };
  };
  const [first, ...others] = parts as [(typeof parts)[number], ...typeof parts];
  const last = inclusive ? (`${operator}=` as const) : operator;
  if (others.length === 0) return compare(first, last);
  const inner = parts.slice(0, -1).reduceRight(
    (rest, part): Expression => {
      return or(compare(part, operator), and(compare(part, "="), rest));
    },
    compare(parts.at(-1)!, last),
  );
  return and(compare(first, `${operator}=`), inner);
}

function and(left: Expression, right: Expression): Expression {
  return { kind: "binary", operator: "and", left, right };
}

function or(left: Expression, right: Expression): Expression {
  return { kind: "binary", operator: "or", left, right };
}
