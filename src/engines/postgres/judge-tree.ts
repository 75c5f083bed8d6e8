import type { ObjectName } from "../../core/plan.ts";

/** The parser's JSON: a node is an object with its type as the only key. Absent members are false, 0 or empty. */
export type Tree = Readonly<Record<string, unknown>>;

/** The type of a node, e.g. "IndexStmt". */
export function nodeType(tree: Tree): string {
  return Object.keys(tree)[0] ?? "";
}

/** The members of a node of any type, or of a member that is a plain object. */
export function members(tree: Tree, type: string): Tree {
  return asTree(tree[type]);
}

/** Every node of that type, at any depth: its members. */
export function nodesOf(tree: Tree, type: string): Tree[] {
  const found: Tree[] = [];
  // Not by recursion: a tree may be deeper than the stack.
  const open: unknown[] = [tree];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== "object" || node === null) continue;
    const own = (node as Tree)[type];
    if (!Array.isArray(node) && typeof own === "object" && own !== null) found.push(own as Tree);
    for (const value of Object.values(node)) open.push(value);
  }
  return found;
}

export function asTree(value: unknown): Tree {
  return typeof value === "object" && value !== null ? (value as Tree) : {};
}

export function list(value: unknown): Tree[] {
  return Array.isArray(value) ? value.map(asTree) : [];
}

export function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The name in a RangeVar. */
export function relation(value: unknown, kind: ObjectName["kind"]): ObjectName {
  const node = asTree(value);
  return named(kind, [string(node["schemaname"]), string(node["relname"])]);
}

/** The name in a list of String nodes, its last one or two parts. */
export function listName(value: unknown, kind: ObjectName["kind"]): ObjectName {
  const parts = list(value).map((part) => string(members(part, "String")["sval"]));
  return named(kind, parts.slice(-2));
}

function named(kind: ObjectName["kind"], parts: readonly string[]): ObjectName {
  const name = parts.at(-1) ?? "";
  const schema = parts.length > 1 ? (parts[0] ?? "") : "";
  return schema === "" ? { kind, name } : { kind, schema, name };
}

/** A DefElem of an option list, by name. */
export function option(options: unknown, name: string): Tree | undefined {
  return list(options)
    .map((node) => members(node, "DefElem"))
    .find((element) => element["defname"] === name);
}

/** An option's truth: absent is the default, present without a value is true. */
export function optionIsOn(options: unknown, name: string, fallback: boolean): boolean {
  const element = option(options, name);
  if (element === undefined) return fallback;
  const argument = element["arg"];
  if (argument === undefined) return true;
  const node = asTree(argument);
  // A word that is no keyword, such as off, parses as the name of a type.
  const word =
    string(members(node, "String")["sval"]) || listName(members(node, "TypeName")["names"], "type").name;
  const text = word.toLowerCase();
  if (text !== "") return !["false", "off", "no", "0"].includes(text);
  return !("Integer" in node) || members(node, "Integer")["ival"] !== undefined;
}

/** The value of an A_Const as text: strings, numbers and booleans. */
export function constant(value: unknown): string | null {
  const node = asTree(asTree(value)["A_Const"]);
  if ("sval" in node) return string(members(node, "sval")["sval"]);
  if ("ival" in node) return String(members(node, "ival")["ival"] ?? 0);
  if ("fval" in node) return string(members(node, "fval")["fval"]);
  if ("boolval" in node) return members(node, "boolval")["boolval"] === true ? "true" : "false";
  return null;
}
