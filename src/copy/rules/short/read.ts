import * as v from "valibot";
import type { Expression } from "../../../core/expression.ts";
import { validateName } from "../../../core/name.ts";
import type { RulesDocument } from "../document.ts";
import type { Change, ChangeRule, Locator, MappingRules, Mask, NameChange, SelectionRule } from "../model.ts";
import { anything, isWild, starPattern } from "../pattern.ts";
import { refuse, shown } from "../refuse.ts";
import { readValueExpression } from "../value-expression.ts";
import { shortRulesSchema, type ShortTable } from "./schema.ts";
import { readTypeWords } from "./type-words.ts";

/** Reads our own notation. Throws GW7008 with the path of what is wrong. */
export function readShortRules({ value }: RulesDocument): MappingRules {
  refusePassedOver(value, []);
  const parsed = v.safeParse(shortRulesSchema, value);
  if (!parsed.success) refuseIssue(parsed.issues[0]);
  const rules = parsed.output;
  // A name goes before a pattern; else they keep the file's order.
  const tables = Object.entries(rules.tables ?? {}).toSorted(
    ([a], [b]) => Number(isWild(starPattern(a))) - Number(isWild(starPattern(b))),
  );
  const selections: SelectionRule[] = [
    ...(rules.only ?? []).map((written, n) => selection(`only[${n}]`, written, { selects: true })),
    ...(rules.skip ?? []).map((written, n) =>
      selection(`skip[${n}]`, written, { action: "exclude", selects: true }),
    ),
  ];
  const changes: ChangeRule[] = Object.entries(rules.schemas ?? {}).map(([from, to]) => ({
    rule: `schemas.${from}`,
    path: `schemas.${from}`,
    at: { schema: starPattern(from), table: anything, column: null, dataType: null },
    change: { of: "schema-name", name: newName(`schemas.${from}`, from, to) },
  }));
  for (const [written, table] of tables) {
    const path = `tables.${written}`;
    if (table === "skip") selections.push(selection(path, written, { action: "exclude", selects: true }));
    else {
      const { order = null } = table;
      const filter = table.filter === undefined ? null : expressionOf(`${path}.filter`, table.filter);
      if (order !== null || filter !== null) selections.push(selection(path, written, { order, filter }));
      changes.push(...changesOf(path, written, table));
    }
  }
  if (rules.case !== undefined) {
    const name: NameChange = { by: rules.case };
    const base = { rule: "case", path: "case" };
    const at: Locator = { schema: anything, table: anything, column: null, dataType: null };
    changes.push({ ...base, at, change: { of: "table-name", name } });
    changes.push({ ...base, at: { ...at, column: anything }, change: { of: "column-name", name } });
  }
  return { selections, changes, oneChangeEach: false, settings: {}, warnings: [] };
}

function selection(path: string, written: string, more: Partial<SelectionRule>): SelectionRule {
  const at = tableAt(written);
  const none = { order: null, filter: null, selects: false };
  return { rule: path, path, action: "include", schema: at.schema, table: at.table, ...none, ...more };
}

function changesOf(path: string, written: string, table: ShortTable): ChangeRule[] {
  const at = tableAt(written);
  const rule = (part: string, change: Change, column: string | null = null): ChangeRule => ({
    rule: `${path}.${part}`,
    path: `${path}.${part}`,
    at: { ...at, column: column === null ? null : starPattern(column) },
    change,
  });
  const each = <T>(
    part: keyof ShortTable,
    entries: Readonly<Record<string, T>> | undefined,
    make: (value: T, path: string, name: string) => Change,
    onColumn = true,
  ) =>
    Object.entries(entries ?? {})
      .toSorted(([a], [b]) => Number(a.includes("*")) - Number(b.includes("*")))
      .map(([name, value]) =>
        rule(`${part}.${name}`, make(value, `${path}.${part}.${name}`, name), onColumn ? name : null),
      );
  const list = (part: "drop" | "keep", of: "dropped-column" | "kept-column") =>
    (table[part] ?? []).map((name, n) => rule(`${part}[${n}]`, { of }, name));
  const own = written.slice(written.lastIndexOf(".") + 1);
  return [
    ...(table.rename === undefined
      ? []
      : [rule("rename", { of: "table-name", name: newName(`${path}.rename`, own, table.rename) })]),
    ...each("columns", table.columns, (to, at, from) => ({
      of: "column-name",
      name: renaming(at, from, to),
    })),
    ...each("types", table.types, (type, at) => ({ of: "column-type", type: typeOf(at, type) })),
    ...each("mask", table.mask, (mask) => ({ of: "column-mask", mask: maskOf(mask) })),
    ...each("add", table.add, (added, at, column) => newColumn(at, column, added)),
    ...list("drop", "dropped-column"),
    ...list("keep", "kept-column"),
    ...(table.key === undefined
      ? []
      : [rule("key", { of: "key", name: null, unique: "primary-key", columns: table.key })]),
  ];
}

function newColumn(path: string, column: string, added: NonNullable<ShortTable["add"]>[string]): Change {
  const { value, type } = typeof added === "string" ? { value: added, type: undefined } : added;
  return {
    of: "new-column",
    column,
    value: value === undefined ? null : expressionOf(path, value),
    type: type === undefined ? null : typeOf(`${path}.type`, type),
  };
}

/** A pattern without a dot is a table's name in any schema. */
function tableAt(written: string): Pick<Locator, "schema" | "table" | "dataType"> {
  const dot = written.indexOf(".");
  return {
    schema: dot === -1 ? anything : starPattern(written.slice(0, dot)),
    table: starPattern(written.slice(dot + 1)),
    dataType: null,
  };
}

/** The name of a schema or a table that is made: one that nobody has to quote. Throws GW1007. */
function newName(path: string, from: string, to: string): NameChange {
  const change = renaming(path, from, to);
  if (change.by === "rename") validateName(change.to, path);
  return change;
}

function renaming(path: string, from: string, to: string): NameChange {
  const stars = (text: string) => text.split("*").length - 1;
  if (stars(from) === 0 && stars(to) === 0) return { by: "rename", to };
  if (stars(from) !== 1 || stars(to) !== 1) {
    refuse({ rule: "", path }, `${shown(from)} and ${shown(to)} need one * each, or none`);
  }
  return { by: "pattern", from: starPattern(from), to };
}

function expressionOf(path: string, text: string): Expression {
  const read = readValueExpression(text);
  return "problem" in read ? refuse({ rule: "", path }, read.problem) : read.expression;
}

function typeOf(path: string, written: string) {
  return readTypeWords(written) ?? refuse({ rule: "", path }, `${shown(written)} is no type`);
}

function maskOf(mask: NonNullable<ShortTable["mask"]>[string]): Mask {
  if (typeof mask === "object") return { by: "digits", character: mask.digits };
  return mask === "digits" ? { by: "digits", character: "#" } : { by: mask };
}

const lists: ReadonlySet<string> = new Set(["only", "skip", "drop", "keep", "key"]);

/**
 * What the schema would pass over in silence: names that JavaScript's objects have themselves, and lists in the place
 * of a map. Better no rule than a part of it.
 */
function refusePassedOver(value: unknown, path: readonly string[]): void {
  if (value === null || typeof value !== "object") return;
  if (Array.isArray(value)) {
    if (lists.has(path.at(-1) ?? "")) return;
    refuse({ rule: "", path: path.join(".") }, "names with what becomes of them were expected, not a list");
  }
  for (const [key, inner] of Object.entries(value)) {
    const at = [...path, key];
    if (/^(__proto__|prototype|constructor)$/.test(key)) {
      refuse(
        { rule: "", path: at.join(".") },
        "such a name can only be reached by a pattern, as in constructo*",
      );
    }
    refusePassedOver(inner, at);
  }
}

/** Of a union's members the one that got furthest tells what is wrong. */
function refuseIssue(issue: v.BaseIssue<unknown>, before: readonly string[] = []): never {
  const path = [...before, ...(issue.path ?? []).map(({ key }) => String(key))];
  const inner = issue.issues?.find((each) => each.path !== undefined);
  if (inner !== undefined) refuseIssue(inner, path);
  if (issue.type === "strict_object" && issue.expected === "never") {
    refuse({ rule: "", path: path.join(".") }, "the key is not known");
  }
  const expected = issue.expected ?? "another value";
  refuse({ rule: "", path: path.join(".") }, `${expected} was expected, not ${shown(issue.input)}`);
}
