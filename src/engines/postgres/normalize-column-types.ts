import type { TypedTable } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { rows, serverVersion, userSchema } from "./inspect-catalog.ts";
import { portableTypes, readColumnTypes } from "./normalize-types.ts";

interface TableRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly { readonly number: number; readonly name: string }[] | null;
}

export async function readTypedTables(session: Session): Promise<TypedTable[]> {
  const typeOf = portableTypes(await readColumnTypes(session, await serverVersion(session)));
  const tables = await rows<TableRow>(
    session,
    `SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name,
       (SELECT json_agg(json_build_object('number', a.attnum, 'name', a.attname) ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND ${userSchema("n")}`,
  );
  return tables.map(({ oid, schema, name, columns }) => ({
    schema,
    name,
    columns: (columns ?? []).map((column) => ({
      name: column.name,
      type: typeOf.get(`${oid}:${column.number}`)!,
    })),
  }));
}
