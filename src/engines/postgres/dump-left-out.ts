import type { Session } from "../engine.ts";
import { notOfExtension, rows, userSchema } from "./inspect-catalog.ts";

/** Kinds of objects that a dump does not hold, with how many of them there are: so that none is lost silently. */
export async function leftOutLines(session: Session): Promise<string[]> {
  const found = await rows<{ kind: string; count: string }>(session, query);
  return found.map((row) => `-- Not in this text: ${row.count} ${row.kind}`);
}

const kinds: readonly (readonly [kind: string, catalogue: string, namespace: string | null])[] = [
  ["access method(s)", "pg_am", null],
  ["cast(s)", "pg_cast", null],
  ["collation(s)", "pg_collation", "collnamespace"],
  ["conversion(s)", "pg_conversion", "connamespace"],
  ["event trigger(s)", "pg_event_trigger", null],
  ["foreign data wrapper(s)", "pg_foreign_data_wrapper", null],
  ["language(s)", "pg_language", null],
  ["operator class(es)", "pg_opclass", "opcnamespace"],
  ["operator family(ies)", "pg_opfamily", "opfnamespace"],
  ["operator(s)", "pg_operator", "oprnamespace"],
  ["publication(s)", "pg_publication", null],
  ["text search configuration(s)", "pg_ts_config", "cfgnamespace"],
  ["text search dictionary(ies)", "pg_ts_dict", "dictnamespace"],
  ["text search parser(s)", "pg_ts_parser", "prsnamespace"],
  ["text search template(s)", "pg_ts_template", "tmplnamespace"],
  ["transform(s)", "pg_transform", null],
];

const query = `SELECT kind, count::text AS count FROM (${[
  ...kinds.map(
    ([kind, catalogue, namespace]) => `
    SELECT '${kind}' AS kind, count(*) AS count FROM ${catalogue} o
    WHERE o.oid >= 16384 AND ${notOfExtension(catalogue, "o.oid")} ${
      namespace === null
        ? ""
        : `AND EXISTS (SELECT FROM pg_namespace n WHERE n.oid = o.${namespace} AND ${userSchema("n")})`
    }`,
  ),
  `SELECT 'base type(s)', count(*) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
   WHERE t.typtype IN ('b', 'p') AND NOT (t.typelem <> 0 AND t.typlen = -1)
     AND ${userSchema("n")} AND ${notOfExtension("pg_type", "t.oid")}`,
  "SELECT 'default privileges', count(*) FROM pg_default_acl",
].join(" UNION ALL ")}) AS found WHERE count > 0 ORDER BY kind COLLATE "C"`;
