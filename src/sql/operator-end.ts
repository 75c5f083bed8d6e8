import type { Lexicon } from "./lexicon.ts";

const runKinds = Array.from({ length: 128 }, (_, code): 0 | 1 | 2 => {
  const character = String.fromCharCode(code);
  return "~!@#%^&|`?".includes(character) ? 2 : "+-*/<>=".includes(character) ? 1 : 0;
});
// Longer than any operator's name can be; a bound, so that trimming stays linear.
const maxRun = 64;
const pairs = ["::", ":=", ".."];

/** The offset after the operator or punctuation mark at `start`; at least one whole character. */
export function operatorEnd(text: string, start: number, operators: Lexicon["operators"]): number {
  if (operators === "longest-run") return runEnd(text, start);
  const first = text[start]!;
  for (const operator of operators) {
    if (operator[0] === first && text.startsWith(operator, start)) return start + operator.length;
  }
  return start + 1;
}

/**
 * PostgreSQL's rule: an operator is the longest run of its characters, stops before a comment, and ends in + or
 * - only when it also holds one of ~ ! @ # % ^ & | ` ?, so that `a=-1` compares with -1.
 */
function runEnd(text: string, start: number): number {
  if (runKind(text.charCodeAt(start)) === 0) {
    return start + (pairs.some((pair) => text.startsWith(pair, start)) ? 2 : 1);
  }
  const limit = Math.min(text.length, start + maxRun);
  let end = start;
  let special = false;
  for (; end < limit; end++) {
    const code = text.charCodeAt(end);
    const kind = runKind(code);
    if (kind === 0) break;
    if (kind === 2) special = true;
    const next = text.charCodeAt(end + 1);
    if (end > start && ((code === 45 && next === 45) || (code === 47 && next === 42))) break;
  }
  if (!special) while (end > start + 1 && isSign(text.charCodeAt(end - 1))) end--;
  return end;
}

/** 0: no character of an operator; 2: one that lets an operator end in a sign; 1: another. */
function runKind(code: number): 0 | 1 | 2 {
  return code < 128 ? (runKinds[code] ?? 0) : 0;
}

function isSign(code: number): boolean {
  return code === 43 || code === 45;
}
