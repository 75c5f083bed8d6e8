/** The lexical facts of a dialect: what the tokenizer and the splitter must know, and nothing about meaning. */
export interface Lexicon {
  /** `--` starts a comment always, or (MySQL) only before white space, a control character or the end. */
  readonly dashComment: "always" | "before-space";
  /** `#` starts a comment. */
  readonly hashComment: boolean;
  /** Block comments nest. */
  readonly nestedComments: boolean;
  /** Comments such as MySQL's `/*!50003 …` and MariaDB's `/*M!100100 …` hold code. */
  readonly executableComments: boolean;
  /** Characters that open a quoted name; "[" closes with "]". */
  readonly nameQuotes: string;
  /** Characters that open a string. */
  readonly stringQuotes: string;
  /** Where a backslash in a string escapes the next character. */
  readonly backslashEscapes: "always" | "e-strings" | "never";
  /** Letters that, directly before a quote, belong to the string: X'00'. Lower case. */
  readonly stringPrefixes: string;
  /** U&'…' and U&"…". */
  readonly unicodePrefix: boolean;
  /** $tag$ … $tag$. */
  readonly dollarQuotes: boolean;
  /** How operators are cut: by PostgreSQL's longest-run rule, or as the longest of this list. */
  readonly operators: "longest-run" | readonly string[];
  /** A backslash outside quotes is a client command, but for these letters after it (MySQL's \N). */
  readonly backslashCommand: { readonly except: string } | null;
  /** Words that are client commands at the start of a statement. Upper case. */
  readonly clientWords: ReadonlySet<string>;
  /** A dot at the start of a statement is a client command. */
  readonly dotCommand: boolean;
  /** The client command DELIMITER is carried out by the splitter. */
  readonly delimiterCommand: boolean;
  /** COPY … FROM STDIN and TO STDOUT need a client. */
  readonly clientCopy: boolean;
  /** A terminator inside parentheses belongs to the statement. */
  readonly parenthesesHold: boolean;
  /** Which statements hold others: BEGIN ATOMIC bodies, triggers, or MySQL's compound statements. */
  readonly body: "atomic" | "trigger" | "compound";
}

export const postgresLexicon: Lexicon = {
  dashComment: "always",
  hashComment: false,
  nestedComments: true,
  executableComments: false,
  nameQuotes: '"',
  stringQuotes: "'",
  backslashEscapes: "e-strings",
  stringPrefixes: "ebxn",
  unicodePrefix: true,
  dollarQuotes: true,
  operators: "longest-run",
  backslashCommand: { except: "" },
  clientWords: new Set(),
  dotCommand: false,
  delimiterCommand: false,
  clientCopy: true,
  parenthesesHold: true,
  body: "atomic",
};

/** MySQL and MariaDB, in the default sql_mode: without NO_BACKSLASH_ESCAPES and ANSI_QUOTES. */
export const mysqlLexicon: Lexicon = {
  dashComment: "before-space",
  hashComment: true,
  nestedComments: false,
  executableComments: true,
  nameQuotes: "`",
  stringQuotes: "'\"",
  backslashEscapes: "always",
  stringPrefixes: "bxn",
  unicodePrefix: false,
  dollarQuotes: false,
  operators: ["->>", "<=>", "->", "<=", ">=", "<>", "!=", ":=", "||", "&&", "<<", ">>", "@@", ".."],
  backslashCommand: { except: "N" },
  // Of the mysql and mariadb clients. HELP and USE are left out: the server knows them as well.
  clientWords: new Set(
    "CHARSET CLEAR CONNECT COSTS EDIT EGO EXIT GO NOPAGER NOTEE NOWARNING PAGER PRINT PROMPT QUERY_ATTRIBUTES QUIT REHASH RESETCONNECTION SANDBOX SOURCE STATUS SYSTEM TEE WARNINGS".split(
      " ",
    ),
  ),
  dotCommand: false,
  delimiterCommand: true,
  clientCopy: false,
  parenthesesHold: false,
  body: "compound",
};

export const sqliteLexicon: Lexicon = {
  dashComment: "always",
  hashComment: false,
  nestedComments: false,
  executableComments: false,
  nameQuotes: '"`[',
  stringQuotes: "'",
  backslashEscapes: "never",
  stringPrefixes: "x",
  unicodePrefix: false,
  dollarQuotes: false,
  operators: ["->>", "->", "<=", ">=", "<>", "!=", "==", "||", "<<", ">>"],
  backslashCommand: null,
  clientWords: new Set(),
  dotCommand: true,
  delimiterCommand: false,
  clientCopy: false,
  parenthesesHold: false,
  body: "trigger",
};
