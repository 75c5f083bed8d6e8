import type { Session } from "../engine.ts";
import { commentLines, type Comments } from "./dump-comments.ts";
import { literal, type Item } from "./dump-item.ts";
import { notOfExtension, rows, userSchema } from "./inspect-catalog.ts";

interface CollationRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly full: string;
  readonly provider: "b" | "c" | "d" | "i";
  readonly collate: string | null;
  readonly ctype: string | null;
  readonly locale: string | null;
  readonly rules: string | null;
  readonly deterministic: boolean;
}

/** Collations that users made. The version of the library is the server's, not the collation's own. */
export async function collationItems(session: Session, version: number, comments: Comments): Promise<Item[]> {
  const found = await rows<CollationRow>(session, query(version));
  return found.map((row) => {
    const key = `pg_collation:${row.oid}`;
    const options = [
      `provider = ${providers[row.provider]}`,
      ...(row.deterministic ? [] : ["deterministic = false"]),
      ...places(row),
      ...(row.rules === null ? [] : [`rules = ${literal(row.rules)}`]),
    ];
    return {
      kind: "collation",
      schema: row.schema,
      name: row.name,
      keys: [key],
      text: [
        `CREATE COLLATION ${row.full} (${options.join(", ")});`,
        ...commentLines(comments, [{ what: `COLLATION ${row.full}`, key }]),
      ].join("\n"),
    };
  });
}

const providers = { b: "builtin", c: "libc", d: "default", i: "icu" } as const;

function places({ collate, ctype, locale }: CollationRow): string[] {
  if (locale !== null) return [`locale = ${literal(locale)}`];
  if (collate === ctype) return collate === null ? [] : [`locale = ${literal(collate)}`];
  return [`lc_collate = ${literal(collate ?? "")}`, `lc_ctype = ${literal(ctype ?? "")}`];
}

/** Until version 15 the locale of every provider stood where only libc's does now. */
const query = (version: number): string => `
  SELECT o.oid::text AS oid, n.nspname AS schema, o.collname AS name, format('%I.%I', n.nspname, o.collname) AS "full",
    o.collprovider::text AS provider, o.collcollate AS collate, o.collctype AS ctype,
    ${version >= 170000 ? "o.colllocale" : version >= 150000 ? "o.colliculocale" : "NULL"} AS locale,
    ${version >= 160000 ? "o.collicurules" : "NULL"} AS rules, o.collisdeterministic AS deterministic
  FROM pg_collation o JOIN pg_namespace n ON n.oid = o.collnamespace
  WHERE ${userSchema("n")} AND ${notOfExtension("pg_collation", "o.oid")}
  ORDER BY n.nspname, o.collname`;
