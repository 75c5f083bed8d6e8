import { digest } from "../core/canonical.ts";
import type { SchemaModel } from "../core/schema.ts";

/** A short hash of each table and object by its name: enough to tell what differs, kept with a run. */
export type SchemaMarks = Readonly<Record<string, string>>;

export function schemaMarks({ tables, objects }: SchemaModel): SchemaMarks {
  const marks = new Map<string, string>();
  for (const table of tables) marks.set(`table ${table.schema}.${table.name}`, mark(table));
  for (const object of objects) marks.set(`${object.kind} ${object.schema}.${object.name}`, mark(object));
  return Object.fromEntries(marks);
}

function mark(value: unknown): string {
  return digest(value).slice(0, 16);
}

/** Names of what is not as it was. */
export function changedMarks(before: SchemaMarks, after: SchemaMarks): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.filter((name) => before[name] !== after[name]);
}
