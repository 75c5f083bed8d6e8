import type { GodwitError } from "../../core/error.ts";
import { type TokenReader, tokenReader } from "../../sql/token-reader.ts";
import { symbol, type Token } from "../../sql/tokenize.ts";
import {
  opaque,
  type Refuse,
  repeatable,
  sessionOnly,
  single,
  transactional,
  type Verdict,
} from "../../sql/verdict.ts";
import { concernsOne } from "./concerns-one.ts";
import { judgeAlter, judgeCreate, judgeDrop, judgeRename, judgeTruncate } from "./judge-definition.ts";
import { refuseLedgerChange } from "./judge-ledger.ts";
import { judgeSet } from "./judge-setting.ts";
import { isLedgerTable } from "./store.ts";
import { temporaryTable } from "./temporary-table.ts";

/** Whether a statement commits by itself, and how its effect can be found again if so. */
export function judge(text: string, tokens: readonly Token[], refuse: Refuse): Verdict {
  const verdict = judgeVerb(text, tokens, refuse);
  // Most statements are rows, and need no second look.
  if (verdict.effect.type !== "opaque" && verdict.effect.type !== "repeatable") return verdict;
  return concernsOne(text, tokens) ? single(verdict) : verdict;
}

function judgeVerb(text: string, tokens: readonly Token[], refuse: Refuse): Verdict {
  const reader = tokenReader(text, tokens);
  const verb = reader.peek();
  if (isLedgerTable((temporaryTable(text) ?? "").replaceAll("`", ""))) {
    throw refuse("GW2011", "A temporary table of this name would hide the ledger's own.");
  }
  refuseLedgerChange(text, tokens, refuse);
  if (verb !== "CREATE" && verb !== "ALTER") refuseUnlock(text, tokens, refuse);
  if (transactionalVerbs.has(verb)) return transactional;
  if (repeatableVerbs.has(verb)) return repeatable;
  reader.skip();
  return judges[verb]?.(reader, refuse, text) ?? opaque;
}

export type Judge = (reader: TokenReader, refuse: Refuse, text: string) => Verdict;

const transactionalVerbs = words(
  "INSERT UPDATE DELETE REPLACE SELECT WITH ( VALUES TABLE DO SHOW DESCRIBE DESC EXPLAIN HELP SIGNAL RESIGNAL GET HANDLER SAVEPOINT CHECKSUM",
);
// They commit, and doing them again does the same.
const repeatableVerbs = words("OPTIMIZE CHECK REPAIR CACHE GRANT REVOKE");

/** By verb, the verb itself consumed; what is missing here is opaque, and assumed to commit. */
const judges: Readonly<Record<string, Judge>> = {
  CREATE: judgeCreate,
  ALTER: (reader, _, text) => judgeAlter(reader, text),
  DROP: judgeDrop,
  RENAME: judgeRename,
  TRUNCATE: judgeTruncate,
  SET: (reader, refuse, text) => judgeSet(reader, refuse, (rest) => judge(text, rest, refuse)),
  ANALYZE(reader, refuse, text) {
    if (["TABLE", "TABLES", "LOCAL", "NO_WRITE_TO_BINLOG"].includes(reader.peek())) return repeatable;
    // MariaDB's ANALYZE [FORMAT = x] carries the statement out.
    if (reader.take("FORMAT", "=")) reader.skip();
    return judge(text, reader.rest(), refuse);
  },
  BEGIN(reader, refuse) {
    if (reader.take("NOT", "ATOMIC")) return opaque;
    throw control(refuse, "BEGIN");
  },
  START(reader, refuse) {
    if (reader.peek() === "TRANSACTION") throw control(refuse, "START TRANSACTION");
    return opaque;
  },
  COMMIT: (_, refuse) => {
    throw control(refuse, "COMMIT");
  },
  ROLLBACK(reader, refuse) {
    reader.take("WORK");
    if (reader.peek() === "TO") return transactional;
    throw control(refuse, "ROLLBACK");
  },
  RELEASE: (reader) => (reader.peek() === "SAVEPOINT" ? transactional : opaque),
  LOAD(reader, refuse) {
    if (reader.take("INDEX")) return repeatable;
    const kind = reader.peek();
    if (kind !== "DATA" && kind !== "XML") return opaque;
    reader.skip();
    if (!reader.take("LOW_PRIORITY")) reader.take("CONCURRENT");
    if (reader.peek() !== "LOCAL") return transactional;
    throw refuse("GW2006", `LOAD ${kind} LOCAL reads a file of the client's machine.`);
  },
  FLUSH(reader, refuse) {
    const rest = reader.rest().length;
    if (reader.seek("FOR", "WITH") && rest > 1 && ["EXPORT", "READ"].includes(reader.peek())) {
      throw refuse("GW2011", "FLUSH TABLES with a lock would hold it beyond the statement.");
    }
    return repeatable;
  },
  USE: (_, refuse) => {
    throw refuse(
      "GW2011",
      "USE changes the database in which the rest of the run works; write db.table instead.",
    );
  },
  LOCK: (_, refuse) => {
    throw refuse("GW2011", "LOCK commits, and shuts the run out of its own tables.");
  },
  UNLOCK: (_, refuse) => {
    throw refuse("GW2011", "UNLOCK TABLES belongs to LOCK TABLES, which is not run either.");
  },
  XA: (_, refuse) => {
    throw refuse("GW2011", "XA opens a transaction in which nothing can be recorded.");
  },
  PREPARE: () => sessionOnly,
  DEALLOCATE: () => sessionOnly,
};

function control(refuse: Refuse, verb: string): GodwitError {
  return refuse("GW2007", `${verb} would end or begin the transaction that records the migration.`);
}

function refuseUnlock(text: string, tokens: readonly Token[], refuse: Refuse): void {
  for (const [index, token] of tokens.entries()) {
    // Lengths first: this looks at every token of every statement.
    const length = token.end - token.start;
    if (token.kind !== "word" || (length !== 12 && length !== 17)) continue;
    const word = symbol(text, token);
    if (word !== "RELEASE_LOCK" && word !== "RELEASE_ALL_LOCKS") continue;
    if (symbol(text, tokens[index + 1]) === "(")
      throw refuse("GW2011", `${word}() could release the run's lock.`);
  }
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(" "));
}
