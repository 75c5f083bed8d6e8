import type { ObjectName, RowChange } from "../../core/plan.ts";
import { mysqlLexicon } from "../../sql/lexicon.ts";
import { assignedColumns, cutStatement, type StatementCutter } from "../../sql/statement-cutter.ts";
import type { Refusal } from "../row-snapshot-role.ts";
import { traits } from "./traits.ts";

/**
 * The query for the rows that a statement changes, from its words: there is no parser outside the server. Whatever is
 * cut wrong shows when the rows that were changed are counted against those that were kept.
 */
export function changedRows(text: string): RowChange | Refusal | null {
  const cut = cutStatement(text, mysqlLexicon);
  const verb = cut.first(["INSERT", "REPLACE", "UPDATE", "DELETE", "TRUNCATE", "LOAD", "SELECT", "CALL"]);
  const word = cut.symbol(verb);
  if (verb > 0 && cut.symbol(0) !== "WITH") return null;
  if (word === "TRUNCATE") return { refused: "TRUNCATE reads no rows; a DELETE can keep them" };
  const found = cut.isConditional ? { refused: "it has a comment that holds code" } : null;
  if (word === "REPLACE") {
    return { refused: "REPLACE deletes rows that it does not name; write a DELETE and an INSERT" };
  }
  if (word === "INSERT") {
    // In a VALUES list the function VALUES() of the update has no such words.
    return cut.all(["DUPLICATE"], verb, cut.length).some((place) => cut.symbol(place - 1) === "ON")
      ? {
          refused:
            "which of its rows are new and which are changed is not known before; write an UPDATE and an INSERT",
        }
      : found;
  }
  if (word === "LOAD") {
    return cut.first(["REPLACE"], verb) < cut.length ? { refused: "LOAD … REPLACE deletes rows" } : null;
  }
  if (word !== "UPDATE" && word !== "DELETE") return null;
  if (found !== null) return found;
  // A variable that the query sets would have another value when the statement runs.
  if (/:=/.test(text)) return { refused: "it sets a variable as it goes" };
  if (cut.all(["PORTION"], verb, cut.length).length > 0) return { refused: "it changes a portion of time" };
  return word === "UPDATE" ? update(cut, verb) : remove(cut, verb);
}

const tails = ["WHERE", "ORDER", "LIMIT"];

function update(cut: StatementCutter, verb: number): RowChange | Refusal {
  let start = verb;
  while (["LOW_PRIORITY", "IGNORE"].includes(cut.symbol(start + 1))) start++;
  const set = cut.first(["SET"], start);
  const tail = cut.first(tails, set);
  const references = cut.between(start, set);
  const assigned = assignedColumns(cut, set, tail);
  const assigns = assigned.map(({ column }) => column);
  const factors = factorsOf(cut, start, set);
  const [only] = factors;
  if (only === undefined || assigned.length === 0) return { refused: "its tables cannot be told" };
  if (!isJoin(cut, start, set)) {
    return query(cut, verb, { action: "update", factor: only, references, tail, end: cut.length, assigns });
  }
  const names = new Set(assigned.map(({ table }) => table?.toLowerCase() ?? null));
  const [name = null] = names;
  if (names.size !== 1) return { refused: "it changes more than one table; write one UPDATE for each" };
  if (name === null) return { refused: "it joins tables; write the table before each column that it sets" };
  return joined(cut, verb, { action: "update", name, factors, references, tail, assigns });
}

function remove(cut: StatementCutter, verb: number): RowChange | Refusal {
  let start = verb;
  while (["LOW_PRIORITY", "QUICK", "IGNORE"].includes(cut.symbol(start + 1))) start++;
  const from = cut.first(["FROM"], start);
  const using = cut.first(["USING"], from);
  const listed =
    cut.symbol(start + 1) === "FROM" ? (using < cut.length ? [from, using] : null) : [start, from];
  const sources = listed === null ? from : (listed[1] ?? from);
  const tail = cut.first([...tails, "RETURNING"], sources);
  const returning = cut.first(["RETURNING"], sources);
  const references = cut.between(sources, tail);
  const factors = factorsOf(cut, sources, tail);
  if (listed === null) {
    const [only] = factors;
    if (only === undefined || isJoin(cut, sources, tail)) return { refused: "its tables cannot be told" };
    return query(cut, verb, {
      action: "delete",
      factor: only,
      references,
      tail,
      end: returning,
      assigns: [],
    });
  }
  const [first = 0, last = 0] = listed;
  if (cut.all([","], first, last).length > 0) {
    return { refused: "it deletes from more than one table; write one DELETE for each" };
  }
  const parts = range(first + 1, last).flatMap((place) => cut.name(place) ?? []);
  const name = parts.at(-1)?.toLowerCase() ?? "";
  return joined(cut, verb, { action: "delete", name, factors, references, tail, assigns: [] });
}

interface Factor {
  readonly table: ObjectName;
  /** As the statement calls it. */
  readonly as: string;
}

/** The tables of a FROM, with the names that they go by; subqueries are left out. */
function factorsOf(cut: StatementCutter, after: number, before: number): Factor[] {
  const starts = [after, ...range(after + 1, before).filter((place) => opens.has(cut.symbol(place)))];
  return starts.flatMap((start) => {
    const parts: string[] = [];
    let place = start + 1;
    for (; place < before; place++) {
      const name = cut.name(place);
      if (name === null || closes.has(cut.symbol(place))) break;
      parts.push(name);
      if (cut.symbol(place + 1) !== ".") break;
      place++;
    }
    const last = parts.at(-1);
    if (last === undefined) return [];
    place++;
    if (cut.symbol(place) === "PARTITION") while (place < before && cut.symbol(place++) !== ")");
    const isNamed = cut.symbol(place) === "AS";
    const alias =
      place < before && !closes.has(cut.symbol(place)) ? cut.name(isNamed ? place + 1 : place) : null;
    const schema = parts.length > 1 ? parts[0] : undefined;
    const table: ObjectName = { kind: "table", ...(schema === undefined ? {} : { schema }), name: last };
    return [{ table, as: alias ?? last }];
  });
}

const opens: ReadonlySet<string> = new Set([",", "JOIN", "STRAIGHT_JOIN", "("]);
const closes: ReadonlySet<string> = new Set(
  "SELECT WITH VALUES SET ON USING WHERE ORDER LIMIT RETURNING JOIN STRAIGHT_JOIN INNER CROSS LEFT RIGHT NATURAL USE FORCE IGNORE LATERAL".split(
    " ",
  ),
);

function isJoin(cut: StatementCutter, after: number, before: number): boolean {
  if (cut.symbol(after + 1) === "(") return true;
  return range(after + 1, before).some((place) => opens.has(cut.symbol(place)) && cut.isOuter(place));
}

function joined(
  cut: StatementCutter,
  verb: number,
  parts: {
    readonly action: RowChange["action"];
    readonly name: string;
    readonly factors: readonly Factor[];
    readonly references: string;
    readonly tail: number;
    readonly assigns: readonly string[];
  },
): RowChange | Refusal {
  const { action, assigns, references, tail } = parts;
  const named = parts.factors.filter(({ as }) => as.toLowerCase() === parts.name);
  const [factor] = named;
  if (factor === undefined || named.length > 1) {
    return { refused: `which table ${parts.name} is cannot be told` };
  }
  const end = cut.first(["RETURNING"], tail - 1);
  return query(cut, verb, { action, factor, references, tail, end, assigns, isJoined: true });
}

function query(
  cut: StatementCutter,
  verb: number,
  parts: {
    readonly action: RowChange["action"];
    readonly factor: Factor;
    readonly references: string;
    readonly tail: number;
    readonly end: number;
    readonly assigns: readonly string[];
    readonly isJoined?: boolean;
  },
): RowChange {
  const { action, factor, references, tail, end, assigns, isJoined = false } = parts;
  const distinct = isJoined ? "DISTINCT " : "";
  const rest = tail < end ? `\n${cut.text(tail, end)}` : "";
  return {
    action,
    table: factor.table,
    assigns,
    rows: `${cut.text(0, verb)}SELECT ${distinct}${traits.quote(factor.as)}.* FROM ${references}${rest}\nFOR UPDATE`,
  };
}

const range = (from: number, before: number) =>
  Array.from({ length: Math.max(0, before - from) }, (_, index) => from + index);
