import { type TokenReader, tokenReader } from "../../sql/token-reader.ts";
import type { Token } from "../../sql/tokenize.ts";
import {
  opaque,
  type Refuse,
  repeatable,
  sessionOnly,
  single,
  transactional,
  type Verdict,
} from "../../sql/verdict.ts";
import { refuseLedger } from "./judge-ledger.ts";

// Pragmas that read, or that write the database file as a table does, even with an argument.
const transactionalPragmas = new Set(
  "user_version application_id schema_version defer_foreign_keys foreign_key_check foreign_key_list integrity_check quick_check table_info table_xinfo table_list index_list index_info index_xinfo database_list collation_list function_list module_list pragma_list compile_options data_version freelist_count page_count incremental_vacuum optimize".split(
    " ",
  ),
);
const sessionPragma: Verdict = { ...single(repeatable), session: true };

/** Whether a statement can run in a transaction, and how its effect can be found again if not. */
export function judge(text: string, tokens: readonly Token[], refuse: Refuse): Verdict {
  refuseLedger(text, tokens, refuse);
  const reader = tokenReader(text, tokens);
  const verb = reader.peek();
  reader.skip();
  switch (verb) {
    case "PRAGMA":
      return judgePragma(reader, refuse);
    case "VACUUM":
      // INTO writes a new file, and fails when it is there already.
      return reader.seek("INTO") ? opaque : single(repeatable);
    case "ATTACH":
    case "DETACH":
      throw refuse("GW2011", `${verb} changes which files the rest of the run works on.`);
    case "BEGIN":
    case "COMMIT":
    case "END":
      throw refuse("GW2007", `${verb} would end or begin the transaction that records the migration.`);
    case "ROLLBACK":
      reader.take("TRANSACTION");
      if (reader.peek() === "TO") return transactional;
      throw refuse("GW2007", "ROLLBACK would undo the transaction that records the migration.");
    default:
      return transactional;
  }
}

function judgePragma(reader: TokenReader, refuse: Refuse): Verdict {
  const name = reader.name("other")?.name.toLowerCase() ?? "";
  if (name === "wal_checkpoint") return single(repeatable);
  const sets = reader.take("=") || reader.take("(");
  if (name === "writable_schema" && reader.peek() === "RESET") return sessionOnly;
  if (!sets || transactionalPragmas.has(name)) return transactional;
  if (name === "query_only")
    throw refuse("GW2011", "query_only would keep the run from recording the migration.");
  // Most take no effect within a transaction, or are refused there.
  return sessionPragma;
}
