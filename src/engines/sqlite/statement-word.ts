/** The first keyword of a statement in lower case, past white space and comments; "" where there is none. */
export function firstWord(sql: string): string {
  return /^[a-z]+/i.exec(sql.slice(skipBlank(sql, 0)))?.[0].toLowerCase() ?? "";
}

/** Whether a text holds only white space, comments and semicolons. */
export function isBlank(sql: string): boolean {
  return skipBlank(sql, 0, /[\s;]+|--[^\n]*|\/\*[^]*?(?:\*\/|$)/y) === sql.length;
}

/** Whether a statement only reads. A PRAGMA that sets something does not. */
export function readsOnly(sql: string): boolean {
  const word = firstWord(sql);
  if (word === "pragma") return !sql.includes("=");
  return reading.has(word) || (word === "with" && !/\b(?:insert|update|delete|replace)\b/i.test(sql));
}

const reading = new Set(["select", "values", "explain"]);

function skipBlank(sql: string, start: number, blank = /\s+|--[^\n]*|\/\*[^]*?(?:\*\/|$)/y): number {
  let at = start;
  for (;;) {
    blank.lastIndex = at;
    const match = blank.exec(sql);
    if (match === null) return at;
    at += match[0].length;
  }
}
