import type { RuleWarning } from "../model.ts";
import { neededObject } from "./locator.ts";
import {
  failAt,
  has,
  listAt,
  type Members,
  neededText,
  neededWord,
  objectAt,
  objectOf,
  textAt,
  wholeAt,
  wordAt,
} from "./members.ts";

/*
 * Rules that speak of how DMS does its work, or of other kinds of targets. They are read as strictly as the others,
 * and each is answered by a warning that says what happens instead.
 */

type Warn = (message: string) => void;

export const unusedRules: Readonly<
  Record<string, { readonly keys: readonly string[]; readonly read: (rule: Members, warn: Warn) => void }>
> = {
  "table-settings": { keys: ["object-locator", "parallel-load", "lob-settings"], read: tableSettings },
  validation: {
    keys: ["object-locator", "rule-action", "rule-target", "source-function", "target-function"],
    read: validation,
  },
  "object-mapping": {
    keys: ["object-locator", "rule-action", "target-table-name", "mapping-parameters"],
    read: objectMapping,
  },
  "post-processing": {
    keys: ["object-locator", "rule-action", "rule-target", "tag-set"],
    read: postProcessing,
  },
};

export function readUnused(rule: Members, type: string, warnings: RuleWarning[]): void {
  unusedRules[type]!.read(rule, (message) =>
    warnings.push({ rule: rule.rule, message: `${type}: ${message}` }),
  );
}

function tableSettings(rule: Members, warn: Warn): void {
  const locator = neededObject(rule, ["schema-name", "table-name"]);
  for (const key of ["schema-name", "table-name"]) {
    if (neededText(locator, key).includes("%"))
      failAt(locator, key, "table-settings name one table, so % cannot stand in it");
  }
  const load = objectAt(rule, "parallel-load", [
    "type",
    "partitions",
    "subpartitions",
    "columns",
    "boundaries",
    "number-of-partitions",
    "collection-count-from-metadata",
    "max-records-skip-per-page",
    "batch-size",
  ]);
  if (load !== null) parallelLoad(load, warn);
  const lob = objectAt(rule, "lob-settings", ["mode", "bulk-max-size"]);
  if (lob === null) return;
  const mode = wordAt(lob, "mode", ["limited", "unlimited", "none"]);
  const size = wholeAt(lob, "bulk-max-size", 0, 2_147_483_647);
  if (mode === "none")
    warn("lob-settings none: large values are copied all the same; remove-column leaves a column out");
  else if (mode === "limited" || size !== null) {
    warn(
      `lob-settings: no value is cut${size === null ? "" : ` at ${size} KB`}; values of any size are copied whole`,
    );
  }
}

function parallelLoad(load: Members, warn: Warn): void {
  const type = neededWord(load, "type", [
    "partitions-auto",
    "subpartitions-auto",
    "partitions-list",
    "ranges",
    "none",
  ]);
  wholeAt(load, "number-of-partitions", 1, 1_000_000);
  wholeAt(load, "max-records-skip-per-page", 0, 2_147_483_647);
  wholeAt(load, "batch-size", 0, 2_147_483_647);
  wordAt(load, "collection-count-from-metadata", ["true", "false"]);
  for (const key of ["partitions", "subpartitions", "columns"]) {
    if (listAt(load, key).some((name) => typeof name !== "string")) failAt(load, key, "names were expected");
  }
  const columns = listAt(load, "columns");
  const boundaries = listAt(load, "boundaries");
  if (columns.length > 10) failAt(load, "columns", "at most 10 columns make a range");
  if (type !== "ranges") {
    if (boundaries.length > 0) failAt(load, "boundaries", `${type} does not take it`);
    if (type !== "none")
      warn(`${type}: a table is cut into chunks by its key, whether it has partitions or not`);
    return;
  }
  if (columns.length === 0) failAt(load, "columns", "it is missing");
  if (boundaries.length === 0) failAt(load, "boundaries", "it is missing");
  for (const [index, boundary] of boundaries.entries()) {
    if (Array.isArray(boundary) && boundary.length === columns.length) continue;
    failAt(load, `boundaries[${index}]`, `a list of ${columns.length} values was expected`);
  }
  warn(
    "ranges: the boundaries are not used. Chunks are cut by the table's key, so that each can be resumed and compared by itself, and rows with NULL in a boundary's column are copied, too",
  );
}

function validation(rule: Members, warn: Warn): void {
  neededWord(rule, "rule-action", ["override-validation-function"]);
  neededWord(rule, "rule-target", ["column"]);
  const locator = neededObject(rule, ["schema-name", "table-name", "column-name"]);
  for (const key of ["schema-name", "table-name", "column-name"]) neededText(locator, key);
  if (!has(rule, "source-function") && !has(rule, "target-function")) {
    failAt(rule, "source-function", "a validation rule needs one of the two functions");
  }
  textAt(rule, "source-function");
  textAt(rule, "target-function");
  warn(
    "the functions are not used: values are compared in forms that are equal on all servers, by their types",
  );
}

function objectMapping(rule: Members, warn: Warn): void {
  neededWord(rule, "rule-action", ["map-record-to-record", "map-record-to-document"]);
  const locator = neededObject(rule, ["schema-name", "table-name"]);
  for (const key of ["schema-name", "table-name"]) neededText(locator, key);
  textAt(rule, "target-table-name");
  // Its members have the names of the user's attributes at some levels.
  objectAt(rule, "mapping-parameters", [
    "partition-key-type",
    "partition-key-name",
    "partition-key-value",
    "partition-key",
    "sort-key-name",
    "exclude-columns",
    "attribute-mappings",
    "kafka-target-topic",
    "attribute-name",
    "attribute-type",
    "attribute-sub-type",
    "value",
    "mapping-rules",
  ]);
  warn("records and documents are targets that a table is not copied to; tables are copied as tables");
}

function postProcessing(rule: Members, warn: Warn): void {
  neededWord(rule, "rule-action", ["add-tag"]);
  textAt(rule, "rule-target");
  objectAt(rule, "object-locator", null);
  for (const [index, tag] of listAt(rule, "tag-set").entries()) {
    const path = `${rule.path}.tag-set[${index}]`;
    const members = objectOf(rule.rule, path, tag, ["key", "value"]);
    neededText(members, "key");
    textAt(members, "value");
  }
  warn("tags are of objects of a store, which a database has not");
}
