import type { TokenReader } from "../../sql/token-reader.ts";
import type { Token } from "../../sql/tokenize.ts";
import { type Refuse, repeatable, sessionOnly, transactional, type Verdict } from "../../sql/verdict.ts";

const serverWide = new Set(["GLOBAL", "PERSIST", "PERSIST_ONLY"]);
const scopes = new Set([...serverWide, "SESSION", "LOCAL"]);
const readOnlySwitches = new Set(["TRANSACTION_READ_ONLY", "TX_READ_ONLY", "READ_ONLY", "SUPER_READ_ONLY"]);
const sentEncodings = new Set(["UTF8MB4", "UTF8MB3", "UTF8", "DEFAULT"]);

/** SET in all its forms; `judgeRest` judges the statement inside SET STATEMENT … FOR …. */
export function judgeSet(
  reader: TokenReader,
  refuse: Refuse,
  judgeRest: (rest: readonly Token[]) => Verdict,
): Verdict {
  if (reader.take("STATEMENT")) return reader.seek("FOR") ? judgeRest(reader.rest()) : sessionOnly;
  if (reader.peek() === "PASSWORD" || (reader.peek() === "DEFAULT" && reader.peek(1) === "ROLE"))
    return repeatable;
  if (reader.peek() === "TRANSACTION") {
    throw refuse("GW2007", "SET TRANSACTION changes the transaction that records the migration.");
  }
  let scope = "";
  let serverOnly = true;
  do {
    // A scope written as a word holds for the assignments after it as well.
    if (scopes.has(reader.peek()) && reader.peek(1) !== "=") {
      scope = reader.peek();
      reader.skip();
    }
    const own = variableScope(reader) ?? scope;
    serverOnly &&= serverWide.has(own);
    checkVariable(reader, refuse);
  } while (reader.seek(","));
  return serverOnly ? { ...transactional, effect: { type: "repeatable" } } : sessionOnly;
}

/** Consumes @@ and its scope, or the @ of a user variable; null when neither is there. */
function variableScope(reader: TokenReader): string | null {
  if (reader.take("@")) {
    // A user variable may have any name, so it is not looked at.
    reader.skip();
    return "USER";
  }
  if (!reader.take("@@")) return null;
  const word = reader.peek();
  if (!scopes.has(word) || reader.peek(1) !== ".") return "SESSION";
  reader.skip(2);
  return word;
}

function checkVariable(reader: TokenReader, refuse: Refuse): void {
  const name = reader.raw().replaceAll("`", "").toUpperCase();
  if (name === "AUTOCOMMIT" || name === "COMPLETION_TYPE") {
    throw refuse("GW2011", `${name.toLowerCase()} changes where the run's transactions end.`);
  }
  if (name === "TRANSACTION" && /\bREAD,ONLY\b/i.test(rawRest(reader).join(","))) {
    throw refuse("GW2011", "In a READ ONLY transaction the run could not record what it does.");
  }
  if (readOnlySwitches.has(name) && !isSwitchedOff(reader)) {
    throw refuse("GW2011", `With ${name.toLowerCase()} on, the run could not record what it does.`);
  }
  if (name === "SQL_MODE" && rawRest(reader).some((word) => /NO_BACKSLASH_ESCAPES/i.test(word))) {
    throw refuse("GW2011", "With NO_BACKSLASH_ESCAPES the server would read the file differently.");
  }
  if (name === "CHARACTER_SET_CLIENT") {
    const value = reader.raw(1) === "=" ? reader.raw(2) : reader.raw(3);
    const encoding = value.replace(/^['"`](.*)['"`]$/, "$1").toUpperCase();
    // mysqldump puts back what it has kept in a variable, which is this session's own.
    if (!sentEncodings.has(encoding) && !encoding.startsWith("@")) {
      throw refuse("GW2011", "The file is sent as UTF-8; another character set would garble it.");
    }
  }
  const named = name === "NAMES" || name === "CHARSET" ? 1 : name === "CHARACTER" ? 2 : 0;
  if (named === 0) return;
  const encoding = reader
    .raw(named)
    .replace(/^['"`](.*)['"`]$/, "$1")
    .toUpperCase();
  if (!sentEncodings.has(encoding)) {
    throw refuse("GW2011", "The file is sent as UTF-8; another character set would garble it.");
  }
}

/** Assigned one word that means off, and nothing that would have to be computed. */
function isSwitchedOff(reader: TokenReader): boolean {
  const [, sign = "", value = "", next = ","] = rawRest(reader);
  return /^:?=$/.test(sign) && /^(['"]?)(0|off|false|default)\1$/i.test(value) && next === ",";
}

function rawRest(reader: TokenReader): string[] {
  return reader.rest().map((_, index) => reader.raw(index));
}
