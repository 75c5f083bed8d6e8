import jsTokens from "js-tokens";

const ignored: ReadonlySet<string> = new Set([
  "WhiteSpace",
  "LineTerminatorSequence",
  "SingleLineComment",
  "MultiLineComment",
]);

/** The tokens of a TypeScript module that count: no comments, no white space. */
export function scriptTokens(text: string): string[] {
  const tokens: string[] = [];
  for (const token of jsTokens(text)) if (!ignored.has(token.type)) tokens.push(token.value);
  return tokens;
}

/**
 * False where a module certainly exports nothing of that name, told from its text: a plan never runs a migration's
 * code, and a rollback of several must not find in its middle that one has no way back. Lists and re-exports are
 * taken to hold it; they are looked at when the module is loaded.
 */
export function mayExport(text: string, name: string): boolean {
  const tokens = scriptTokens(text);
  return tokens.some((token, at) => {
    if (token !== "export") return false;
    const what = tokens.slice(at + 1, at + 5).find((word) => !declaring.has(word)) ?? "";
    return what === name || what === "{" || what === "[" || what === "*";
  });
}

const declaring: ReadonlySet<string> = new Set(["async", "function", "const", "let", "var", "declare"]);
