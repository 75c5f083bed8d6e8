import type { ObjectName } from "../../core/plan.ts";
import {
  definition,
  opaque,
  outside,
  outsideOnRequest,
  type Refuse,
  repeatable,
  sessionOnly,
  single,
  transactional,
  type Verdict,
} from "../../sql/verdict.ts";
import { endsTransaction, refuseBlock } from "./judge-block.ts";
import { refuseCalls, settingCall } from "./judge-calls.ts";
import { refuseLedger } from "./judge-ledger.ts";
import { judgeSetting } from "./judge-setting.ts";
import {
  asTree,
  list,
  listName,
  members,
  nodeType,
  option,
  optionIsOn,
  relation,
  string,
  type Tree,
} from "./judge-tree.ts";

/** Whether a parsed statement can run in a transaction, and how its effect can be found again if not. */
export function judge(tree: Tree, sql: string, refuse: Refuse): Verdict {
  refuseCalls(tree, sql, refuse);
  refuseLedger(tree, sql, refuse);
  const type = nodeType(tree);
  return judges[type]?.(members(tree, type), refuse) ?? transactional;
}

/** Of a partitioned table, each partition is done in a transaction of its own. */
const mayRefuse = outsideOnRequest({ type: "repeatable" });
/** What a procedure does, and what it has committed when it fails, only itself can tell. */
const mayCommit = outsideOnRequest({ type: "opaque" });

type Judge = (node: Tree, refuse: Refuse) => Verdict;

/** By node type; what is missing here runs in a transaction. */
const judges: Readonly<Record<string, Judge>> = {
  TransactionStmt(node, refuse) {
    const kind = string(node["kind"]).replace("TRANS_STMT_", "");
    if (kind === "SAVEPOINT" || kind === "RELEASE" || kind === "ROLLBACK_TO") return transactional;
    throw refuse(
      "GW2007",
      `${kind.replace("_", " ")} would end or begin the transaction that records the migration.`,
    );
  },
  VariableSetStmt: judgeSetting,
  SelectStmt(node, refuse) {
    const setting = settingCall(node);
    return setting === null ? transactional : judgeSetting(setting, refuse);
  },
  DiscardStmt(node, refuse) {
    if (node["target"] !== "DISCARD_ALL") return transactional;
    throw refuse("GW2011", "DISCARD ALL drops the run's lock and its settings.");
  },
  CopyStmt(node, refuse) {
    if (string(node["filename"]) !== "") return transactional;
    throw refuse("GW2006", "COPY from or to the client moves rows through a client program.");
  },
  IndexStmt(node) {
    if (node["concurrent"] !== true) return transactional;
    const table = relation(node["relation"], "table");
    const index = string(node["idxname"]);
    return outside({ type: "index-build", table, ...(index === "" ? {} : { index }) });
  },
  DropStmt(node) {
    if (node["concurrent"] !== true) return transactional;
    const names = list(node["objects"]).map((object) => listName(members(object, "List")["items"], "index"));
    return definition(...names);
  },
  ReindexStmt(node) {
    const kind = string(node["kind"]).replace("REINDEX_OBJECT_", "").toLowerCase();
    const isPart = kind === "table" || kind === "index";
    if (!optionIsOn(node["params"], "concurrently", false)) return isPart ? mayRefuse : repeatable;
    if (isPart) return rebuild(relation(node["relation"], kind));
    // The database is the one of the session, whether it is named or not.
    if (kind === "schema" || kind === "database") return rebuild({ kind, name: string(node["name"]) });
    return repeatable;
  },
  VacuumStmt(node) {
    if (node["is_vacuumcmd"] !== true) return transactional;
    return list(node["rels"]).length === 1 ? single(repeatable) : repeatable;
  },
  ClusterStmt: (node) => (node["relation"] === undefined ? repeatable : mayRefuse),
  CallStmt: () => mayCommit,
  // Allowed in a transaction since version 12, but the value cannot be used before that commits.
  AlterEnumStmt: (node) =>
    node["oldVal"] === undefined ? definition(listName(node["typeName"], "type")) : transactional,
  AlterTableStmt(node) {
    const partitions = list(node["cmds"])
      .map((command) => members(command, "AlterTableCmd"))
      .filter(({ subtype, def }) => {
        const part = members(asTree(def), "PartitionCmd");
        return (
          subtype === "AT_DetachPartitionFinalize" ||
          (subtype === "AT_DetachPartition" && part["concurrent"] === true)
        );
      })
      .map(({ def }) => relation(members(asTree(def), "PartitionCmd")["name"], "table"));
    if (partitions.length === 0) return transactional;
    return definition(relation(node["relation"], "table"), ...partitions);
  },
  CreatedbStmt: (node) => definition({ kind: "database", name: string(node["dbname"]) }),
  DropdbStmt: (node) => definition({ kind: "database", name: string(node["dbname"]) }),
  AlterDatabaseStmt: (node) =>
    option(node["options"], "tablespace") === undefined ? transactional : single(opaque),
  CreateTableSpaceStmt: () => single(opaque),
  DropTableSpaceStmt: () => single(opaque),
  AlterSystemStmt: () => single(repeatable),
  // Making or dropping the slot at the publisher cannot be rolled back.
  CreateSubscriptionStmt(node) {
    const connect = optionIsOn(node["options"], "connect", true);
    return connect && optionIsOn(node["options"], "create_slot", true) ? opaque : transactional;
  },
  AlterSubscriptionStmt(node) {
    const kind = string(node["kind"]).replace("ALTER_SUBSCRIPTION_", "");
    if (kind.endsWith("_PUBLICATION"))
      return optionIsOn(node["options"], "refresh", true) ? opaque : transactional;
    if (kind === "REFRESH") return repeatable;
    const atPublisher = ["failover", "two_phase"].some((name) => option(node["options"], name) !== undefined);
    return atPublisher ? opaque : transactional;
  },
  DropSubscriptionStmt: () => opaque,
  DoStmt(node, refuse) {
    const body = string(members(asTree(option(node["args"], "as")?.["arg"]), "String")["sval"]);
    refuseBlock(body, refuse);
    const found = endsTransaction(body);
    if (found.ends) return opaque;
    return found.mayEnd ? mayCommit : transactional;
  },
  // It stays in the session and is lost with it.
  PrepareStmt: () => sessionOnly,
  LoadStmt: () => sessionOnly,
};

/** Existing indexes are built anew, beside the old ones. */
function rebuild(table: ObjectName): Verdict {
  return outside({ type: "index-build", table, rebuild: true });
}
