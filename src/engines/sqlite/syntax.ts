import type { Statement } from "../../core/plan.ts";
import { directivesOf } from "../../sql/directives.ts";
import { fileError } from "../../sql/file-error.ts";
import { sqliteLexicon } from "../../sql/lexicon.ts";
import { semanticTokens } from "../../sql/semantic-hash.ts";
import { type Piece, splitStatements } from "../../sql/split.ts";
import { statementLabel } from "../../sql/statement-label.ts";
import type { Refuse } from "../../sql/verdict.ts";
import type { SyntaxRole } from "../engine.ts";
import { judge } from "./judge.ts";

/** SQLite can do nearly all in a transaction; its few exceptions are told by the first words. */
export const syntax: SyntaxRole = {
  load: async () => {},
  statements(text, file) {
    return splitStatements(text, sqliteLexicon, file).map((piece) => statement(text, file, piece));
  },
  tokens: (text, file) => semanticTokens(text, sqliteLexicon, file),
  directives: (text) => directivesOf(text, sqliteLexicon),
};

function statement(text: string, file: string, piece: Piece): Statement {
  const { offset, line, column, tokens } = piece;
  const refuse: Refuse = (code, message) => fileError(code, { text, file, offset }, message);
  const label = statementLabel(text, tokens);
  return { text: piece.text, offset, line, column, label, ...judge(text, tokens, refuse) };
}
