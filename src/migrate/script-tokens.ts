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
