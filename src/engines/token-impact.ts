import type { ObjectName } from "../core/plan.ts";
import type { Lexicon } from "../sql/lexicon.ts";
import { type TokenReader, tokenReader } from "../sql/token-reader.ts";
import { tokenize } from "../sql/tokenize.ts";
import { objectText, type StatementHazard } from "./impact-role.ts";

/** The tokens of one statement, for engines without a parser. */
export function statementReader(text: string, lexicon: Lexicon): TokenReader {
  return tokenReader(
    text,
    tokenize(text, lexicon).filter(({ kind }) => kind !== "comment"),
  );
}

/** Names with commas between them. */
export function namesOf(reader: TokenReader, kind: ObjectName["kind"]): ObjectName[] {
  const names: ObjectName[] = [];
  do {
    const name = reader.name(kind);
    if (name === null) break;
    names.push(name);
  } while (reader.take(","));
  return names;
}

export function droppedTable(table: ObjectName): StatementHazard {
  return { type: "drops-data", object: table, message: `drops the table ${objectText(table)} with its rows` };
}

/** An UPDATE or DELETE whose own WHERE is missing; one in a subquery stands in parentheses. */
export function wholeTable(reader: TokenReader, verb: string, table: ObjectName): StatementHazard[] {
  if (reader.seek("WHERE")) return [];
  const what = verb === "DELETE" ? "deletes" : "changes";
  const message = `${what} every row of ${objectText(table)}: it has no WHERE`;
  return [{ type: "changes-all-rows", object: table, message }];
}
