/** A CREATE TABLE as the server prints it, in parts; each part's text is the server's. */
export interface TableText {
  readonly columns: readonly ColumnText[];
  /** Primary keys, unique keys and indexes, in the server's order. */
  readonly keys: readonly KeyText[];
  readonly foreignKeys: readonly ForeignKeyText[];
  /** Checks and periods. */
  readonly others: readonly string[];
  /** What follows the brackets: "ENGINE=InnoDB DEFAULT CHARSET=latin1". */
  readonly options: string;
}

export interface ColumnText {
  readonly name: string;
  /** With character set and collation: "varchar(20) CHARACTER SET latin1". */
  readonly type: string;
  /** What follows it: "NOT NULL DEFAULT 'x'". */
  readonly words: string;
}

export interface KeyText {
  /** "PRIMARY" of a primary key. */
  readonly name: string;
  readonly kind: "primary" | "unique" | "plain" | "fulltext" | "spatial";
  /** The column that its first part is, or is a piece of; null where that is an expression. */
  readonly first: string | null;
  readonly text: string;
  /** What follows its parts: "COMMENT 'x'", "IGNORED"; "" is nothing. */
  readonly words: string;
}

export interface ForeignKeyText {
  readonly name: string;
  readonly columns: readonly string[];
  /** What follows the columns that it refers to: " ON DELETE RESTRICT". */
  readonly words: string;
}

/** Reads what SHOW CREATE TABLE gives under a plain sql_mode, which need not be checked. */
export function readCreateTable(statement: string): TableText {
  const open = statement.indexOf("(");
  const { parts, end } = bracketed(statement, open);
  const columns: ColumnText[] = [];
  const keys: KeyText[] = [];
  const foreignKeys: ForeignKeyText[] = [];
  const others: string[] = [];
  for (const text of parts) {
    const key = keyPattern.exec(text);
    const foreign = /^CONSTRAINT (`(?:[^`]|``)*`) FOREIGN KEY /.exec(text);
    if (text.startsWith("`")) columns.push(column(text));
    else if (key !== null) keys.push(keyOf(text, key[1] ?? "", key[2] ?? null));
    else if (foreign !== null) foreignKeys.push(foreignKeyOf(text, unquoted(foreign[1]!)));
    else others.push(text);
  }
  return { columns, keys, foreignKeys, others, options: statement.slice(end + 1).trim() };
}

/** Whether the words say it, and not only a text or a name in them. */
export function says(words: string, pattern: RegExp): boolean {
  return pattern.test(words.replaceAll(/'(?:[^'\\]|''|\\.)*'|`(?:[^`]|``)*`/gs, "''"));
}

const keyPattern = /^(PRIMARY |UNIQUE |FULLTEXT |SPATIAL )?KEY (?:(`(?:[^`]|``)*`) )?/;
/** What is quoted, and single characters; what comments hold is code, and read as the rest is. */
const pieces = /'(?:[^'\\]|''|\\.)*'|`(?:[^`]|``)*`|"(?:[^"\\]|""|\\.)*"|[^]/gs;

/** The text with something else inside of the first brackets from there on. */
export function withInBrackets(text: string, from: number, inside: string): string {
  const open = text.indexOf("(", from);
  return `${text.slice(0, open + 1)}${inside}${text.slice(bracketed(text, open).end)}`;
}

/** The parts between commas of the brackets that open there, and where they close. */
function bracketed(text: string, open: number): { readonly parts: readonly string[]; readonly end: number } {
  const parts: string[] = [];
  let depth = 0;
  let start = open + 1;
  pieces.lastIndex = open;
  for (let match = pieces.exec(text); match !== null; match = pieces.exec(text)) {
    const [piece] = match;
    if (piece === "(") depth++;
    if (piece === ")") depth--;
    if (depth === 0 || (depth === 1 && piece === ",")) {
      parts.push(text.slice(start, match.index).trim());
      start = match.index + 1;
    }
    if (depth === 0) return { parts, end: match.index };
  }
  return { parts, end: text.length };
}

/** A type, its brackets, what belongs to a number, and the character set with the collation. */
const typePattern =
  /^[a-z]\w*(?: precision| varying)?(?:\((?:'(?:[^'\\]|''|\\.)*'|[^()'])*\))?(?: unsigned)?(?: zerofill)?(?: \/\*[^*]*\*\/(?= (?:CHARACTER SET|COLLATE) ))?(?: CHARACTER SET \w+)?(?: COLLATE \w+)?/is;

function column(text: string): ColumnText {
  const quoted = /^`(?:[^`]|``)*`/.exec(text)![0];
  const rest = text.slice(quoted.length).trim();
  const type = typePattern.exec(rest)?.[0] ?? rest;
  return { name: unquoted(quoted), type, words: rest.slice(type.length).trim() };
}

function keyOf(text: string, word: string, name: string | null): KeyText {
  const open = keyPattern.exec(text)![0].length;
  const { parts, end } = bracketed(text, open);
  const first = /^`(?:[^`]|``)*`/.exec(parts[0] ?? "")?.[0];
  return {
    name: name === null ? "PRIMARY" : unquoted(name),
    kind: word === "" ? "plain" : (word.trim().toLowerCase() as KeyText["kind"]),
    first: first === undefined ? null : unquoted(first),
    text,
    words: text.slice(end + 1).trim(),
  };
}

/** A key's text with other parts. */
export function withKeyParts(text: string, change: (part: string, place: number) => string): string {
  const open = keyPattern.exec(text)![0].length;
  const { parts, end } = bracketed(text, open);
  return `${text.slice(0, open + 1)}${parts.map(change).join(",")}${text.slice(end)}`;
}

function foreignKeyOf(text: string, name: string): ForeignKeyText {
  const own = bracketed(text, text.indexOf("(", text.indexOf("FOREIGN KEY ")));
  const theirs = bracketed(text, text.indexOf("(", text.indexOf("REFERENCES ", own.end)));
  return { name, columns: own.parts.map(unquoted), words: text.slice(theirs.end + 1) };
}

function unquoted(name: string): string {
  return name.slice(1, -1).replaceAll("``", "`");
}
