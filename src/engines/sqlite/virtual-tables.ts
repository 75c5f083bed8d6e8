import type { Making } from "../../core/portable.ts";
import { tokenize } from "./create-table.ts";
import type { SchemaObject } from "./dump.ts";
import { traits } from "./traits.ts";

/**
 * How a virtual table is made anew from what a copy brings: a full-text index of another table, which it reads again.
 * Null of all others, whose rows stand nowhere else.
 */
export function rebuilding(
  object: SchemaObject,
  objects: readonly SchemaObject[],
): Making["statements"] | null {
  const [, content = ""] =
    /\busing\s+fts[45]\s*\((?:.*[\s,(])?content\s*=\s*(["'`[]?[^"'`\],)]+)/is.exec(object.sql) ?? [];
  const indexed = content
    .replace(/^["'`[]/, "")
    .trim()
    .toLowerCase();
  const isThere = objects.some(
    ({ type, name }) => (type === "table" || type === "view") && name.toLowerCase() === indexed,
  );
  if (!isThere) return null;
  const name = traits.quote(object.name);
  return [object.sql, `INSERT INTO main.${name} (${name}) VALUES ('rebuild')`];
}

/** Whether a trigger's text names one of them: where it is missing, each write to the trigger's table would fail. */
export function mentions(sql: string, names: ReadonlySet<string>): boolean {
  return names.size > 0 && tokenize(sql).some(({ text }) => names.has(text.toLowerCase()));
}
