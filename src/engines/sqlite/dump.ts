import type { Row, Session } from "../engine.ts";
import { keptMark } from "./kept-mark.ts";
import { ledgerNames } from "./store.ts";
import { type VirtualTable, virtualTable } from "./virtual-tables.ts";

export interface SchemaObject {
  readonly type: "table" | "index" | "view" | "trigger";
  readonly name: string;
  readonly table: string;
  /** The statement that makes it, without a semicolon. */
  readonly sql: string;
  /** Of a table of a module, such as a full-text index; null of all others. */
  readonly virtual: VirtualTable | null;
}

/** Tables that a refresh has made and not yet swapped, for LIKE. */
export const unswapped = String.raw`godwit\_new\_%`;

/** The statements that make the schema again, tables first and views before triggers, each sorted by name. */
export async function dump(session: Session): Promise<string> {
  return textOf(await schemaObjects(session));
}

export function textOf(objects: readonly SchemaObject[]): string {
  return objects.map(({ sql }) => `${terminated(sql)}\n`).join("\n");
}

/**
 * The user's objects, in the order in which they can be made. Left out: the ledger, what a refresh has not yet
 * swapped in, SQLite's own tables, the indexes of constraints, and the tables that a virtual table keeps its data in
 * (it makes them itself). SQLite takes each table for one of these that has such a name, and lets nobody write to it
 * or give it a trigger once the virtual table is there: so what belongs to it is made before.
 */
export async function schemaObjects(session: Session): Promise<SchemaObject[]> {
  const rows = await session.query(`
    SELECT type, name, tbl_name, sql, type = 'table' AND rootpage = 0 AS is_virtual,
           EXISTS (SELECT 1 FROM pragma_table_list AS l
                    WHERE l.schema = 'main' AND l.type = 'shadow' AND l.name = sqlite_schema.tbl_name) AS is_shadow
      FROM main.sqlite_schema
     WHERE sql IS NOT NULL AND instr(sql, '${keptMark}') = 0
       AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
       AND lower(tbl_name) NOT IN ${ledgerNames} AND tbl_name NOT LIKE '${unswapped}' ESCAPE '\\'
     ORDER BY CASE type WHEN 'table' THEN iif(is_virtual, 5, 1) WHEN 'index' THEN 2 WHEN 'view' THEN 3
                        ELSE iif(is_shadow, 4, 6) END, name`);
  const taken = rows.filter((row) => row.is_shadow === 1n).map((row) => String(row.tbl_name));
  const objects = rows.map((row) => toObject(row, taken));
  const parts = new Set(objects.flatMap(({ virtual }) => [...(virtual?.parts ?? [])]));
  return objects.filter(({ table }, n) => rows[n]!.is_shadow !== 1n || !parts.has(table.toLowerCase()));
}

function toObject(row: Row, taken: readonly string[]): SchemaObject {
  const [name, sql] = [String(row.name), String(row.sql)];
  return {
    type: row.type as SchemaObject["type"],
    name,
    table: String(row.tbl_name),
    sql,
    virtual: row.is_virtual === 1n ? virtualTable({ name, sql }, taken) : null,
  };
}

/** SQLite keeps comments; a semicolon behind one would belong to it. */
export function terminated(sql: string): string {
  return sql.slice(sql.lastIndexOf("\n") + 1).includes("--") ? `${sql}\n;` : `${sql};`;
}
