import type { Scene } from "./scene.ts";

/** Every value with its type, as the server's own text or bytes: what no comparison of the program's makes. */
export async function bytesOf(own: Scene, table: string): Promise<string[]> {
  const rows = await own.sql(await exactQuery(own, table));
  return rows.map((row) => String(row.r)).sort();
}

async function exactQuery(own: Scene, table: string): Promise<string> {
  if (own.name === "postgres") return `SELECT t::text AS r FROM ${table} AS t`;
  if (own.name === "sqlite") {
    const columns = await own.sql(`SELECT name FROM pragma_table_xinfo('${table}')`);
    const parts = columns.map(({ name }) => `typeof("${String(name)}") || quote("${String(name)}")`);
    return `SELECT ${parts.join(" || ',' || ")} AS r FROM ${table}`;
  }
  const columns = await own.sql(
    `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '${table}' ORDER BY ORDINAL_POSITION`,
  );
  const parts = columns.map(({ name }) => `coalesce(hex(CAST(\`${String(name)}\` AS CHAR)), 'NULL')`);
  return `SELECT concat_ws(',', ${parts.join(", ")}) AS r FROM ${table}`;
}
