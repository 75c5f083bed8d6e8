import { createHash } from "node:crypto";
import type { TableName } from "../../core/portable.ts";
import { defaultSchema, quoted } from "./sql-text.ts";

/** Cut to what the server keeps, with a hash of the whole where it is cut: two long names stay two. */
export function objectName(name: string): string {
  if (Buffer.byteLength(name) <= identifierBytes) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  let kept = name;
  while (Buffer.byteLength(kept) > identifierBytes - 9) kept = [...kept].slice(0, -1).join("");
  return `${kept}_${hash}`;
}

/** A name for what shares the schema's names with tables, such as an index: those of others begin with theirs. */
export function ownName(table: TableName, name: string): string {
  return objectName(name.startsWith(table.name) ? name : `${table.name}_${name}`);
}

/** Qualified and quoted, in the table's schema. */
export function besideTable(table: TableName, name: string): string {
  return `${quoted(table.schema === "" ? defaultSchema : table.schema)}.${quoted(name)}`;
}

export const identifierBytes = 63;
