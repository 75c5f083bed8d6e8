/** A comment inside the CREATE TABLE of a table of kept rows: SQLite keeps it, and the schema's readers leave it out. */
export const keptMark = "/* godwit: rows kept before a change */";
