import { tokenize } from "./create-table.ts";

/** After these a statement names what it reads or writes. */
const before: ReadonlySet<string> = new Set(["from", "join", "into", "update", "in"]);
/** These end the list after FROM, in which each comma has another one behind it. */
const ends: ReadonlySet<string> = new Set(
  "where group having order limit union except intersect select set values returning ;".split(" "),
);

/**
 * The tables and views that the text of a view or trigger reads or writes, in lower case: rather one too many, such as
 * what its own WITH makes, but no column that is only called like one.
 */
export function relationsNamed(sql: string): ReadonlySet<string> {
  const tokens = tokenize(sql);
  const found = new Set<string>();
  const around: boolean[] = [];
  let isList = false;
  let isNext = false;
  for (const [no, { text, quoted }] of tokens.entries()) {
    const word = quoted ? "" : text;
    const last = tokens[no - 1]?.text;
    if (word === "(") {
      around.push(isList);
      // FROM (one JOIN other), and not x IN (one, other)
      isList = isNext = isNext && last !== "in";
    } else if (word === ")") {
      isList = around.pop() ?? false;
      isNext = false;
    } else if (word === ",") isNext = isList;
    else if (before.has(word)) {
      isNext = true;
      isList ||= word === "from";
    } else if (ends.has(word)) isList = isNext = false;
    else if (isNext) {
      // UPDATE OR IGNORE main.name
      const isBefore = word === "or" || last === "or" || word === "." || tokens[no + 1]?.text === ".";
      if (isBefore) continue;
      found.add(text.toLowerCase());
      isNext = false;
    }
  }
  return found;
}
