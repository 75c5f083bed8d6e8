import type { Expression } from "../../core/expression.ts";
import type { Dialect } from "../expression/dialect.ts";

export const aggregateNames: ReadonlySet<string> = new Set([
  "count",
  "sum",
  "min",
  "max",
  "avg",
  "group_concat",
  "string_agg",
]);

/** Functions of a window only, which are called alike everywhere. */
export const windowNames: ReadonlySet<string> = new Set([
  "row_number",
  "rank",
  "dense_rank",
  "lag",
  "lead",
  "first_value",
]);

/**
 * Calls that are translated in queries alone: what they give is held against what the source gives, so that a meaning
 * which differs in some corner (how a half is rounded) shows. Null where the dialect has no such call.
 */
export function queryCall(word: string, values: readonly Expression[], dialect: Dialect): Expression | null {
  const [first, second] = values;
  if (first === undefined) return null;
  const call = (name: string, args: readonly Expression[] = values): Expression => ({
    kind: "call",
    name,
    arguments: args,
  });
  if (["round", "floor", "ceil", "ceiling", "concat_ws", "sign"].includes(word)) {
    return call(word === "ceiling" ? "ceil" : word);
  }
  if (dialect === "mysql") {
    if (values.length === 1 && /^(year|month|dayofmonth|day|hour|minute)$/.test(word)) {
      return call(`${word === "dayofmonth" ? "day" : word}_of`);
    }
    if (word === "greatest" || word === "least") return call(`strict_${word}`);
    if (word === "date_format") {
      const format = mysqlFormat(second);
      return format === null ? null : call("strftime", [format, first]);
    }
    return null;
  }
  if (dialect === "postgres") {
    if (word === "concat") return concatWithoutNull(values);
    if (word === "to_char") {
      const format = postgresFormat(second);
      return format === null ? null : call("strftime", [format, first]);
    }
    return null;
  }
  if (word === "strftime" && first.kind === "string" && second !== undefined && second.kind !== "string") {
    return call("strftime", [first, second]);
  }
  return null;
}

/** PostgreSQL's concat leaves NULLs out. */
function concatWithoutNull(values: readonly Expression[]): Expression {
  const parts = values.map((value): Expression => ({
    kind: "call",
    name: "coalesce",
    arguments: [
      { kind: "cast", operand: value, to: { kind: "text", length: null, fixed: false } },
      { kind: "string", value: "" },
    ],
  }));
  return parts.reduce((left, right) => ({ kind: "binary", operator: "||", left, right }));
}

const mysqlLetters: Readonly<Record<string, string>> = {
  Y: "%Y",
  m: "%m",
  d: "%d",
  H: "%H",
  i: "%M",
  s: "%S",
  S: "%S",
  j: "%j",
  "%": "%%",
};

/** MySQL's format in the letters of strftime; null where it holds others. */
function mysqlFormat(format: Expression | undefined): Expression | null {
  if (format?.kind !== "string") return null;
  let made = "";
  for (const [piece, letter] of format.value.matchAll(/%(.)|[^%]+|%$/gsu)) {
    if (letter === undefined && piece === "%") return null;
    const known = letter === undefined ? piece : mysqlLetters[letter];
    if (known === undefined) return null;
    made += known;
  }
  return { kind: "string", value: made };
}

const postgresWords: Readonly<Record<string, string>> = {
  YYYY: "%Y",
  MM: "%m",
  DD: "%d",
  HH24: "%H",
  MI: "%M",
  SS: "%S",
  DDD: "%j",
};

/** PostgreSQL's template in the letters of strftime; null where it holds other words. */
function postgresFormat(format: Expression | undefined): Expression | null {
  if (format?.kind !== "string") return null;
  let made = "";
  for (const [piece] of format.value.matchAll(/YYYY|MM|DDD|DD|HH24|MI|SS|"[^"]*"|./gsu)) {
    const word = postgresWords[piece];
    if (word !== undefined) made += word;
    else if (piece.startsWith('"') && piece.length > 1) made += piece.slice(1, -1).replaceAll("%", "%%");
    else if (/^[-/:. ,]$/.test(piece)) made += piece;
    else return null;
  }
  return { kind: "string", value: made };
}
