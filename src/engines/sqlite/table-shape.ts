import type { DatabaseSync } from "node:sqlite";
import { GodwitError } from "../../core/error.ts";
import { traits } from "./traits.ts";

export type Affinity = "integer" | "text" | "blob" | "real" | "numeric";

export interface ShapeColumn {
  readonly name: string;
  readonly declared: string;
  readonly affinity: Affinity;
}

/** What the data path has to know of a table: how its rows are found, and what its columns do to values. */
export interface TableShape {
  /** By name in lower case. */
  readonly columns: ReadonlyMap<string, ShapeColumn>;
  readonly strict: boolean;
  /** How the rowid is called in SQL, quoted; null where there is none, or columns hide all its names. */
  readonly rowid: string | null;
  /** The column that is the rowid (INTEGER PRIMARY KEY). */
  readonly rowidColumn: string | null;
  /** The database keeps text as UTF-16, so a text cast to a BLOB is that. */
  readonly utf16: false | "le" | "be";
}

/** Throws GW9001 where there is no such table or view: whoever asks has seen it in the catalogue. */
export function readShape(database: DatabaseSync, table: string): TableShape {
  const listed = database
    .prepare("SELECT type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = ?")
    .get(table);
  const rows = database
    .prepare("SELECT name, type, pk FROM pragma_table_xinfo(?, 'main') ORDER BY cid")
    .all(table);
  if (listed === undefined || rows.length === 0) {
    throw new GodwitError("GW9001", { message: `there is no table ${table}` });
  }
  const strict = listed.strict === 1n;
  const columns = new Map<string, ShapeColumn>();
  for (const { name, type } of rows) {
    const declared = String(type);
    const affinity = strict && /^any$/i.test(declared) ? "blob" : affinityOf(declared);
    columns.set(String(name).toLowerCase(), { name: String(name), declared, affinity });
  }
  const hasRowid = (listed.type === "table" || listed.type === "shadow") && listed.wr === 0n;
  const keys = rows.filter((row) => row.pk !== 0n);
  // A key declared INTEGER … DESC is no rowid alias, and has an index of its own; an alias has none.
  const indexed = database
    .prepare("SELECT 1 FROM pragma_index_list(?, 'main') WHERE origin = 'pk'")
    .get(table);
  const alias =
    hasRowid && keys.length === 1 && indexed === undefined && /^integer$/i.test(String(keys[0]!.type))
      ? String(keys[0]!.name)
      : null;
  const free = ["rowid", "_rowid_", "oid"].find((name) => !columns.has(name));
  return {
    columns,
    strict,
    rowid: !hasRowid ? null : alias !== null ? traits.quote(alias) : (free ?? null),
    rowidColumn: alias,
    utf16: utf16(database),
  };
}

/** https://www.sqlite.org/datatype3.html §3.1, in its order. */
export function affinityOf(declared: string): Affinity {
  if (/int/i.test(declared)) return "integer";
  if (/char|clob|text/i.test(declared)) return "text";
  if (declared === "" || /blob/i.test(declared)) return "blob";
  return /real|floa|doub/i.test(declared) ? "real" : "numeric";
}

function utf16(database: DatabaseSync): TableShape["utf16"] {
  const encoding = String(database.prepare("PRAGMA main.encoding").get()?.encoding);
  return encoding === "UTF-8" ? false : encoding === "UTF-16be" ? "be" : "le";
}
