import type { Refuse } from "../../sql/verdict.ts";
import { judgeSetting } from "./judge-setting.ts";
import {
  asTree,
  constant,
  list,
  listName,
  members,
  nodesOf,
  nodeType,
  string,
  type Tree,
} from "./judge-tree.ts";
import { runLockKey } from "./lock.ts";

/** What these hold is kept for later, and not carried out now. */
const definers: ReadonlySet<string> = new Set([
  "CreateFunctionStmt",
  "ViewStmt",
  "RuleStmt",
  "CreateTrigStmt",
]);

/** Refuses (GW2011) the calls that would take from the run its lock or its settings, wherever they stand in a statement. */
export function refuseCalls(tree: Tree, sql: string, refuse: Refuse): void {
  // Most statements have none of the names; one with escapes (U&"…") only the parser can read.
  if (!/pg_advisory_unlock|set_config|u&"/i.test(sql) || definers.has(nodeType(tree))) return;
  for (const call of nodesOf(tree, "FuncCall")) {
    const name = builtIn(call);
    if (name === "set_config") judgeSetting(settingOf(call), refuse);
    if (name === "pg_advisory_unlock_all") throw refuse("GW2011", unlocks(name));
    if (name === "pg_advisory_unlock" && isRunLock(list(call["args"]).map(literal)))
      throw refuse("GW2011", unlocks(name));
  }
}

/** `SELECT set_config(name, value, local)`, as pg_dump writes it, as the SET that it is; null for anything else. */
export function settingCall(node: Tree): Tree | null {
  const targets = list(node["targetList"]);
  const value = asTree(members(targets[0] ?? {}, "ResTarget")["val"]);
  if (targets.length !== 1 || !("FuncCall" in value)) return null;
  const call = members(value, "FuncCall");
  return builtIn(call) === "set_config" ? settingOf(call) : null;
}

export function unlocks(name: string): string {
  return `${name}() releases the run's lock.`;
}

/** Whether these are the run lock's key: one number of 64 bits, or two of 32. */
export function isRunLock(args: readonly (string | null)[]): boolean {
  const numbers = args.map((text) =>
    text !== null && /^\s*(?:\d[\d_]*|0[xob][\da-f_]+)\s*$/i.test(text)
      ? BigInt(text.replaceAll("_", ""))
      : -1n,
  );
  const [high = -1n, low] = numbers;
  return numbers.length > 0 && (low === undefined ? high : (high << 32n) + low) === runLockKey;
}

/** A function's name, where it is the server's own; "" where it is somebody else's. */
function builtIn(call: Tree): string {
  const { schema, name } = listName(call["funcname"], "routine");
  return schema === undefined || schema === "pg_catalog" ? name : "";
}

function settingOf(call: Tree): Tree {
  const args = list(call["args"]);
  const at = (index: number, name: string) =>
    args.find((arg) => string(members(arg, "NamedArgExpr")["name"]) === name) ?? args[index];
  const value = literal(at(1, "new_value"));
  return {
    kind: "VAR_SET_VALUE",
    name: literal(at(0, "setting_name")) ?? "",
    args: [{ A_Const: { sval: { sval: value ?? "" } } }],
    is_local: literal(at(2, "is_local")) === "true",
  };
}

/** A constant, also behind a cast or an argument's name. */
function literal(value: unknown): string | null {
  const node = asTree(value);
  for (const wrapper of ["TypeCast", "NamedArgExpr"]) {
    if (wrapper in node) return literal(members(node, wrapper)["arg"]);
  }
  return constant(node);
}
