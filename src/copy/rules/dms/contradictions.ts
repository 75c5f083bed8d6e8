import type { ChangeRule, SelectionRule } from "../model.ts";
import { refuse } from "../refuse.ts";

/**
 * Rules with one and the same locator that cannot both be meant. Where two locators only overlap, the lower id
 * counts, which is DMS's order, and a warning says so once the tables are known.
 */
export function refuseContradictions(
  selections: readonly SelectionRule[],
  changes: readonly ChangeRule[],
): void {
  refuseTwice(
    selections,
    ({ schema, table }) => [schema.written, table.written],
    (first, second) =>
      first.action === second.action
        ? `both select the same tables, with one load-order and one set of filters each`
        : "one includes what the other excludes",
  );
  refuseTwice(
    changes.filter(({ change }) => isOneOfOne(change)),
    ({ at, change }) => [
      change.of.startsWith("schema") ? "schema" : change.of.startsWith("table") ? "table" : "column",
      at.schema.written,
      at.table.written,
      at.column?.written,
      at.dataType,
    ],
    () => "both change the same, and one thing is changed by one rule (masking excepted)",
  );
  refuseTwice(
    changes.filter(({ change }) => change.of === "kept-column" || change.of === "dropped-column"),
    ({ at, change }) =>
      [at.schema.written, at.table.written, at.column?.written, at.dataType, change.of].slice(0, 4),
    (first, second) =>
      first.change.of === second.change.of ? null : "one keeps the column that the other removes",
  );
  refuseTwice(
    changes.filter(({ change }) => change.of === "column-mask"),
    ({ at }) => [at.schema.written, at.table.written, at.column?.written, at.dataType],
    () => "both mask the same column",
  );
  refuseTwice(
    changes.filter(({ change }) => change.of === "new-column"),
    ({ at, change }) => [
      at.schema.written,
      at.table.written,
      change.of === "new-column" ? change.column : null,
    ],
    () => "both add the same column",
  );
  refuseTwice(
    changes.filter(({ change }) => change.of === "key"),
    ({ at, change }) => [at.schema.written, at.table.written, change.of === "key" ? change.unique : null],
    (_, second) =>
      second.change.of === "key" && second.change.unique === "primary-key"
        ? "both define the primary key of one table"
        : null,
  );
}

/** What DMS allows once for each object. */
export function isOneOfOne(change: ChangeRule["change"]): boolean {
  return /-name$|^column-type$|^dropped-column$/.test(change.of);
}

function refuseTwice<T extends { readonly rule: string; readonly path: string }>(
  rules: readonly T[],
  locatorOf: (rule: T) => readonly (string | null | undefined)[],
  why: (first: T, second: T) => string | null,
): void {
  const seen = new Map<string, T>();
  for (const rule of rules) {
    const locator = JSON.stringify(locatorOf(rule));
    const first = seen.get(locator);
    if (first === undefined) {
      seen.set(locator, rule);
      continue;
    }
    const reason = why(first, rule);
    if (reason !== null) refuse(rule, `it contradicts ${first.rule}: ${reason}`);
  }
}
