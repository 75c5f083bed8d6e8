import type { Making } from "../../core/portable.ts";
import type { DdlStatement } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { tokenize } from "./create-table.ts";
import { isSqliteError, openDatabase } from "./driver.ts";
import type { SchemaObject } from "./dump.ts";
import { memory } from "./location.ts";
import { traits } from "./traits.ts";

/** What is to be known of a virtual table, which its rows do not tell. */
export interface VirtualTable {
  /** The table or view that a full-text index reads; null where it holds its rows itself, "" where it holds none. */
  readonly content: string | null;
  /** The column of it by which the index names its rows. */
  readonly contentRowid: string;
  /** The tables that it makes for its data, in lower case. */
  readonly parts: ReadonlySet<string>;
  /** Why SQLite does not make it here: a module or tokenizer that is not there; null where it does. */
  readonly refusal: string | null;
}

/** What fts5 keeps in the file and takes again; of a later version's settings it knows nothing. */
const settable =
  "('pgsz', 'hashsize', 'automerge', 'usermerge', 'crisismerge', 'deletemerge', 'rank', 'secure-delete', 'insttoken')";

/**
 * After a virtual table was dropped SQLite goes on to keep what is called like a part of it from being dropped, until it
 * reads the schema again.
 */
export const readSchemaAgain: DdlStatement = {
  sql: "PRAGMA writable_schema = RESET",
  title: "read the schema again",
};

/** How a virtual table is made anew from what a copy brings, or why it is not. */
export type Rebuilding =
  | Required<Pick<Making, "statements" | "needs" | "refill">>
  | { readonly reason: string | null; readonly refill?: string };

/**
 * A full-text index of another table is made anew with the settings that were given to it, and reads that table again;
 * all others have rows that stand nowhere else. One that was not given all rows is not made: it would find more.
 */
export async function rebuilding(
  session: Session,
  object: SchemaObject,
  { virtual, objects }: { readonly virtual: VirtualTable; readonly objects: readonly SchemaObject[] },
): Promise<Rebuilding> {
  if (virtual.refusal !== null) return { reason: virtual.refusal };
  const content = objects.find(
    ({ type, name }) =>
      (type === "table" || type === "view") && name.toLowerCase() === virtual.content?.toLowerCase(),
  );
  if (content === undefined) return { reason: null };
  const name = traits.quote(object.name);
  const refill = `INSERT INTO main.${name} (${name}) VALUES ('rebuild')`;
  const hasPart = (ending: string) => virtual.parts.has(`${object.name}_${ending}`.toLowerCase());
  const unlike = hasPart("docsize")
    ? await heldUnlike(session, object, { name: content.name, rowid: virtual.contentRowid })
    : `whether it holds all rows of ${content.name} is not known`;
  if (unlike !== null) return { reason: unlike, refill };
  const settings = hasPart("config")
    ? await session.query(
        `SELECT quote(k) AS name, quote(v) AS value FROM main.${traits.quote(`${object.name}_config`)}
          WHERE k IN ${settable} ORDER BY k`,
      )
    : [];
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

/** Why an index made anew would not find what this one finds; null where it would, as far as the rowids tell. */
async function heldUnlike(
  session: Session,
  { name }: SchemaObject,
  content: { readonly name: string; readonly rowid: string },
): Promise<string | null> {
  const held = `main.${traits.quote(`${name}_docsize`)}`;
  const rows = `main.${traits.quote(content.name)}`;
  try {
    const [found] = await session.query(
      `SELECT (SELECT count(*) FROM ${held}) AS held, (SELECT count(*) FROM ${rows}) AS rows,
              EXISTS (SELECT 1 FROM ${held} WHERE rowid NOT IN (SELECT c.${traits.quote(content.rowid)} FROM ${rows} AS c)) AS others`,
    );
    if (found?.held !== found?.rows)
      return `it holds ${String(found?.held)} of the ${String(found?.rows)} rows of ${content.name}, and would find all of them if it were made anew`;
    return found?.others === 1n
      ? `it holds other rows than ${content.name} has, and would find those if it were made anew`
      : null;
  } catch (error) {
    // SQLITE_ERROR: a view of what is not there, or by a function of the application's.
    if (isSqliteError(error) && error.errcode === 1)
      return `${content.name} cannot be read: ${error.message}`;
    throw error;
  }
}

/** An argument such as `content=` of a full-text index; null where it has none. */
function argument(sql: string, name: string): string | null {
  const tokens = tokenize(sql);
  const using = tokens.findIndex(({ text, quoted }) => text === "using" && !quoted);
  if (!/^fts[45]$/i.test(tokens[using + 1]?.text ?? "")) return null;
  for (let no = using + 2, depth = 0; no < tokens.length; no++) {
    const { text, quoted } = tokens[no]!;
    if (quoted) continue;
    if (text === "(") depth++;
    if (text === ")") depth--;
    const [word, equals, value] = tokens.slice(no + 1);
    if (depth !== 1 || (text !== "(" && text !== ",")) continue;
    if (word?.text !== name || word.quoted || equals?.text !== "=" || value === undefined) continue;
    return value.quoted || !/^[,)]$/.test(value.text) ? value.text : "";
  }
  return null;
}

/**
 * The names alone do not tell which tables a virtual table makes: `docs_content` is a table of the user's where `docs`
 * has `content=`. So SQLite is asked to make it in memory, and where it cannot, all tables are taken for its own that
 * are named like that, but none of content that it has not. `taken` are those that SQLite takes for parts of any.
 */
export function virtualTable(
  { name, sql }: Pick<SchemaObject, "name" | "sql">,
  taken: readonly string[],
): VirtualTable {
  const content = argument(sql, "content");
  const contentRowid = argument(sql, "content_rowid") ?? "rowid";
  const database = openDatabase(memory);
  try {
    // An index may take its columns from it.
    if (content !== null && content !== "") database.exec(`CREATE TABLE ${traits.quote(content)} (x)`);
    const tables = () =>
      database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .all()
        .map((row) => String(row.name).toLowerCase());
    const before = new Set([...tables(), name.toLowerCase()]);
    database.exec(sql);
    return {
      content,
      contentRowid,
      parts: new Set(tables().filter((table) => !before.has(table))),
      refusal: null,
    };
  } catch (error) {
    if (!isSqliteError(error)) throw error;
    const prefix = `${name}_`.toLowerCase();
    const parts = taken
      .map((table) => table.toLowerCase())
      .filter((table) => table.startsWith(prefix) && table !== content?.toLowerCase())
      .filter((table) => content === null || table !== `${prefix}content`);
    return { content, contentRowid, parts: new Set(parts), refusal: error.message };
  } finally {
    database.close();
  }
}
