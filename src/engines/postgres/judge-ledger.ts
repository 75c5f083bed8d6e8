import type { ObjectName } from "../../core/plan.ts";
import type { Refuse } from "../../sql/verdict.ts";
import { ledgerTables } from "../engine.ts";
import {
  asTree,
  list,
  listName,
  members,
  nodesOf,
  nodeType,
  relation,
  string,
  type Tree,
} from "./judge-tree.ts";
import { ledgerSchema } from "./store.ts";

const tables: ReadonlySet<string> = new Set(ledgerTables);

/** Refuses (GW2011) a statement that changes the ledger: its schema, its tables or their rows. Reading is allowed. */
export function refuseLedger(tree: Tree, sql: string, refuse: Refuse): void {
  // Most statements have not the name; one with escapes (U&"…") only the parser can read.
  if (!/godwit|u&"/i.test(sql)) return;
  const type = nodeType(tree);
  const changed = [...(changes[type]?.(members(tree, type)) ?? []), ...writtenTables(tree)].find(isLedger);
  if (changed === undefined) return;
  const what = changed.kind === "schema" ? `schema ${ledgerSchema}` : `table ${ledgerSchema}.${changed.name}`;
  throw refuse("GW2011", `${what} is the ledger: what was applied is known from it alone.`);
}

function isLedger({ kind, schema, name }: ObjectName): boolean {
  return kind === "schema" ? name === ledgerSchema : schema === ledgerSchema && tables.has(name);
}

/** Tables whose rows are written, also within a common table expression. */
function writtenTables(tree: Tree): ObjectName[] {
  return ["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"]
    .flatMap((type) => nodesOf(tree, type))
    .map((node) => relation(node["relation"], "table"));
}

const itsRelation = (node: Tree): ObjectName[] => [relation(node["relation"], "table")];
const itsTable = (node: Tree): ObjectName[] => [relation(node["table"], "table")];
const schema = (name: unknown): ObjectName => ({ kind: "schema", name: string(name) });

/** What a statement changes that is no row, by node type; what it only reads or refers to is left out. */
const changes: Readonly<Record<string, (node: Tree) => ObjectName[]>> = {
  DropStmt(node) {
    const objects = list(node["objects"]);
    if (node["removeType"] === "OBJECT_SCHEMA")
      return objects.map((object) => schema(members(object, "String")["sval"]));
    return objects.map((object) => listName(members(object, "List")["items"], "table"));
  },
  RenameStmt: (node) =>
    node["renameType"] === "OBJECT_SCHEMA" ? [schema(node["subname"])] : itsRelation(node),
  AlterOwnerStmt: (node) =>
    node["objectType"] === "OBJECT_SCHEMA" ? [schema(members(asTree(node["object"]), "String")["sval"])] : [],
  TruncateStmt: (node) =>
    list(node["relations"]).map((object) => relation(members(object, "RangeVar"), "table")),
  CopyStmt: (node) => (node["is_from"] === true ? itsRelation(node) : []),
  AlterObjectSchemaStmt: itsRelation,
  AlterTableStmt: itsRelation,
  CreateTrigStmt: itsRelation,
  RuleStmt: itsRelation,
  CreatePolicyStmt: itsTable,
  AlterPolicyStmt: itsTable,
};
