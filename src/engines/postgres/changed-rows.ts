import type * as Parser from "libpg-query";
import type { ObjectName, RowChange } from "../../core/plan.ts";
import { postgresLexicon } from "../../sql/lexicon.ts";
import { cutStatement, type StatementCutter } from "../../sql/statement-cutter.ts";
import type { Refusal } from "../row-snapshot-role.ts";
import { asTree, list, members, nodesOf, nodeType, relation, string, type Tree } from "./judge-tree.ts";
import { quoted } from "./sql-text.ts";

type Parse = typeof Parser.parseSync;

/**
 * The query for the rows that a statement changes, cut from the statement's own text. There is no printer for parse
 * trees, so the parser is the judge of the cut: the query's tables and conditions must be the very trees that the
 * statement has.
 */
export function changedRows(text: string, parse: Parse): RowChange | Refusal | null {
  const tree = treeOf(text, parse);
  if (tree === null) return { refused: "it is not one statement" };
  const type = nodeType(tree);
  const node = members(tree, type);
  const others = hidden(tree, type);
  if (others !== null) return { refused: `it holds a ${others} in a WITH or a body of its own` };
  if (type === "InsertStmt") {
    return asTree(node["onConflictClause"])["action"] === "ONCONFLICT_UPDATE"
      ? {
          refused:
            "which of its rows are new and which are changed is not known before; write an UPDATE and an INSERT",
        }
      : null;
  }
  if (type === "TruncateStmt") return { refused: "TRUNCATE reads no rows; a DELETE can keep them" };
  const read = readers[type];
  if (read === undefined) return null;
  const cut = read(cutStatement(text, postgresLexicon), node);
  if ("refused" in cut) return cut;
  const found = cut.candidates.find((candidate) => agrees(candidate, cut, parse));
  if (found === undefined) return { refused: "its rows cannot be asked for by a query" };
  const { action, assigns, table } = cut;
  return { action, table, assigns, rows: cut.isJoined ? found : `${found}\nFOR UPDATE OF ${cut.as}` };
}

interface Cut {
  readonly action: RowChange["action"];
  readonly table: ObjectName;
  readonly as: string;
  readonly assigns: readonly string[];
  /** Its rows depend on other tables: they are asked for by their places, since a join may show one twice. */
  readonly isJoined: boolean;
  readonly candidates: readonly string[];
  /** What the query's FROM and WHERE must be. */
  readonly from: readonly unknown[];
  readonly where: unknown;
  readonly withClause: unknown;
}

type Read = (cut: StatementCutter, node: Tree) => Cut | Refusal;

const readers: Readonly<Record<string, Read>> = {
  UpdateStmt(cut, node) {
    const verb = cut.first(["UPDATE"]);
    const set = cut.first(["SET"], verb);
    const ends = { where: before(cut, node, "whereClause", "WHERE"), end: endOf(cut, node) };
    // IS DISTINCT FROM has the word as well, so each is tried.
    const froms =
      list(node["fromClause"]).length === 0 ? [null] : cut.all(["FROM"], set, ends.where ?? ends.end);
    const target = cut.between(verb, set);
    return made(cut, node, {
      action: "update",
      verb,
      target,
      assigns: assigned(node["targetList"]),
      others: list(node["fromClause"]),
      tails: froms.map((from) => (from === null ? null : cut.between(from, ends.where ?? ends.end))),
      condition: ends.where === null ? null : cut.between(ends.where, ends.end),
    });
  },
  DeleteStmt(cut, node) {
    const verb = cut.first(["DELETE"]);
    const from = cut.first(["FROM"], verb);
    const ends = { where: before(cut, node, "whereClause", "WHERE"), end: endOf(cut, node) };
    const using = list(node["usingClause"]).length === 0 ? null : cut.first(["USING"], from);
    return made(cut, node, {
      action: "delete",
      verb,
      target: cut.between(from, using ?? ends.where ?? ends.end),
      assigns: [],
      others: list(node["usingClause"]),
      tails: [using === null ? null : cut.between(using, ends.where ?? ends.end)],
      condition: ends.where === null ? null : cut.between(ends.where, ends.end),
    });
  },
  MergeStmt(cut, node) {
    const clauses = list(node["mergeWhenClauses"]).map((clause) => members(clause, "MergeWhenClause"));
    if (clauses.some((clause) => clause["commandType"] === "CMD_INSERT")) {
      return {
        refused:
          "rows that a MERGE inserts have no state before it; write the INSERT as a statement of its own",
      };
    }
    if (clauses.some((clause) => clause["matchKind"] === "MERGE_WHEN_NOT_MATCHED_BY_SOURCE")) {
      return { refused: "it changes rows that no row of the source matches" };
    }
    const verb = cut.first(["MERGE"]);
    const using = cut.first(["USING"], verb);
    const target = cut.between(cut.first(["INTO"], verb), using);
    const source = asTree(node["sourceRelation"]);
    // A join as the source and a CASE in the condition have these words too.
    const pairs = cut
      .all(["ON"], using, cut.length)
      .flatMap((on) => cut.all(["WHEN"], on, cut.length).map((when) => ({ on, when })));
    const parts = pairs.map(({ on, when }) => ({
      tail: cut.between(using, on),
      condition: `(${cut.between(on, when)})`,
    }));
    const head = heading(cut, node, verb);
    return {
      action: "merge",
      table: relation(node["relation"], "table"),
      as: head.as,
      assigns: clauses.flatMap((clause) => assigned(clause["targetList"])),
      isJoined: true,
      candidates: parts.map(
        ({ tail, condition }) => `${head.select} FROM ${target}\n, ${tail}\nWHERE ${condition}`,
      ),
      from: [{ RangeVar: node["relation"] }, source],
      where: node["joinCondition"],
      withClause: node["withClause"],
    };
  },
};

function made(
  cut: StatementCutter,
  node: Tree,
  parts: {
    readonly action: RowChange["action"];
    readonly verb: number;
    readonly target: string;
    readonly assigns: readonly string[];
    readonly others: readonly Tree[];
    readonly tails: readonly (string | null)[];
    readonly condition: string | null;
  },
): Cut {
  const isJoined = parts.others.length > 0;
  const head = heading(cut, node, parts.verb);
  const where = parts.condition === null ? "" : `\nWHERE ${parts.condition}`;
  const select = isJoined ? head.select : `${head.before}SELECT ${head.as}.*`;
  return {
    action: parts.action,
    table: relation(node["relation"], "table"),
    as: head.as,
    assigns: parts.assigns,
    isJoined,
    candidates: parts.tails.map(
      (tail) => `${select} FROM ${parts.target}${tail === null ? "" : `\n, ${tail}`}${where}`,
    ),
    from: [{ RangeVar: node["relation"] }, ...parts.others],
    where: node["whereClause"],
    withClause: node["withClause"],
  };
}

function heading(cut: StatementCutter, node: Tree, verb: number) {
  const target = asTree(node["relation"]);
  const as = quoted(string(asTree(target["alias"])["aliasname"]) || string(target["relname"]));
  const head = cut.text(0, verb);
  return { as, before: head, select: `${head}SELECT ${as}.tableoid, ${as}.ctid` };
}

function assigned(targets: unknown): string[] {
  return list(targets).map((target) => string(members(target, "ResTarget")["name"]));
}

/** A statement inside the statement that changes rows too. */
function hidden(tree: Tree, type: string): string | null {
  const verbs = { UpdateStmt: "UPDATE", DeleteStmt: "DELETE", MergeStmt: "MERGE", InsertStmt: "INSERT" };
  for (const [kind, verb] of Object.entries(verbs)) {
    if (nodesOf(tree, kind).length > (kind === type ? 1 : 0) && (type in verbs || type === "SelectStmt"))
      return verb;
  }
  return null;
}

function agrees(query: string, cut: Cut, parse: Parse): boolean {
  const tree = treeOf(query, parse);
  if (tree === null || nodeType(tree) !== "SelectStmt") return false;
  const select = members(tree, "SelectStmt");
  return (
    same(select["fromClause"], cut.from) &&
    same(select["whereClause"], cut.where) &&
    same(select["withClause"], cut.withClause)
  );
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(placeless(a)) === JSON.stringify(placeless(b));
}

/** Without the places in the text, which differ. */
function placeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(placeless);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !/location$|^stmt_len$|^list_(start|end)$/.test(name))
      .map(([name, member]) => [name, placeless(member)]),
  );
}

function treeOf(text: string, parse: Parse): Tree | null {
  try {
    const { stmts = [] } = parse(text);
    return stmts.length === 1 ? ((stmts[0]?.stmt as Tree | undefined) ?? null) : null;
  } catch {
    return null;
  }
}

/** The last such word, where the statement has that member. */
function before(cut: StatementCutter, node: Tree, member: string, word: string): number | null {
  if (node[member] === undefined) return null;
  return cut.all([word], -1, endOf(cut, node)).at(-1) ?? cut.length;
}

/** Where RETURNING begins, or the end. */
function endOf(cut: StatementCutter, node: Tree): number {
  const has = node["returningClause"] !== undefined || list(node["returningList"]).length > 0;
  return (has ? cut.all(["RETURNING"], -1, cut.length).at(-1) : undefined) ?? cut.length;
}
