import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import jsTokens from "js-tokens";
import { root } from "../support/cli.ts";

/** One file of src/ with what it names: modules, and every string literal. */
export interface SourceFile {
  /** From the checkout's root, with forward slashes. */
  readonly path: string;
  readonly imports: readonly SourceImport[];
  /** Values of its string literals. */
  readonly strings: readonly string[];
}

export interface SourceImport {
  /** A path from the checkout's root, or a module's name as written. */
  readonly module: string;
  /** Erased before it runs: `import type`. */
  readonly typeOnly: boolean;
}

/** The files of src/ without the tests and what only they use. */
export function readSources(): SourceFile[] {
  return globSync("src/**/*.ts", { cwd: root })
    .filter((path) => !/\.(test|fixture)\.ts$/.test(path))
    .sort()
    .map((path) => readSource(path, readFileSync(join(root, path), "utf8")));
}

/** Reads by tokens, so that a comment or a string that speaks of an import is none. */
export function readSource(path: string, text: string): SourceFile {
  const tokens = [...jsTokens(text)].filter(
    ({ type }) => !/^(WhiteSpace|LineTerminatorSequence|SingleLineComment|MultiLineComment)$/.test(type),
  );
  const imports: SourceImport[] = [];
  const strings: string[] = [];
  let typeOnly = false;
  for (const [index, { type, value }] of tokens.entries()) {
    const before = tokens[index - 1]?.value;
    // `import type` and `export type` reach up to their `from`.
    if (value === "import" || value === "export") typeOnly = tokens[index + 1]?.value === "type";
    if (type !== "StringLiteral") continue;
    const literal = value.slice(1, -1);
    const dynamic = before === "(" && tokens[index - 2]?.value === "import";
    if (before === "from" || before === "import" || dynamic) {
      const module = literal.startsWith(".") ? normalize(join(dirname(path), literal)) : literal;
      imports.push({ module: module.replaceAll("\\", "/"), typeOnly: typeOnly && !dynamic });
    } else strings.push(literal);
  }
  return { path, imports, strings };
}
