import type { TableName } from "../core/portable.ts";
import type { Traits } from "./engine.ts";

/** A table's name as a statement writes it: quoted, with its schema where it has one. */
export function qualifiedTable({ quote }: Traits, { schema, name }: TableName): string {
  return schema === "" ? quote(name) : `${quote(schema)}.${quote(name)}`;
}
