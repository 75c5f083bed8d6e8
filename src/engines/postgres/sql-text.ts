import type { TableName } from "../../core/portable.ts";

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Qualified and quoted; a table without a schema is the default schema's. */
export function tableSql(table: TableName): string {
  return `${quoted(table.schema === "" ? defaultSchema : table.schema)}.${quoted(table.name)}`;
}

export const defaultSchema = "public";
