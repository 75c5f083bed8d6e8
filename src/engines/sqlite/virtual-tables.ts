import type { Making } from "../../core/portable.ts";
import type { Session } from "../engine.ts";
import { tokenize } from "./create-table.ts";
import { openDatabase } from "./driver.ts";
import type { SchemaObject } from "./dump.ts";
import { memory } from "./location.ts";
import { traits } from "./traits.ts";

/** What fts5 keeps in the file and takes again; of a later version's settings it knows nothing. */
const settable =
  "('pgsz', 'hashsize', 'automerge', 'usermerge', 'crisismerge', 'deletemerge', 'rank', 'secure-delete', 'insttoken')";

/** How a virtual table is made anew from what a copy brings, or why it is not. */
export type Rebuilding =
  | Required<Pick<Making, "statements" | "needs" | "refill">>
  | { readonly reason: string | null };

/**
 * A full-text index of another table is made anew with the settings that were given to it, and reads that table again;
 * all others have rows that stand nowhere else. One that was not given all rows is not made: it would find more.
 */
export async function rebuilding(
  session: Session,
  object: SchemaObject,
  objects: readonly SchemaObject[],
): Promise<Rebuilding> {
  const indexed = contentOf(object.sql)?.toLowerCase();
  const content = objects.find(
    ({ type, name }) => (type === "table" || type === "view") && name.toLowerCase() === indexed,
  );
  if (content === undefined) return { reason: null };
  const parts = partsOf(object, objects);
  const unlike = await heldUnlike(session, object, { content, parts });
  if (unlike !== null) return { reason: unlike };
  const name = traits.quote(object.name);
  const settings = parts.has("config")
    ? await session.query(
        `SELECT quote(k) AS name, quote(v) AS value FROM main.${traits.quote(`${object.name}_config`)}
          WHERE k IN ${settable} ORDER BY k`,
      )
    : [];
  const refill = `INSERT INTO main.${name} (${name}) VALUES ('rebuild')`;
  return {
    statements: [
      object.sql,
      ...settings.map(
        (row) =>
          `INSERT INTO main.${name} (${name}, rank) VALUES (${String(row.name)}, ${String(row.value)})`,
      ),
      refill,
    ],
    needs: [{ schema: "", name: content.name }],
    refill,
  };
}

/** Why an index made anew would not find what this one finds; null where it would, as far as the numbers of rows tell. */
async function heldUnlike(
  session: Session,
  { name }: SchemaObject,
  { content, parts }: { readonly content: SchemaObject; readonly parts: ReadonlySet<string> },
): Promise<string | null> {
  if (!parts.has("docsize")) return `whether it holds all rows of ${content.name} is not known`;
  const count = (table: string) => `(SELECT count(*) FROM main.${traits.quote(table)})`;
  const [row] = await session.query(
    `SELECT ${count(`${name}_docsize`)} AS held, ${count(content.name)} AS rows`,
  );
  return row?.held === row?.rows
    ? null
    : `it holds ${String(row?.held)} of the ${String(row?.rows)} rows of ${content.name}, and would find all of them if it were made anew`;
}

/** The table that a full-text index reads; null where it holds its rows itself, "" where it holds none. */
function contentOf(sql: string): string | null {
  const [, content] =
    /\busing\s+fts[45]\s*\((?:.*[\s,(])?content\s*=\s*(["'`[]?[^"'`\],)]*)/is.exec(sql) ?? [];
  return content === undefined ? null : content.replace(/^["'`[]/, "").trim();
}

/** Of the tables that a virtual table makes for its data, what follows its own name and a `_`. */
function partsOf(virtual: SchemaObject, objects: readonly SchemaObject[]): ReadonlySet<string> {
  return new Set(
    tablesMadeBy(virtual, objects).map((name) => name.slice(virtual.name.length + 1).toLowerCase()),
  );
}

/**
 * The tables that a virtual table makes for its data, in lower case. Their names alone do not tell: `docs_content` is a
 * table of the user's where `docs` has `content=`. So SQLite is asked to make it in memory, and where it cannot (a
 * tokenizer that is not there), all tables are taken for its own that are named like that, but none of content that it
 * has not.
 */
export function tablesMadeBy(virtual: SchemaObject, objects: readonly SchemaObject[]): string[] {
  const content = contentOf(virtual.sql);
  const database = openDatabase(memory);
  try {
    // An index may take its columns from it.
    if (content !== null && content !== "") database.exec(`CREATE TABLE ${traits.quote(content)} (x)`);
    const tables = () =>
      database
        .prepare("SELECT lower(name) AS name FROM sqlite_schema WHERE type = 'table'")
        .all()
        .map(({ name }) => String(name));
    const before = new Set([...tables(), virtual.name.toLowerCase()]);
    database.exec(virtual.sql);
    return tables().filter((name) => !before.has(name));
  } catch {
    const prefix = `${virtual.name}_`.toLowerCase();
    return objects
      .map(({ name }) => name.toLowerCase())
      .filter((name) => name.startsWith(prefix) && name !== content?.toLowerCase())
      .filter((name) => content === null || name !== `${prefix}content`);
  } finally {
    database.close();
  }
}

/** Those of the tables and views that a statement names. */
export function named(sql: string, relations: readonly SchemaObject[]): SchemaObject[] {
  const words = new Set(tokenize(sql).map(({ text }) => text.toLowerCase()));
  return relations.filter(({ name }) => words.has(name.toLowerCase()));
}
