import type { Expression } from "../../core/expression.ts";
import { parseExpression } from "../../sql/expression/parse.ts";
import { tokenize } from "../../sql/tokenize.ts";
import { sqliteLexicon } from "../../sql/lexicon.ts";

/** Facts of a table that an expression may name; they are put in when the table is known. */
const tableFacts = [
  "AR_M_SOURCE_SCHEMA",
  "AR_M_SOURCE_TABLE_NAME",
  "AR_M_SOURCE_COLUMN_NAME",
  "AR_M_SOURCE_COLUMN_DATATYPE",
] as const;

/** How a table's fact stands in an expression until then: no column is called so. */
export const factPrefix = "\0";

/** Functions whose meaning the translator has under another name. */
const renamed: Readonly<Record<string, string>> = {
  hash_sha256: "godwit_sha256_hex",
  replacechars: "godwit_translate",
  max: "godwit_strict_greatest",
  min: "godwit_strict_least",
  date: "godwit_date_of",
  time: "godwit_time_of",
  datetime: "godwit_datetime_of",
  strftime: "godwit_strftime",
};

/** DMS's functions that are left out, each for its reason. */
const leftOut: Readonly<Record<string, string>> = {
  hex: "what it gives depends on how a value is stored",
  randomblob: "what is made by chance cannot be compared",
  random: "what is made by chance cannot be compared",
  zeroblob: "no other server has it",
  julianday: "no other server has it",
  round: "servers round floats differently",
  operation_indicator: "it tells of a stream of changes, and a copy has none",
};

/** Words that stand before a parenthesis and are no functions. */
const notFunctions: ReadonlySet<string> = new Set(
  "and or not in is between like case when then else end as cast null".split(" "),
);

export type ValueExpression = { readonly expression: Expression } | { readonly problem: string };

/**
 * Reads an expression of a rule, which is written in SQLite's SQL, with `$COLUMN` and `${COLUMN}` for columns. Only
 * what every server can say with one meaning is taken; `problem` names what is not.
 */
export function readValueExpression(text: string): ValueExpression {
  if (text.length > 10_000) return { problem: "the expression is longer than 10,000 characters" };
  const named = withNames(text);
  if (typeof named !== "string") return named;
  const tokens = tokenize(named, sqliteLexicon);
  let made = "";
  let end = 0;
  let depth = 0;
  for (const [index, { kind, start, end: tokenEnd }] of tokens.entries()) {
    const word = named.slice(start, tokenEnd);
    const [open, first] = [tokens[index + 1], tokens[index + 2]].map((token) =>
      token === undefined ? "" : named.slice(token.start, token.end),
    );
    if (word === "(") depth += 1;
    if (word === ")") depth -= 1;
    if (depth > 50) return { problem: "the expression is nested too deeply" };
    const name = word.toLowerCase();
    const isCall = kind === "word" && open === "(" && !notFunctions.has(name);
    if (isCall && name.startsWith("godwit_")) return { problem: `the function ${word} is not in the subset` };
    if (isCall && Object.hasOwn(leftOut, name)) {
      return { problem: `the function ${word} is not in the subset: ${leftOut[name]}` };
    }
    // date('now') is the present time, which the translator knows.
    const isRenamed = isCall && Object.hasOwn(renamed, name) && first?.toLowerCase() !== "'now'";
    made += named.slice(end, start) + (isRenamed ? renamed[name] : word);
    end = tokenEnd;
    if (isCall && !isRenamed && !isKnown(name)) {
      return { problem: `the function ${word} is not in the subset` };
    }
  }
  const expression = tokens.length > 2_000 ? null : parseExpression(made, dialect);
  return expression === null
    ? { problem: `${quoted(text)} is no expression that every server can say with one meaning` }
    : { expression };
}

const dialect = "sqlite";

/** Whether the translator reads a call of it; date('now') and cast are no plain calls. */
function isKnown(name: string): boolean {
  if (/^(date|datetime|cast)$/.test(name)) return true;
  return [1, 2, 3].some((count) => {
    const values = Array.from({ length: count }, () => "a").join(", ");
    return parseExpression(`${name}(${values})`, dialect) !== null;
  });
}

/** `$NAME` and `${NAME}` as quoted names, outside of strings. */
function withNames(text: string): string | { readonly problem: string } {
  let problem: string | null = null;
  const made = text.replaceAll(
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\{([^}]*)\}|\$([\p{L}_][\p{L}\p{N}_#]*)|\$/gu,
    (piece: string, braced: string | undefined, plain: string | undefined) => {
      const name = braced ?? plain;
      if (name === undefined) {
        if (piece === "$") problem ??= "a $ stands before no name";
        return piece;
      }
      if (name.startsWith("AR_H_")) problem ??= `$${name} is known to a stream of changes only`;
      else if (name.startsWith("AR_M_")) {
        if (!(tableFacts as readonly string[]).includes(name)) problem ??= `$${name} is not known`;
        return `"${factPrefix}${name}"`;
      }
      if (name === "") problem ??= "${} names no column";
      return `"${name.replaceAll('"', '""')}"`;
    },
  );
  return problem === null ? made : { problem };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
