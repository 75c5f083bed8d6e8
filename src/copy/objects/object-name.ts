import type { Leftover } from "../../core/portable.ts";
import { tableKey } from "../../core/table-key.ts";

type Named = Pick<Leftover, "schema" | "name" | "table">;

/** How people know it: "note on public.orders" of a trigger, "public.add(a integer)" of a routine. */
export function objectName(object: Named): string {
  const { schema, name, table } = object;
  if (table !== null) {
    const own = bareName(object);
    return own === table.name ? tableKey(table) : `${own} on ${tableKey(table)}`;
  }
  if (name.includes("(")) return schema === "" ? name : `${tableKey({ schema: "", name: schema })}.${name}`;
  return tableKey({ schema, name });
}

/** Without what the catalogue's name says more: the arguments of a routine, the table of a trigger. */
export function bareName({ name, table }: Named): string {
  if (table === null) return name.replace(/\(.*$/s, "");
  return name.startsWith(`${table.name}.`) ? name.slice(table.name.length + 1) : name;
}
