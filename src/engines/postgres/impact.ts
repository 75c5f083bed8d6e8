import type { ObjectName, Statement } from "../../core/plan.ts";
import type { Session } from "../engine.ts";
import { type ImpactRole, noImpact, objectText, type StatementImpact } from "../impact-role.ts";
import { alterTableImpact } from "./impact-alter.ts";
import {
  asTree,
  list,
  listName,
  members,
  nodesOf,
  nodeType,
  option,
  relation,
  string,
  type Tree,
} from "./judge-tree.ts";
import { rowsEstimate } from "./rows-estimate.ts";
import { parsed } from "./syntax.ts";
import { hazard, type LockMode, locks, rewritten } from "./table-locks.ts";

export const impact: ImpactRole = { describe, estimates };

/** A very long INSERT is not parsed for one lock that blocks no reader and no writer. */
const maxParsedChars = 1024 * 1024;

function describe(statement: Statement): StatementImpact {
  if (statement.text.length > maxParsedChars) return noImpact;
  const tree = parsed(statement.text);
  const type = nodeType(tree);
  return describers[type]?.(members(tree, type)) ?? dataChanges(tree);
}

type Describe = (node: Tree) => StatementImpact;

const table = (value: unknown) => relation(value, "table");

const describers: Readonly<Record<string, Describe>> = {
  AlterTableStmt: alterTableImpact,
  IndexStmt: (node) =>
    locks(node["concurrent"] === true ? "SHARE UPDATE EXCLUSIVE" : "SHARE", table(node["relation"])),
  CreateStmt: createTable,
  CreateTableAsStmt: (node) => ({
    ...noImpact,
    creates: [table(asTree(node["into"])["rel"])],
  }),
  ViewStmt: (node) => ({ ...noImpact, creates: [table(node["view"])] }),
  DropStmt: drop,
  DropdbStmt: (node) => {
    const object: ObjectName = { kind: "database", name: string(node["dbname"]) };
    return { ...noImpact, hazards: [hazard("drops-data", object, `drops the database ${object.name}`)] };
  },
  TruncateStmt(node) {
    const tables = list(node["relations"]).map((each) => table(each["RangeVar"]));
    const hazards = tables.map((each) =>
      hazard("drops-data", each, `removes all rows of ${objectText(each)}`),
    );
    return { ...locks("ACCESS EXCLUSIVE", ...tables), hazards };
  },
  RenameStmt(node) {
    const object = table(node["relation"]);
    if (object.name === "") return noImpact;
    const from = string(node["subname"]) || object.name;
    const message = `renames ${from} to ${string(node["newname"])}, and programs that use the old name fail`;
    return { ...locks("ACCESS EXCLUSIVE", object), hazards: [hazard("renames", object, message)] };
  },
  AlterObjectSchemaStmt(node) {
    const object = table(node["relation"]);
    if (object.name === "") return noImpact;
    const message = `moves ${objectText(object)} to another schema, and programs that use the old name fail`;
    return { ...locks("ACCESS EXCLUSIVE", object), hazards: [hazard("renames", object, message)] };
  },
  CreateTrigStmt: (node) => locks("SHARE ROW EXCLUSIVE", table(node["relation"])),
  RuleStmt: (node) => locks("ACCESS EXCLUSIVE", table(node["relation"])),
  CreatePolicyStmt: (node) => locks("ACCESS EXCLUSIVE", table(node["table"])),
  AlterPolicyStmt: (node) => locks("ACCESS EXCLUSIVE", table(node["table"])),
  RefreshMatViewStmt: (node) =>
    locks(node["concurrent"] === true ? "EXCLUSIVE" : "ACCESS EXCLUSIVE", table(node["relation"])),
  ReindexStmt(node) {
    const object = table(node["relation"]);
    if (object.name === "") return noImpact;
    const concurrent = list(node["params"]).some(
      (each) => string(members(each, "DefElem")["defname"]) === "concurrently",
    );
    if (concurrent) return locks("SHARE UPDATE EXCLUSIVE", object);
    return locks(node["kind"] === "REINDEX_OBJECT_INDEX" ? "ACCESS EXCLUSIVE" : "SHARE", object);
  },
  VacuumStmt(node) {
    const tables = list(node["rels"]).map((each) => table(members(each, "VacuumRelation")["relation"]));
    if (option(node["options"], "full") === undefined) return locks("SHARE UPDATE EXCLUSIVE", ...tables);
    return { ...locks("ACCESS EXCLUSIVE", ...tables), hazards: tables.map(rewritten) };
  },
  ClusterStmt(node) {
    const object = table(node["relation"]);
    return object.name === ""
      ? noImpact
      : { ...locks("ACCESS EXCLUSIVE", object), hazards: [rewritten(object)] };
  },
  LockStmt(node) {
    const modes: readonly LockMode[] = [
      "ROW SHARE",
      "ROW EXCLUSIVE",
      "SHARE UPDATE EXCLUSIVE",
      "SHARE",
      "SHARE ROW EXCLUSIVE",
      "EXCLUSIVE",
      "ACCESS EXCLUSIVE",
    ];
    // The parser numbers them from ACCESS SHARE, 1.
    const mode = modes[Number(node["mode"]) - 2];
    const tables = list(node["relations"]).map((each) => table(each["RangeVar"]));
    return mode === undefined ? noImpact : locks(mode, ...tables);
  },
  DoStmt: () => unknown("runs a block of code"),
  CallStmt: () => unknown("calls a procedure"),
};

function unknown(what: string): StatementImpact {
  const object: ObjectName = { kind: "other", name: "" };
  return {
    ...noImpact,
    hazards: [hazard("unknown-effect", object, `${what}, whose effect its text does not tell`)],
  };
}

/** The tables that foreign keys point to are locked against writes, and a partition's parent against everybody. */
function createTable(node: Tree): StatementImpact {
  const referenced = nodesOf({ elements: node["tableElts"] }, "Constraint")
    .filter(({ contype }) => contype === "CONSTR_FOREIGN")
    .map(({ pktable }) => table(pktable));
  const parents =
    node["partbound"] === undefined ? [] : list(node["inhRelations"]).map((each) => table(each["RangeVar"]));
  return {
    ...noImpact,
    locks: [
      ...locks("SHARE ROW EXCLUSIVE", ...referenced).locks,
      ...locks("ACCESS EXCLUSIVE", ...parents).locks,
    ],
    creates: [table(node["relation"])],
  };
}

function drop(node: Tree): StatementImpact {
  const kind = string(node["removeType"]).replace("OBJECT_", "").toLowerCase();
  const objects = list(node["objects"]);
  if (kind === "schema") {
    const hazards = objects.map((each) => {
      const object: ObjectName = { kind: "schema", name: string(members(each, "String")["sval"]) };
      return hazard(
        "drops-data",
        object,
        `drops the schema ${object.name}, with the tables in it where it says CASCADE`,
      );
    });
    return { ...noImpact, hazards };
  }
  const names = objects.map((each) => listName(members(each, "List")["items"], "table"));
  if (kind === "index") {
    const concurrent = node["concurrent"] === true;
    return locks(concurrent ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE", ...names);
  }
  if (kind === "trigger" || kind === "policy" || kind === "rule") {
    const on = objects.map((each) => listName(list(members(each, "List")["items"]).slice(0, -1), "table"));
    return locks("ACCESS EXCLUSIVE", ...on);
  }
  if (kind !== "table")
    return kind === "view" || kind === "matview" ? locks("ACCESS EXCLUSIVE", ...names) : noImpact;
  const hazards = names.map((each) =>
    hazard("drops-data", each, `drops the table ${objectText(each)} with its rows`),
  );
  return { ...locks("ACCESS EXCLUSIVE", ...names), hazards };
}

/** INSERT, UPDATE, DELETE and MERGE, also those inside WITH. */
function dataChanges(tree: Tree): StatementImpact {
  const found: StatementImpact[] = [];
  for (const type of ["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"]) {
    for (const node of nodesOf(tree, type)) {
      const object = table(node["relation"]);
      const isWhole = (type === "UpdateStmt" || type === "DeleteStmt") && node["whereClause"] === undefined;
      const what = type === "DeleteStmt" ? "deletes" : "changes";
      const hazards = isWhole
        ? [hazard("changes-all-rows", object, `${what} every row of ${objectText(object)}: it has no WHERE`)]
        : [];
      found.push({ ...locks("ROW EXCLUSIVE", object), hazards });
    }
  }
  return {
    locks: found.flatMap((each) => each.locks),
    hazards: found.flatMap((each) => each.hazards),
    creates: [],
  };
}

async function estimates(session: Session, tables: readonly ObjectName[]) {
  const found = [];
  for (const each of tables) {
    const name =
      each.schema === undefined ? quoted(each.name) : `${quoted(each.schema)}.${quoted(each.name)}`;
    const [row] = await session.query(
      `SELECT CASE WHEN c.reltuples >= 0 THEN (${rowsEstimate("c")})::bigint END AS rows, pg_table_size(c.oid) AS bytes
         FROM pg_class c WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p', 'm')`,
      [name],
    );
    found.push(row === undefined ? null : { rows: numberOf(row.rows), bytes: numberOf(row.bytes) });
  }
  return found;
}

function numberOf(value: unknown): number | null {
  return value === null ? null : Number(value);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
