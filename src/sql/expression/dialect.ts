import { type Lexicon, mysqlLexicon, postgresLexicon, sqliteLexicon } from "../lexicon.ts";

/** Whose spelling a text has. MariaDB counts as mysql. */
export type Dialect = "postgres" | "mysql" | "sqlite";

/** What the parser and the printer must know of a dialect beyond its functions. */
export interface DialectFacts {
  readonly lexicon: Lexicon;
  readonly nameQuote: string;
  /** A backslash in a string is an escape. */
  readonly backslash: boolean;
  /** `||` joins strings; in MySQL it is OR. */
  readonly pipesConcat: boolean;
  /** TRUE and FALSE are values of their own, and not 1 and 0. */
  readonly booleans: boolean;
}

export const dialects: Readonly<Record<Dialect, DialectFacts>> = {
  postgres: {
    lexicon: postgresLexicon,
    nameQuote: '"',
    backslash: false,
    pipesConcat: true,
    booleans: true,
  },
  mysql: { lexicon: mysqlLexicon, nameQuote: "`", backslash: true, pipesConcat: false, booleans: false },
  sqlite: { lexicon: sqliteLexicon, nameQuote: '"', backslash: false, pipesConcat: true, booleans: false },
};
