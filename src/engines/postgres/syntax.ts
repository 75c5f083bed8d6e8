import type * as Parser from "libpg-query";
import type { Statement } from "../../core/plan.ts";
import { directivesOf } from "../../sql/directives.ts";
import { fileError } from "../../sql/file-error.ts";
import { postgresLexicon } from "../../sql/lexicon.ts";
import { semanticTokens } from "../../sql/semantic-hash.ts";
import { type Piece, splitStatements } from "../../sql/split.ts";
import { statementLabel } from "../../sql/statement-label.ts";
import { type Refuse, transactional } from "../../sql/verdict.ts";
import type { SyntaxRole } from "../engine.ts";
import type { RowSnapshotRole } from "../row-snapshot-role.ts";
import { changedRows } from "./changed-rows.ts";
import { judge } from "./judge.ts";
import type { Tree } from "./judge-tree.ts";

let parser: typeof Parser | undefined;

function loaded(): typeof Parser {
  if (parser === undefined) throw new Error("the parser was not loaded");
  return parser;
}

/**
 * Splits with the tokenizer and judges on the server's own grammar (that of PostgreSQL 18). Each piece must
 * parse as exactly one statement, so the splitter and the parser check each other. What only a newer server
 * understands is refused (GW2012).
 */
export const syntax: SyntaxRole = {
  async load() {
    // 19 ms, so only who compiles statements pays for it; `tokens` does without.
    parser ??= await import("libpg-query");
    await parser.loadModule();
  },
  statements(text, file) {
    return splitStatements(text, postgresLexicon, file).map((piece) => statement(text, file, piece));
  },
  tokens: (text, file) => semanticTokens(text, postgresLexicon, file),
  directives: (text) => directivesOf(text, postgresLexicon),
};

/** An INSERT that is too long to be parsed changes rows that are there only where it says so. */
export const changeOf: RowSnapshotRole["changeOf"] = (text) =>
  /^\s*insert\b/i.test(text) && !/\bon\s+conflict\b/i.test(text)
    ? null
    : changedRows(text, loaded().parseSync);

/** The tree of one statement that `statements` has accepted. */
export function parsed(text: string): Tree {
  return (loaded().parseSync(text).stmts?.[0]?.stmt ?? {}) as Tree;
}

// The parse tree of an INSERT takes about 60 times its text, and the parser ends at 570 MB; there is nothing in
// one to judge, so a very long one is left to the server. UTF-16 units.
const maxParsedInsert = 4 * 1024 * 1024;

function statement(text: string, file: string, piece: Piece): Statement {
  const label = statementLabel(text, piece.tokens);
  const { offset, line, column } = piece;
  if (label === "INSERT" && piece.text.length > maxParsedInsert) {
    return { text: piece.text, offset, line, column, label, ...transactional };
  }
  const tree = parseOne(text, file, piece);
  const refuse: Refuse = (code, message) => fileError(code, { text, file, offset }, message);
  return { text: piece.text, offset, line, column, label, ...judge(tree, piece.text, refuse) };
}

function parseOne(text: string, file: string, piece: Piece): Tree {
  const at = (offset: number) => ({ text, file, offset });
  let statements: readonly { stmt?: unknown }[];
  try {
    statements = loaded().parseSync(piece.text).stmts ?? [];
  } catch (error) {
    if (error instanceof RangeError) {
      throw fileError("GW2012", at(piece.offset), "the statement is nested too deeply for the parser.");
    }
    // What the parser throws when its memory is used up is no Error.
    if (!(error instanceof Error)) {
      throw fileError("GW2012", at(piece.offset), "the statement is too large for the parser.");
    }
    const position = loaded().hasSqlDetails(error) ? (error.sqlDetails?.cursorPosition ?? 0) : 0;
    throw fileError("GW2012", at(piece.offset + utf16Offset(piece.text, position)), error.message);
  }
  const tree = statements[0]?.stmt;
  if (statements.length !== 1 || tree === undefined) {
    const message = `the parser finds ${statements.length} statements where one was expected.`;
    throw fileError("GW2012", at(piece.offset), message);
  }
  return tree as Tree;
}

/** The parser counts characters (code points), JavaScript UTF-16 units. */
function utf16Offset(text: string, characters: number): number {
  let offset = 0;
  for (let left = characters; left > 0 && offset < text.length; left--) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}
