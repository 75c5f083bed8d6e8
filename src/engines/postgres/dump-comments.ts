import type { Session } from "../engine.ts";
import { literal } from "./dump-item.ts";
import { rows } from "./inspect-catalog.ts";

/** All comments on objects of users, and on the schema `public`, by `catalogue:oid:column` (column 0 is the object itself). */
export type Comments = ReadonlyMap<string, string>;

export async function readComments(session: Session): Promise<Comments> {
  const found = await rows<{ key: string; text: string }>(
    session,
    `SELECT format('%s:%s:%s', classoid::regclass, objoid, objsubid) AS key, description AS text
     FROM pg_description WHERE objoid >= 16384 OR (classoid = 'pg_namespace'::regclass
       AND objoid = (SELECT oid FROM pg_namespace WHERE nspname = 'public'))`,
  );
  return new Map(found.map((row) => [row.key, row.text]));
}

/** COMMENT ON statements for those of the things that have a comment. */
export function commentLines(
  comments: Comments,
  things: readonly { readonly what: string; readonly key: string; readonly column?: number }[],
): string[] {
  return things.flatMap(({ what, key, column = 0 }) => {
    const text = comments.get(`${key}:${column}`);
    return text === undefined ? [] : [`COMMENT ON ${what} IS ${literal(text)};`];
  });
}
