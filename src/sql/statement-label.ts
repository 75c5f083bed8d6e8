import { symbol, type Token } from "./tokenize.ts";

// Words between the verb and the kind of object, without a say in the kind.
const modifiers = words(
  "OR REPLACE TEMP TEMPORARY UNLOGGED GLOBAL LOCAL UNIQUE FULLTEXT SPATIAL VIRTUAL RECURSIVE ONLINE OFFLINE IGNORE TRUSTED PROCEDURAL DEFAULT CONSTRAINT UNDO",
);
const twoWordObjects = new Map(
  [
    "DEFAULT PRIVILEGES",
    "MATERIALIZED VIEW",
    "FOREIGN TABLE",
    "FOREIGN DATA",
    "EVENT TRIGGER",
    "TEXT SEARCH",
    "USER MAPPING",
    "ACCESS METHOD",
    "OPERATOR CLASS",
    "OPERATOR FAMILY",
    "PACKAGE BODY",
    "LOGFILE GROUP",
    "RESOURCE GROUP",
    "LARGE OBJECT",
  ].map((pair) => [pair, pair]),
);
const longVerbs = new Map([
  ["REFRESH MATERIALIZED", "REFRESH MATERIALIZED VIEW"],
  ["IMPORT FOREIGN", "IMPORT FOREIGN SCHEMA"],
  ...[
    ["START", "TRANSACTION"],
    ["PREPARE", "TRANSACTION"],
    ["ROLLBACK", "TO"],
    ["ROLLBACK", "PREPARED"],
    ["COMMIT", "PREPARED"],
    ["SECURITY", "LABEL"],
    ["LOAD", "DATA"],
    ["LOCK", "TABLES"],
    ["UNLOCK", "TABLES"],
    ["REASSIGN", "OWNED"],
    ["RENAME", "TABLE"],
    ["RENAME", "USER"],
  ].map(([verb, next]): [string, string] => [`${verb} ${next}`, `${verb} ${next}`]),
]);
const queryVerbs = words("SELECT INSERT UPDATE DELETE MERGE REPLACE VALUES TABLE");

/** A statement's kind in a few words, the same for all engines: "CREATE TABLE", "INSERT", "ALTER TYPE". */
export function statementLabel(text: string, tokens: readonly Token[]): string {
  const signs = meaningful(text, tokens);
  const verb = signs.find((sign) => sign !== "(") ?? "";
  if (verb === "") return "statement";
  if (verb === "WITH") return mainVerb(signs);
  if (verb === "PRAGMA") return pragma(text, tokens);
  const at = signs.indexOf(verb);
  if (verb === "CREATE" || verb === "ALTER" || verb === "DROP") return object(verb, signs.slice(at + 1));
  return longVerbs.get(`${verb} ${signs[at + 1] ?? ""}`) ?? verb;
}

function object(verb: string, signs: readonly string[]): string {
  const at = signs.findIndex((sign, index) => isKind(sign, signs[index + 1], signs[index - 1]));
  const kind = signs[at];
  if (kind === undefined) return verb;
  const pair = twoWordObjects.get(`${kind} ${signs[at + 1] ?? ""}`);
  if (pair === "FOREIGN DATA") return `${verb} FOREIGN DATA WRAPPER`;
  const concurrently = kind === "INDEX" && signs[at + 1] === "CONCURRENTLY";
  return `${verb} ${pair ?? kind}${concurrently ? " CONCURRENTLY" : ""}`;
}

/** DEFINER=…, ALGORITHM=… and SQL SECURITY … stand before the kind in MySQL; AGGREGATE FUNCTION as well. */
function isKind(sign: string, next: string | undefined, previous: string | undefined): boolean {
  if (!/^[A-Z]/.test(sign) || isModifier(sign, next)) return false;
  if (sign === "DEFINER" || sign === "ALGORITHM" || sign === "SQL" || sign === "SECURITY") return false;
  if (previous === "=" || previous === "@" || previous === "SECURITY" || next === "@") return false;
  return !(sign === "AGGREGATE" && next === "FUNCTION");
}

function isModifier(sign: string, next: string | undefined): boolean {
  return modifiers.has(sign) && !(sign === "DEFAULT" && next === "PRIVILEGES");
}

/** The statement after the common table expressions: the first query verb outside parentheses. */
function mainVerb(signs: readonly string[]): string {
  let parens = 0;
  for (const sign of signs) {
    if (sign === "(") parens++;
    else if (sign === ")") parens--;
    else if (parens === 0 && queryVerbs.has(sign)) return sign;
  }
  return "WITH";
}

function pragma(text: string, tokens: readonly Token[]): string {
  const parts = tokens.slice(1, 4);
  const name = symbol(text, parts[1]) === "." ? parts[2] : parts[0];
  return `PRAGMA ${symbol(text, name).toLowerCase()}`.trim();
}

// Far enough to see the kind behind DEFINER and the like; only WITH needs to look at all tokens.
const headTokens = 24;

function meaningful(text: string, tokens: readonly Token[]): string[] {
  const head = tokens.filter((token, index) => index < headTokens && token.kind !== "executable");
  const all = symbol(text, head[0]) === "WITH" ? tokens : head;
  return all.map((token) => symbol(text, token));
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(" "));
}
