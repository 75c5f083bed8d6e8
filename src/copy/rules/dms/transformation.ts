import type { Change, ChangeRule, NameChange, RuleWarning } from "../model.ts";
import { isWild } from "../pattern.ts";
import { readValueExpression } from "../value-expression.ts";
import { readDataType } from "./data-type.ts";
import { readLocator, type RuleTarget } from "./locator.ts";
import {
  failAt,
  has,
  listAt,
  type Members,
  neededText,
  neededWord,
  objectAt,
  textAt,
  wordAt,
} from "./members.ts";

export const transformationKeys = [
  "rule-target",
  "object-locator",
  "rule-action",
  "value",
  "old-value",
  "data-type",
  "expression",
  "primary-key-def",
  "before-image-def",
];

const nameActions = [
  ...(["rename", "convert-lowercase", "convert-uppercase", "add-prefix", "remove-prefix"] as const),
  ...(["replace-prefix", "add-suffix", "remove-suffix", "replace-suffix"] as const),
];
const columnActions = [
  ...(["add-column", "include-column", "remove-column", "change-data-type"] as const),
  ...(["data-masking-digits-mask", "data-masking-digits-randomize", "data-masking-hash-mask"] as const),
  "add-before-image-columns" as const,
];
const actions = [...nameActions, ...columnActions, "define-primary-key" as const];
type Action = (typeof actions)[number];

/** Which of the optional keys an action takes. */
const takes: Readonly<Partial<Record<Action, readonly string[]>>> = {
  rename: ["value"],
  "add-prefix": ["value"],
  "remove-prefix": ["value"],
  "replace-prefix": ["value", "old-value"],
  "add-suffix": ["value"],
  "remove-suffix": ["value"],
  "replace-suffix": ["value", "old-value"],
  "add-column": ["value", "expression", "data-type"],
  "change-data-type": ["data-type"],
  "data-masking-digits-mask": ["value"],
  "define-primary-key": ["primary-key-def"],
  "add-before-image-columns": ["before-image-def"],
};
const optionalKeys = ["value", "old-value", "expression", "data-type", "primary-key-def", "before-image-def"];

/** A transformation; null where it means nothing here, which a warning then says. */
export function readTransformation(rule: Members, warnings: RuleWarning[]): ChangeRule | null {
  const target = neededWord(rule, "rule-target", [
    "schema",
    "table",
    "column",
    "table-tablespace",
    "index-tablespace",
  ]);
  const action = neededWord(rule, "rule-action", actions);
  const warn = (message: string) => warnings.push({ rule: rule.rule, message });
  if (target.endsWith("tablespace")) {
    if (!(nameActions as readonly string[]).includes(action))
      failAt(rule, "rule-action", `${action} is of no ${target}`);
    warn(`${action} of a ${target}: where tables are stored is left to the target`);
    return null;
  }
  refuseWrongTarget(rule, action, target as RuleTarget);
  for (const key of optionalKeys) {
    // The console writes null for what is not used.
    if (has(rule, key) && takes[action]?.includes(key) !== true)
      failAt(rule, key, `${action} does not take it`);
  }
  const needsColumn = action !== "add-column" && action !== "add-before-image-columns";
  const at = readLocator(rule, target as RuleTarget, needsColumn);
  if (
    action === "define-primary-key" &&
    (isWild(at.table) || isWild(at.schema)) &&
    at.table.written.includes("%")
  ) {
    failAt(rule, "object-locator.table-name", "define-primary-key names one table, so % cannot stand in it");
  }
  const change = readChange(rule, action, target as RuleTarget, warn);
  return change === null ? null : { rule: rule.rule, path: rule.path, at, change };
}

function refuseWrongTarget(rule: Members, action: Action, target: RuleTarget): void {
  const isOfColumn = (columnActions as readonly string[]).includes(action);
  if (isOfColumn && target !== "column") failAt(rule, "rule-target", `${action} is an action on columns`);
  if (action === "define-primary-key" && target !== "table") {
    failAt(rule, "rule-target", `${action} is an action on tables`);
  }
}

function readChange(
  rule: Members,
  action: Action,
  target: RuleTarget,
  warn: (message: string) => void,
): Change | null {
  switch (action) {
    case "add-column":
      return newColumn(rule, warn);
    case "include-column":
      return { of: "kept-column" };
    case "remove-column":
      return { of: "dropped-column" };
    case "change-data-type": {
      const type = readDataType(dataTypeOf(rule) ?? failAt(rule, "data-type", "it is missing"));
      if (type === null)
        warn(`data-type ${textAt(dataTypeOf(rule)!, "type")}: a column cannot have it; it keeps its own`);
      return type === null ? null : { of: "column-type", type };
    }
    case "data-masking-digits-mask": {
      const character = neededText(rule, "value");
      if ([...character].length !== 1)
        failAt(rule, "value", "one character was expected, which stands for each digit");
      return { of: "column-mask", mask: { by: "digits", character } };
    }
    case "data-masking-digits-randomize":
      return { of: "column-mask", mask: { by: "random" } };
    case "data-masking-hash-mask":
      return { of: "column-mask", mask: { by: "hash" } };
    case "add-before-image-columns":
      readBeforeImage(rule);
      warn("add-before-image-columns: rows of a full copy were not changed, so they have no image before");
      return null;
    case "define-primary-key":
      return readKey(rule);
    default:
      return { of: `${target}-name`, name: readNameChange(rule, action) };
  }
}

function readNameChange(rule: Members, action: (typeof nameActions)[number]): NameChange {
  const value = () => {
    const text = neededText(rule, "value");
    return text === "" ? failAt(rule, "value", "it is empty") : text;
  };
  switch (action) {
    case "rename":
      return { by: "rename", to: value() };
    case "convert-lowercase":
      return { by: "lower" };
    case "convert-uppercase":
      return { by: "upper" };
    case "replace-prefix":
    case "replace-suffix":
      // Replaced by nothing is a prefix that is removed.
      return { by: action, old: neededText(rule, "old-value"), value: textAt(rule, "value") ?? "" };
    default:
      return { by: action, value: value() };
  }
}

function newColumn(rule: Members, warn: (message: string) => void): Change {
  const column = neededText(rule, "value");
  if (column === "") failAt(rule, "value", "it is empty");
  const text = textAt(rule, "expression");
  if (text === null)
    warn(`add-column: without an expression the column ${JSON.stringify(column)} holds NULL`);
  const read = text === null ? null : readValueExpression(text);
  if (read !== null && "problem" in read) failAt(rule, "expression", read.problem);
  const declared = dataTypeOf(rule);
  const type = declared === null ? null : readDataType(declared);
  if (declared !== null && type === null) failAt(declared, "type", "a column cannot have this type");
  return { of: "new-column", column, value: read?.expression ?? null, type };
}

function dataTypeOf(rule: Members): Members | null {
  return objectAt(rule, "data-type", ["type", "precision", "scale", "length"]);
}

function readKey(rule: Members): Change {
  const key =
    objectAt(rule, "primary-key-def", ["name", "origin", "columns"]) ??
    failAt(rule, "primary-key-def", "it is missing");
  const columns = listAt(key, "columns");
  const isNames = columns.length > 0 && columns.every((name) => typeof name === "string");
  if (!isNames || new Set(columns).size !== columns.length) {
    failAt(key, "columns", "names of columns were expected, each once");
  }
  return {
    of: "key",
    name: textAt(key, "name"),
    unique: wordAt(key, "origin", ["primary-key", "unique-index"]) ?? "primary-key",
    columns: columns as readonly string[],
  };
}

function readBeforeImage(rule: Members): void {
  const image = objectAt(rule, "before-image-def", ["column-prefix", "column-suffix", "column-filter"]);
  if (image === null) return;
  textAt(image, "column-prefix");
  textAt(image, "column-suffix");
  wordAt(image, "column-filter", ["pk-only", "non-lob", "all"]);
}
