import { type Refuse, sessionOnly, transactional, type Verdict } from "../../sql/verdict.ts";
import { ledgerSchema } from "./store.ts";
import { constant, list, option, string, type Tree } from "./judge-tree.ts";

/** SET and RESET. A setting outlives its transaction unless it is LOCAL. */
export function judgeSetting(node: Tree, refuse: Refuse): Verdict {
  const kind = string(node["kind"]);
  const name = string(node["name"]).toLowerCase();
  const [first] = list(node["args"]);
  const value = (kind === "VAR_SET_VALUE" ? (constant(first) ?? "") : "").toLowerCase();
  if (kind === "VAR_RESET_ALL") throw refuse("GW2011", "RESET ALL drops the run's settings.");
  if (kind === "VAR_SET_MULTI" && name === "transaction") {
    throw refuse("GW2007", "SET TRANSACTION changes the transaction that records the migration.");
  }
  if (name === "application_name") {
    throw refuse("GW2011", "application_name is the tag by which the run is found on the server.");
  }
  // The file is cut into statements by the standard rule for backslashes, and sent as UTF-8.
  if (name === "standard_conforming_strings" && isOff(value)) {
    throw refuse(
      "GW2011",
      "With standard_conforming_strings off the server would read the file differently.",
    );
  }
  if (name === "client_encoding" && value !== "" && !["utf8", "utf-8", "unicode"].includes(value)) {
    throw refuse("GW2011", "The file is sent as UTF-8; another client_encoding would garble it.");
  }
  if (name === "search_path" && list(node["args"]).some((arg) => namesLedger(constant(arg) ?? ""))) {
    throw refuse(
      "GW2011",
      `schema ${ledgerSchema} is the ledger's: objects of the migration would be made in it.`,
    );
  }
  if (isReadOnly(kind, name, node["args"])) throw refuse("GW2011", readOnlyRefusal);
  return node["is_local"] === true ? transactional : sessionOnly;
}

export const readOnlyRefusal = "A read-only session could not record the migration.";

/** A reset is none: it brings back what the run began with. */
function isReadOnly(kind: string, name: string, args: unknown): boolean {
  if (kind === "VAR_SET_MULTI" && name === "session characteristics") {
    const mode = option(args, "transaction_read_only");
    return mode !== undefined && constant(mode["arg"]) !== "0";
  }
  if (kind === "VAR_RESET" || kind === "VAR_SET_DEFAULT" || !readOnlyNames.has(name)) return false;
  return !isOff((constant(list(args)[0]) ?? "").toLowerCase());
}

/** One name, or, in set_config, the list of them. */
function namesLedger(value: string): boolean {
  return value.split(",").some((name) => name.trim().replaceAll(/^"|"$/g, "") === ledgerSchema);
}

const readOnlyNames: ReadonlySet<string> = new Set([
  "default_transaction_read_only",
  "transaction_read_only",
]);

export function isOff(value: string): boolean {
  return ["off", "of", "false", "fals", "fal", "fa", "f", "no", "n", "0"].includes(value);
}
