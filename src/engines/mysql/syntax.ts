import type { Statement } from "../../core/plan.ts";
import { directivesOf } from "../../sql/directives.ts";
import { fileError } from "../../sql/file-error.ts";
import { mysqlLexicon } from "../../sql/lexicon.ts";
import { semanticTokens } from "../../sql/semantic-hash.ts";
import { type Piece, splitStatements } from "../../sql/split.ts";
import { statementLabel } from "../../sql/statement-label.ts";
import type { Refuse } from "../../sql/verdict.ts";
import type { SyntaxRole } from "../engine.ts";
import { judge } from "./judge.ts";

/**
 * MySQL and MariaDB have no parser outside the server, so only a statement's head is read: enough to tell what
 * commits by itself and which objects it may change. Comments that hold code are judged by what is in them.
 */
export const syntax: SyntaxRole = {
  load: async () => {},
  statements(text, file) {
    return splitStatements(text, mysqlLexicon, file).map((piece) => statement(text, file, piece));
  },
  tokens: (text, file) => semanticTokens(text, mysqlLexicon, file),
  directives: (text) => directivesOf(text, mysqlLexicon),
};

function statement(text: string, file: string, piece: Piece): Statement {
  const { offset, line, column, tokens } = piece;
  const refuse: Refuse = (code, message) => fileError(code, { text, file, offset }, message);
  const label = statementLabel(text, tokens);
  return { text: piece.text, offset, line, column, label, ...judge(text, tokens, refuse) };
}
