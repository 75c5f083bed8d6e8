/** Begins the comment of a table of kept rows: it is the ledger's kind, and no part of the user's schema. */
export const keptMark = "godwit: rows kept before a change";

/** Condition: the relation is not such a table. */
export const notKept = (oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_description k WHERE k.classoid = 'pg_class'::regclass AND k.objoid = ${oid}
     AND k.objsubid = 0 AND k.description LIKE '${keptMark}%')`;
