import type { Making } from "../../core/portable.ts";
import type { Session } from "../engine.ts";
import { tokenize } from "./create-table.ts";
import type { SchemaObject } from "./dump.ts";
import { traits } from "./traits.ts";

/** What fts5 keeps in the file and takes again; of a later version's settings it knows nothing. */
const settable =
  "('pgsz', 'hashsize', 'automerge', 'usermerge', 'crisismerge', 'deletemerge', 'rank', 'secure-delete', 'insttoken')";

/**
 * How a virtual table is made anew from what a copy brings: a full-text index of another table, which it reads again,
 * with the settings that were given to the index. Null of all others, whose rows stand nowhere else.
 */
export async function rebuilding(
  session: Session,
  object: SchemaObject,
  objects: readonly SchemaObject[],
): Promise<Making["statements"] | null> {
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
  const settings = /\busing\s+fts5\b/i.test(object.sql)
    ? await session.query(
        `SELECT quote(k) AS name, quote(v) AS value FROM main.${traits.quote(`${object.name}_config`)}
          WHERE k IN ${settable} ORDER BY k`,
      )
    : [];
  return [
    object.sql,
    ...settings.map(
      (row) => `INSERT INTO main.${name} (${name}, rank) VALUES (${String(row.name)}, ${String(row.value)})`,
    ),
    `INSERT INTO main.${name} (${name}) VALUES ('rebuild')`,
  ];
}

/** Whether a trigger's text names one of them: where it is missing, each write to the trigger's table would fail. */
export function mentions(sql: string, names: ReadonlySet<string>): boolean {
  return names.size > 0 && tokenize(sql).some(({ text }) => names.has(text.toLowerCase()));
}
