import type { PortableAction } from "../../core/portable.ts";

/** What the text of a CREATE TABLE tells and no PRAGMA does. Expressions are kept as written. */
export interface TableText {
  readonly checks: readonly { readonly name: string; readonly definition: string }[];
  /** By column name in lower case. */
  readonly generated: ReadonlyMap<string, string>;
  readonly collations: ReadonlyMap<string, string>;
  /** The REFERENCES clauses in their order, which is the reverse of PRAGMA foreign_key_list. */
  readonly references: readonly ReferenceText[];
  /** AUTOINCREMENT stands in it. */
  readonly autoincrement: boolean;
}

export interface ReferenceText {
  /** "" where it has none. */
  readonly name: string;
  readonly deferrable: boolean;
  readonly initiallyDeferred: boolean;
}

/** What CREATE INDEX tells and no PRAGMA does: the parts without their order and collation, and the condition. */
export interface IndexText {
  readonly parts: readonly string[];
  readonly where: string | null;
}

export interface Token {
  /** Keywords and bare names in lower case; quoted names without their quotes; other tokens as they are. */
  readonly text: string;
  readonly quoted: boolean;
  readonly start: number;
  readonly end: number;
}

/** To SQLite all that is not ASCII belongs to names, also an accent or a space. */
const tokenPattern =
  /(?:[ \t\n\f\r]+|--[^\n]*|\/\*[^]*?(?:\*\/|$))|("(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|'(?:[^']|'')*')|([A-Za-z0-9_$\u{80}-\u{10ffff}]+)|([^])/uy;

/** Whether a key of the table has ON CONFLICT REPLACE: any statement that meets it deletes rows. */
export function replacesRows(sql: string): boolean {
  return conflictClauses(sql).includes("ON CONFLICT REPLACE");
}

/** Reads a statement that SQLite itself has accepted and stored, so it need not be checked. */
export function readCreateTable(sql: string): TableText {
  const tokens = tokenize(sql);
  const checks: { name: string; definition: string }[] = [];
  const generated = new Map<string, string>();
  const collations = new Map<string, string>();
  const references: { name: string; deferrable: boolean; initiallyDeferred: boolean }[] = [];
  let autoincrement = false;
  const open = tokens.findIndex((token) => token.text === "(" && !token.quoted);
  let depth = 0;
  let column = "";
  let constraint = "";
  let first = true;
  for (let i = open; i >= 0 && i < tokens.length; i++) {
    const token = tokens[i]!;
    const next = tokens[i + 1];
    if (isMark(token, "(")) depth++;
    else if (isMark(token, ")")) depth--;
    else if (depth === 1 && isMark(token, ",")) first = true;
    else if (depth === 1) {
      if (first) {
        column = !token.quoted && tableConstraints.has(token.text) ? "" : token.text.toLowerCase();
        constraint = "";
        first = false;
        if (column !== "") continue;
      }
      if (token.quoted || next === undefined) continue;
      const close = isMark(next, "(") ? closing(tokens, i + 1) : -1;
      if (token.text === "constraint") {
        constraint = next.text;
        i++;
      } else if (token.text === "collate") collations.set(column, next.text);
      else if (token.text === "references") {
        references.push({ name: constraint, deferrable: false, initiallyDeferred: false });
        constraint = "";
      } else if (token.text === "deferrable" && tokens[i - 1]!.text !== "not") {
        references.at(-1)!.deferrable = true;
      } else if (token.text === "initially" && next.text === "deferred") {
        references.at(-1)!.initiallyDeferred = true;
      } else if (token.text === "autoincrement") autoincrement = true;
      else if (token.text === "check" && close > 0) {
        checks.push({ name: constraint, definition: `CHECK ${slice(sql, tokens, i + 1, close)}` });
        constraint = "";
      } else if (token.text === "as" && close > 0) {
        generated.set(
          column,
          slice(sql, tokens, i + 1, close)
            .slice(1, -1)
            .trim(),
        );
      }
    }
    if (depth === 0 && i > open) break;
  }
  return { checks, generated, collations, references, autoincrement };
}

export function readCreateIndex(sql: string): IndexText {
  const tokens = tokenize(sql);
  const open = tokens.findIndex((token) => isMark(token, "("));
  const close = closing(tokens, open);
  const parts: string[] = [];
  let start = open + 1;
  for (let i = open + 1, depth = 0; i <= close; i++) {
    if (isMark(tokens[i]!, "(")) depth++;
    if (isMark(tokens[i]!, ")") && i < close) depth--;
    if (i < close && (depth > 0 || !isMark(tokens[i]!, ","))) continue;
    let end = i - 1;
    if (isWord(tokens[end]!, "asc") || isWord(tokens[end]!, "desc")) end--;
    if (end > start && isWord(tokens[end - 1]!, "collate")) end -= 2;
    parts.push(slice(sql, tokens, start, end));
    start = i + 1;
  }
  const where = tokens[close + 1];
  return { parts, where: where === undefined ? null : sql.slice(where.end).trim() };
}

/** The name in a CREATE TABLE, and where it stands. */
export function nameOfTable(sql: string): Pick<Token, "start" | "end"> & { readonly name: string } {
  const [, , token] = tokenize(sql);
  const { text, quoted, start, end } = token!;
  return { name: quoted ? text : sql.slice(start, end), start, end };
}

/** The ON CONFLICT clauses of a table's keys. */
export function conflictClauses(sql: string): string[] {
  const words = tokenize(sql);
  return words.flatMap((token, no) => {
    const [conflict, way] = [words[no + 1], words[no + 2]];
    const isClause = isWord(token, "on") && conflict !== undefined && isWord(conflict, "conflict");
    return isClause && way !== undefined ? [`ON CONFLICT ${way.text.toUpperCase()}`] : [];
  });
}

/** The query of a CREATE VIEW. */
export function readCreateView(sql: string): string {
  const tokens = tokenize(sql);
  const as = tokens.find((token) => isWord(token, "as"));
  return as === undefined ? sql : sql.slice(as.end).trim();
}

/** The parts of a CREATE TRIGGER. */
export function readCreateTrigger(sql: string): PortableAction {
  const tokens = tokenize(sql);
  const at = (word: string, from = 0) =>
    tokens.findIndex((token, index) => index >= from && isWord(token, word));
  const begin = at("begin");
  const on = tokens.findIndex(
    (token, index) =>
      isWord(token, "on") && index > 0 && index < begin && !isWord(tokens[index - 1]!, "trigger"),
  );
  const head = tokens.slice(0, on);
  const of = head.findIndex((token) => isWord(token, "of"));
  const event = ["insert", "update", "delete"].find((word) => head.some((token) => isWord(token, word)));
  const columns =
    of === -1
      ? ""
      : ` of ${head
          .slice(of + 1)
          .filter((token) => token.text !== ",")
          .map(({ text }) => text)
          .join(", ")}`;
  const when = at("when", on);
  const isBefore = head.some((token) => isWord(token, "before"));
  return {
    kind: "trigger",
    timing: isBefore ? "before" : head.some((token) => isWord(token, "instead")) ? "instead of" : "after",
    events: [`${event ?? "insert"}${columns}`],
    forEach: "row",
    condition: when === -1 || when > begin ? null : slice(sql, tokens, when + 1, begin - 1),
    body: slice(sql, tokens, begin, tokens.length - 1),
  };
}

const tableConstraints = new Set(["constraint", "primary", "unique", "check", "foreign"]);

function isMark(token: Token, mark: string): boolean {
  return !token.quoted && token.text === mark;
}

function isWord(token: Token, word: string): boolean {
  return !token.quoted && token.text === word;
}

function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (isMark(token, "(")) depth++;
    if (isMark(token, ")") && --depth === 0) return i;
  }
  return -1;
}

function slice(sql: string, tokens: readonly Token[], from: number, to: number): string {
  return sql.slice(tokens[from]!.start, tokens[to]!.end);
}

export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  for (let match = tokenPattern.exec(sql); match !== null; match = tokenPattern.exec(sql)) {
    const [all, quote, word, mark] = match;
    const [start, end] = [match.index, match.index + all.length];
    if (quote !== undefined) tokens.push({ text: unquote(quote), quoted: true, start, end });
    else if (word !== undefined) tokens.push({ text: word.toLowerCase(), quoted: false, start, end });
    else if (mark !== undefined) tokens.push({ text: mark, quoted: false, start, end });
  }
  return tokens;
}

function unquote(text: string): string {
  const quote = text[0]!;
  const inner = text.slice(1, -1);
  return quote === "[" ? inner : inner.replaceAll(quote + quote, quote);
}
