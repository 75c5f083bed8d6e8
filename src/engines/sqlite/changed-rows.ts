import type { RowChange } from "../../core/plan.ts";
import { sqliteLexicon } from "../../sql/lexicon.ts";
import { assignedColumns, cutStatement } from "../../sql/statement-cutter.ts";
import type { Refusal } from "../row-snapshot-role.ts";

/** What a statement changes. Its rows are not asked for: a trigger of the session sees each as it is changed. */
export function changedRows(text: string): RowChange | Refusal | null {
  const cut = cutStatement(text, sqliteLexicon);
  const verb = cut.first(["INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT"]);
  const word = cut.symbol(verb);
  if (verb > 0 && cut.symbol(0) !== "WITH") return null;
  const replaces = cut.symbol(verb + 1) === "OR" && cut.symbol(verb + 2) === "REPLACE";
  if (word === "REPLACE" || (replaces && (word === "INSERT" || word === "UPDATE"))) {
    return { refused: "REPLACE deletes rows that it does not name; write a DELETE and an INSERT" };
  }
  if (word === "INSERT") {
    const updates = cut.all(["DO"], verb, cut.length).some((place) => cut.symbol(place + 1) === "UPDATE");
    return updates
      ? {
          refused:
            "which of its rows are new and which are changed is not known before; write an UPDATE and an INSERT",
        }
      : null;
  }
  if (word !== "UPDATE" && word !== "DELETE") return null;
  const start = cut.symbol(verb + 1) === "OR" ? verb + 2 : verb + (word === "DELETE" ? 1 : 0);
  const isQualified = cut.symbol(start + 2) === ".";
  const name = cut.name(isQualified ? start + 3 : start + 1);
  if (name === null) return { refused: "its table cannot be told" };
  const schema = isQualified ? (cut.name(start + 1) ?? "") : "main";
  if (schema.toLowerCase() !== "main") return { refused: "its table is not of the main database" };
  const set = cut.first(["SET"], start);
  return {
    action: word === "UPDATE" ? "update" : "delete",
    table: { kind: "table", name },
    assigns: word === "UPDATE" ? assignedColumns(cut, set, cut.length).map(({ column }) => column) : [],
    rows: "",
  };
}
