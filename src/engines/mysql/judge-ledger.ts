import { symbol, type Token, tokenText } from "../../sql/tokenize.ts";
import type { Refuse } from "../../sql/verdict.ts";
import { isLedgerTable } from "./store.ts";

/**
 * Refuses a statement that would change the ledger's own tables, in whatever spelling: the run would go on without
 * its records. To read them is allowed. Nobody knows here in which database the session works, so one of that name
 * in any database counts.
 */
export function refuseLedgerChange(text: string, all: readonly Token[], refuse: Refuse): void {
  const tokens = all.filter(({ kind }) => kind !== "executable");
  const [from, to] = changed(text, tokens);
  for (let index = from; index < to; index++) {
    const token = tokens[index];
    if (token === undefined) return;
    // Lengths first: this looks at many tokens. A database may well have such a name.
    const length = token.end - token.start;
    if (length < shortest || length > longest || symbol(text, tokens[index + 1]) === ".") continue;
    // In double quotes it is a name where ANSI_QUOTES is set.
    const name = tokenText(text, token).replace(/^([`"])(.*)\1$/, "$2");
    if (!isLedgerTable(name)) continue;
    throw refuse(
      "GW2011",
      `${name} is Godwit's own table: changing it in a migration would break the record of what was applied.`,
    );
  }
}

const shortest = "godwit_run".length;
const longest = "`godwit_migration`".length;

const nothing = [0, 0] as const;
const objectKinds = words(
  "TABLE TABLES VIEW INDEX TRIGGER SEQUENCE PROCEDURE FUNCTION PACKAGE EVENT DATABASE SCHEMA USER ROLE SERVER TABLESPACE",
);
/** Those that are tables, or that belong to one. */
const tableKinds = words("TABLE TABLES VIEW INDEX TRIGGER SEQUENCE");
/** What comes after the name of a new object: what it is made of, or a trigger's body. */
const bodies = words("( AS LIKE SELECT WITH VALUES FOR ENGINE COMMENT");
/** What comes after the table of an INSERT. */
const sources = words("( VALUES VALUE SELECT SET WITH TABLE PARTITION");
const conditions = words("WHERE ORDER LIMIT RETURNING");

/** From which token to which the statement names what it changes. */
function changed(text: string, tokens: readonly Token[]): readonly [from: number, to: number] {
  const at = (index: number): string => symbol(text, tokens[index]);
  /** The next of these symbols, in parentheses as well or not; the end where there is none. */
  const find = (wanted: ReadonlySet<string>, from: number, nested = false): number => {
    for (let index = from, parens = 0; index < tokens.length; index++) {
      const sign = at(index);
      if ((nested || parens === 0) && wanted.has(sign)) return index;
      if (sign === "(") parens++;
      else if (sign === ")") parens--;
    }
    return tokens.length;
  };
  const verb = at(0);
  switch (verb) {
    case "INSERT":
    case "REPLACE":
      return [1, find(sources, 1)];
    case "LOAD": {
      const table = find(words("TABLE"), 1);
      return [table, table + 4];
    }
    case "UPDATE":
    case "DELETE":
    case "WITH": {
      const start = verb === "WITH" ? find(words("UPDATE DELETE"), 1) : 0;
      const isUpdate = at(start) === "UPDATE";
      return [start, isUpdate ? find(words("SET"), start, true) : find(conditions, start)];
    }
    case "TRUNCATE":
      return [1, tokens.length];
    case "CREATE":
    case "ALTER":
    case "DROP":
    case "RENAME": {
      const kind = find(objectKinds, 1);
      if (!tableKinds.has(at(kind))) return nothing;
      const isIndex = at(kind) === "INDEX";
      return [kind, verb === "CREATE" && !isIndex ? find(bodies, kind) : tokens.length];
    }
    default:
      return nothing;
  }
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(" "));
}
