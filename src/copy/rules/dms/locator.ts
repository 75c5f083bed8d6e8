import type { Locator, Pattern } from "../model.ts";
import { anything, dmsPattern } from "../pattern.ts";
import { dmsTypes } from "./data-type.ts";
import { failAt, has, type Members, neededText, objectAt, textAt, wordAt } from "./members.ts";

export type RuleTarget = "schema" | "table" | "column";

const keysOf: Readonly<Record<RuleTarget, readonly string[]>> = {
  schema: ["schema-name"],
  table: ["schema-name", "table-name"],
  column: ["schema-name", "table-name", "column-name", "data-type"],
};

/** What a transformation speaks of. Tablespaces may be named beside it, and mean nothing here. */
export function readLocator(rule: Members, target: RuleTarget, needsColumn: boolean): Locator {
  const locator = neededObject(rule, [
    ...keysOf.column,
    "table-tablespace-name",
    "index-tablespace-name",
    "table-type",
  ]);
  const foreign = Object.keys(locator.value).find(
    (key) => ["table-name", "column-name"].includes(key) && !keysOf[target].includes(key),
  );
  // DMS's console writes "%" for what the target does not have.
  if (foreign !== undefined && textAt(locator, foreign) !== "%") {
    failAt(locator, foreign, `a rule on a ${target} does not take it`);
  }
  return {
    schema: patternAt(locator, "schema-name"),
    table: target === "schema" ? anything : patternAt(locator, "table-name"),
    column: columnOf(locator, target, needsColumn),
    dataType: wordAt(locator, "data-type", dmsTypes),
  };
}

function columnOf(locator: Members, target: RuleTarget, isNeeded: boolean): Pattern | null {
  if (target !== "column") return null;
  if (isNeeded && !has(locator, "data-type")) return patternAt(locator, "column-name");
  const written = textAt(locator, "column-name");
  return written === null ? anything : dmsPattern(written);
}

function patternAt(locator: Members, key: string): Pattern {
  const written = neededText(locator, key);
  if (written === "") failAt(locator, key, "it is empty");
  return dmsPattern(written);
}

export function neededObject(rule: Members, keys: readonly string[], key = "object-locator"): Members {
  return objectAt(rule, key, keys) ?? failAt(rule, key, "it is missing");
}
