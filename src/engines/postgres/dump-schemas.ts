import type { Session } from "../engine.ts";
import { commentLines, type Comments } from "./dump-comments.ts";
import { foreignOptions, literal, type Item } from "./dump-item.ts";
import { notOfExtension, rows, userSchema } from "./inspect-catalog.ts";

/**
 * Schemas, extensions and foreign servers. `public` is taken for given, as in every new database, where it has a comment:
 * only another one is said, and that there is none.
 */
export async function schemaItems(session: Session, comments: Comments): Promise<Item[]> {
  const [given] = await rows<{ oid: string }>(
    session,
    "SELECT oid::text AS oid FROM pg_namespace WHERE nspname = 'public'",
  );
  const schemas = await rows<{ oid: string; name: string; quoted: string }>(
    session,
    `SELECT n.oid::text AS oid, n.nspname AS name, quote_ident(n.nspname) AS quoted FROM pg_namespace n
     WHERE ${userSchema("n")} AND n.nspname <> 'public' AND ${notOfExtension("pg_namespace", "n.oid")}`,
  );
  // The version is left to the server, whose packages decide which there are. A schema that the extension's own
  // script makes cannot be named in advance.
  // Its own comment comes with it.
  const extensions = await rows<ExtensionRow>(
    session,
    `SELECT x.oid::text AS oid, x.extname AS name, quote_ident(x.extname) AS quoted,
       (SELECT v.comment FROM pg_available_extensions() v WHERE v.name = x.extname) AS comment,
       CASE WHEN n.nspname <> 'pg_catalog' AND ${notOfExtension("pg_namespace", "n.oid")}
         THEN quote_ident(n.nspname) END AS schema
     FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE x.oid >= 16384`,
  );
  const servers = await rows<ServerRow>(session, serverQuery);
  const one = (
    kind: "schema" | "extension" | "server",
    row: { name: string },
    key: string,
    text: string,
  ): Item => ({
    kind,
    schema: "",
    name: row.name,
    keys: [key],
    text,
  });
  const publicComment = given && (comments.get(`pg_namespace:${given.oid}:0`) ?? "");
  return [
    ...(given === undefined || publicComment === undefined || publicComment === "standard public schema"
      ? []
      : [
          one(
            "schema",
            { name: "public" },
            `pg_namespace:${given.oid}`,
            `COMMENT ON SCHEMA public IS ${literal(publicComment)};`,
          ),
        ]),
    ...schemas.map((row) => {
      const key = `pg_namespace:${row.oid}`;
      const lines = commentLines(comments, [{ what: `SCHEMA ${row.quoted}`, key }]);
      return one("schema", row, key, [`CREATE SCHEMA ${row.quoted};`, ...lines].join("\n"));
    }),
    ...extensions.map((row) => {
      const where = row.schema === null ? "" : ` WITH SCHEMA ${row.schema}`;
      const key = `pg_extension:${row.oid}`;
      const lines =
        comments.get(`${key}:0`) === row.comment
          ? []
          : commentLines(comments, [{ what: `EXTENSION ${row.quoted}`, key }]);
      return one("extension", row, key, [`CREATE EXTENSION ${row.quoted}${where};`, ...lines].join("\n"));
    }),
    ...servers.map((row) => {
      const key = `pg_foreign_server:${row.oid}`;
      const lines = commentLines(comments, [{ what: `SERVER ${row.quoted}`, key }]);
      const type = row.type === null ? "" : ` TYPE ${literal(row.type)}`;
      const version = row.version === null ? "" : ` VERSION ${literal(row.version)}`;
      const create = `CREATE SERVER ${row.quoted}${type}${version} FOREIGN DATA WRAPPER ${row.wrapper}`;
      return one("server", row, key, [`${create}${foreignOptions(row.options)};`, ...lines].join("\n"));
    }),
  ];
}

interface ExtensionRow {
  readonly oid: string;
  readonly name: string;
  readonly quoted: string;
  readonly comment: string | null;
  readonly schema: string | null;
}

interface ServerRow {
  readonly oid: string;
  readonly name: string;
  readonly quoted: string;
  readonly type: string | null;
  readonly version: string | null;
  readonly wrapper: string;
  readonly options: readonly string[] | null;
}

// User mappings hold passwords and belong to roles, so they are no part of a schema.
const serverQuery = `
  SELECT s.oid::text AS oid, s.srvname AS name, quote_ident(s.srvname) AS quoted, s.srvtype AS type,
    s.srvversion AS version, quote_ident(w.fdwname) AS wrapper, s.srvoptions AS options
  FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
  WHERE ${notOfExtension("pg_foreign_server", "s.oid")}`;
