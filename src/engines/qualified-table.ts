import type { PortableTable, TableName } from "../core/portable.ts";
import type { Traits } from "./engine.ts";

/** A table's name as a statement writes it: quoted, with its schema where it has one. */
export function qualifiedTable({ quote }: Traits, { schema, name }: TableName): string {
  return schema === "" ? quote(name) : `${quote(schema)}.${quote(name)}`;
}

/** The table in a FROM, with its own rows alone. */
export function ownRows(
  traits: Traits,
  table: Pick<PortableTable, "schema" | "name" | "partitioning">,
): string {
  return `${table.partitioning === null ? (traits.only ?? "") : ""}${qualifiedTable(traits, table)}`;
}
