import { type TokenReader, tokenReader } from "../../sql/token-reader.ts";
import type { Token } from "../../sql/tokenize.ts";

/**
 * Whether the clauses of an ALTER TABLE can leave the same definition although the columns are not the same ones:
 * a name is given up by one clause and taken by another (DROP c, ADD c; RENAME a TO b, RENAME b TO a). Done twice
 * it would lose what was written since. Not so where another name goes for good, because that shows.
 */
export function tradesColumns(text: string, clauses: readonly Token[]): boolean {
  const left: ColumnName[] = [];
  const taken: string[] = [];
  const reader = tokenReader(text, clauses);
  const column = (): string => reader.name("other")?.name.toLowerCase() ?? "";
  const ifExists = () => reader.take("IF", "EXISTS") || reader.take("IF", "NOT", "EXISTS");
  do {
    const verb = reader.peek();
    if (!verbs.has(verb)) continue;
    reader.skip();
    const isColumn = reader.take("COLUMN");
    if (verb === "RENAME" && !isColumn) continue;
    if (!isColumn && otherThings.has(reader.peek())) continue;
    const isSure = !ifExists();
    if (verb === "ADD") {
      if (reader.take("(")) taken.push(...listed(reader, column, ifExists));
      else taken.push(column());
      continue;
    }
    const name = column();
    if (verb === "RENAME") reader.take("TO");
    const next = verb === "DROP" ? null : column();
    // CHANGE a a … is a MODIFY.
    if (next === name) continue;
    left.push({ name, isSure });
    if (next !== null) taken.push(next);
  } while (reader.seek(","));
  const isTraded = left.some(({ name }) => taken.includes(name));
  return isTraded && !left.some(({ name, isSure }) => isSure && !taken.includes(name));
}

/** ADD (a int, b int, KEY (a)); moves behind the list. */
function listed(reader: TokenReader, column: () => string, ifExists: () => boolean): string[] {
  const names: string[] = [];
  let isHead = true;
  for (let parens = 1; parens > 0 && !reader.done();) {
    if (isHead) {
      ifExists();
      if (!otherThings.has(reader.peek())) names.push(column());
    }
    const sign = reader.peek();
    isHead = sign === "," && parens === 1;
    if (sign === "(") parens++;
    else if (sign === ")") parens--;
    reader.skip();
  }
  return names;
}

interface ColumnName {
  readonly name: string;
  /** Without IF EXISTS: the statement fails where there is no such column. */
  readonly isSure: boolean;
}

const verbs = new Set(["ADD", "DROP", "CHANGE", "RENAME"]);
/** What else a clause adds or drops; PARTITION and SYSTEM VERSIONING hold rows, and count like a column's name. */
const otherThings = new Set(
  "INDEX KEY PRIMARY UNIQUE FULLTEXT SPATIAL VECTOR CONSTRAINT FOREIGN CHECK".split(" "),
);
