import { GodwitError } from "../core/error.ts";

const maxDepth = 64;

/**
 * Reads JSON. Duplicate keys and deep structures are refused, and a number that a JavaScript number would change
 * comes as its digits. Throws GW1004, with no text of the file but key names.
 */
export function parseJson(text: string, file: string): unknown {
  const fail = (why: string) => new GodwitError("GW1004", { message: `${file}: ${why}.`, details: { file } });
  // Before it is parsed: JSON.parse recurses, and keeps the last one of equal keys.
  const problem = problemOf(text);
  if (problem !== null) throw fail(problem);
  try {
    return JSON.parse(text, function (_, value: unknown, context?: { source?: string }) {
      const source = context?.source;
      return typeof value === "number" && source !== undefined && String(value) !== source ? source : value;
    } as Parameters<typeof JSON.parse>[1]);
  } catch (error) {
    const { message } = error as Error;
    const position = /position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? "" : ` in line ${lineAt(text, Number(position))}`;
    throw fail(`it is not valid JSON${line}`);
  }
}

function problemOf(text: string): string | null {
  const open: (Set<string> | null)[] = [];
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/gsu)) {
    if (token === "{" || token === "[") open.push(token === "{" ? new Set() : null);
    else if (token === "}" || token === "]") open.pop();
    else {
      const keys = open.at(-1);
      const end = index + token.length;
      if (keys && isBeforeColon(text, end)) {
        const key = unquoted(token);
        if (keys.has(key)) {
          return `the key ${JSON.stringify(key.slice(0, 64))} is given twice in line ${lineAt(text, index)}`;
        }
        keys.add(key);
      }
    }
    if (open.length > maxDepth) return "the structure is nested too deeply";
  }
  return null;
}

/** JSON's white space, as much as there is. */
function isBeforeColon(text: string, end: number): boolean {
  const next = /[^ \t\r\n]/g;
  next.lastIndex = end;
  return next.exec(text)?.[0] === ":";
}

/** Two spellings of one key are one. */
function unquoted(token: string): string {
  try {
    return JSON.parse(token) as string;
  } catch {
    return token;
  }
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}
