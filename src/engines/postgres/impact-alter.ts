import type { ObjectName } from "../../core/plan.ts";
import { objectText, type StatementHazard, type StatementImpact } from "../impact-role.ts";
import { asTree, list, listName, members, relation, string, type Tree } from "./judge-tree.ts";
import { hazard, type LockMode, locks, rewritten } from "./table-locks.ts";

/** Actions that do with less than ACCESS EXCLUSIVE (PostgreSQL manual, ALTER TABLE). */
const gentle: Readonly<Record<string, LockMode>> = {
  AT_SetStatistics: "SHARE UPDATE EXCLUSIVE",
  AT_SetOptions: "SHARE UPDATE EXCLUSIVE",
  AT_ResetOptions: "SHARE UPDATE EXCLUSIVE",
  AT_SetRelOptions: "SHARE UPDATE EXCLUSIVE",
  AT_ResetRelOptions: "SHARE UPDATE EXCLUSIVE",
  AT_ValidateConstraint: "SHARE UPDATE EXCLUSIVE",
  AT_ClusterOn: "SHARE UPDATE EXCLUSIVE",
  AT_DropCluster: "SHARE UPDATE EXCLUSIVE",
  AT_AttachPartition: "SHARE UPDATE EXCLUSIVE",
  AT_DetachPartitionFinalize: "SHARE UPDATE EXCLUSIVE",
  AT_EnableTrig: "SHARE ROW EXCLUSIVE",
  AT_EnableTrigAll: "SHARE ROW EXCLUSIVE",
  AT_EnableTrigUser: "SHARE ROW EXCLUSIVE",
  AT_DisableTrig: "SHARE ROW EXCLUSIVE",
  AT_DisableTrigAll: "SHARE ROW EXCLUSIVE",
  AT_DisableTrigUser: "SHARE ROW EXCLUSIVE",
};

const strength: readonly LockMode[] = ["SHARE UPDATE EXCLUSIVE", "SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"];

/** All actions of one statement run under the strongest lock that one of them needs. */
export function alterTableImpact(node: Tree): StatementImpact {
  const table = relation(node["relation"], "table");
  const isTable = node["objtype"] === undefined || string(node["objtype"]) === "OBJECT_TABLE";
  const actions = list(node["cmds"]).map((each) => members(each, "AlterTableCmd"));
  const parts = actions.map((action) => actionImpact(action, table));
  const mode = strength.findLast((each) => parts.some((part) => part.mode === each)) ?? "ACCESS EXCLUSIVE";
  return {
    locks: [
      ...locks(mode, table).locks,
      ...parts.flatMap(({ also }) => locks("SHARE ROW EXCLUSIVE", ...also).locks),
    ],
    hazards: isTable ? parts.flatMap(({ hazards }) => hazards) : [],
    creates: [],
  };
}

interface Part {
  readonly mode: LockMode;
  readonly hazards: readonly StatementHazard[];
  /** Other tables that are locked: those that a foreign key points to. */
  readonly also: readonly ObjectName[];
}

function actionImpact(action: Tree, table: ObjectName): Part {
  const subtype = string(action["subtype"]);
  const of = (hazards: readonly StatementHazard[], mode: LockMode = "ACCESS EXCLUSIVE"): Part => ({
    mode,
    hazards,
    also: [],
  });
  const name = objectText(table);
  switch (subtype) {
    case "AT_DropColumn": {
      const column = string(action["name"]);
      return of([hazard("drops-data", table, `drops the column ${name}.${column} with its values`)]);
    }
    case "AT_AlterColumnType": {
      const column = string(action["name"]);
      const message = `changes the type of ${name}.${column}, which writes all rows anew while nobody can read or write, unless the two types are stored alike`;
      return of([hazard("rewrites-table", table, message)]);
    }
    case "AT_SetLogged":
    case "AT_SetUnLogged":
    case "AT_SetTableSpace":
    case "AT_SetAccessMethod":
      return of([rewritten(table)]);
    case "AT_SetNotNull":
      return of([scan(table, `to see that ${string(action["name"])} has no NULL`)]);
    case "AT_AddColumn":
      return of(columnHazards(members(asTree(action["def"]), "ColumnDef"), table));
    case "AT_AddConstraint":
      return constraintImpact(members(asTree(action["def"]), "Constraint"), table);
    case "AT_DetachPartition": {
      const concurrent = members(asTree(action["def"]), "PartitionCmd")["concurrent"] === true;
      return of([], concurrent ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE");
    }
    default:
      return of([], gentle[subtype] ?? "ACCESS EXCLUSIVE");
  }
}

function scan(table: ObjectName, why: string): StatementHazard {
  return hazard("scans-table", table, `reads all rows of ${objectText(table)} ${why}, while others wait`);
}

/** Defaults that are the same for each row are kept in the catalogue since version 11; others are written into each. */
const stable = new Set([
  "now",
  "current_timestamp",
  "transaction_timestamp",
  "statement_timestamp",
  "current_date",
]);

function columnHazards(column: Tree, table: ObjectName): StatementHazard[] {
  const type = listName(members({ t: column["typeName"] }, "t")["names"], "type").name;
  const constraints = list(column["constraints"]).map((each) => members(each, "Constraint"));
  const isRewrite =
    /^(small|big)?serial\d?$/.test(type) ||
    constraints.some(({ contype, raw_expr: expression }) => {
      if (contype === "CONSTR_IDENTITY" || contype === "CONSTR_GENERATED") return true;
      return contype === "CONSTR_DEFAULT" && callsIn(expression).some((name) => !stable.has(name));
    });
  return isRewrite ? [rewritten(table)] : [];
}

function callsIn(expression: unknown): string[] {
  const found: string[] = [];
  const open: unknown[] = [expression];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== "object" || node === null) continue;
    const call = asTree((node as Tree)["FuncCall"]);
    if ("funcname" in call) found.push(listName(call["funcname"], "routine").name.toLowerCase());
    open.push(...Object.values(node));
  }
  return found;
}

function constraintImpact(constraint: Tree, table: ObjectName): Part {
  const kind = string(constraint["contype"]);
  const isChecked = constraint["skip_validation"] !== true;
  if (kind === "CONSTR_FOREIGN") {
    const other = relation(constraint["pktable"], "table");
    const hazards = isChecked ? [scan(table, `to see that each has its row in ${objectText(other)}`)] : [];
    return { mode: "SHARE ROW EXCLUSIVE", hazards, also: [other] };
  }
  const part = (hazards: readonly StatementHazard[]): Part => ({
    mode: "ACCESS EXCLUSIVE",
    hazards,
    also: [],
  });
  if (kind === "CONSTR_CHECK" || kind === "CONSTR_NOTNULL") {
    return part(isChecked ? [scan(table, "to see that each meets the condition")] : []);
  }
  const builds = ["CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_EXCLUSION"].includes(kind);
  return part(builds && string(constraint["indexname"]) === "" ? [scan(table, "to build an index")] : []);
}
